#!/usr/bin/python3
"""Converts a fully connected network of the form bnn-npz-1 (npz + JSON) to network.toml + weights.safetensors.

    tools/convert_bnn_npz.py MODEL OUT_DIR [--passes T] [--seed N] [--name NAME]

MODEL is the path without its ending (MODEL.npz and MODEL.json are read). Needs numpy; writing safetensors needs only
struct and json. A developer's tool: neuspin itself does not need Python.

bnn-npz-1 holds integer decisions, network.toml's convention holds real parameters y = scale*S - mean (norm.weight 1,
norm.bias 0, running_var 1 - eps). How a hidden neuron's integers become real, by method:
    det, spindrop, spatial, spinbayes*   S >= theta           mean = theta - 1/2
    scaledrop   S >= theta_on / theta_off, scale kept / 1     scale a, mean tau with ceil(tau) = theta_off and
                                                              ceil(tau/a) = theta_on, a within half a unit of scale_q/256
    viscale     a*S >= theta_q, a from N(scale_q, sigma_q)    SAMPLES stored samples a/256 (drawn here), mean = theta_q/256
    affine      u = S*gamma_q + beta_q, N*u >= sum(u)         norm.weight = gamma_q/256, norm.bias = beta_q/256
Every sum a neuron can see is then tried with the product's expression on the values as rounded to 32-bit floats. The
last layer's logit (S*scale_q + bias_q)*logit_scale becomes scale and norm. Finally the model's own test vectors are run.
"""
import argparse
import json
import pathlib
import struct
import sys

import numpy as np

EPS = 1e-5
FRACTION = 256  # scale_q, gamma_q, beta_q, theta_q of the subset method: 8 fraction bits
SAMPLES = 8     # stored samples of the scale (subset method)
METHODS = ("det", "spindrop", "spatial", "scaledrop", "affine", "viscale", "spinbayes", "spinbayesbin")


def write_safetensors(path, tensors):
    header, blobs, at = {}, [], 0
    names = {np.dtype("int8"): "I8", np.dtype("float32"): "F32"}
    for name, array in tensors.items():
        blob = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # aligns the data
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def stored_weights(arrays, spec, i):
    """[outputs, inputs] of +-1, or [arrays, outputs, inputs] of odd integers."""
    if f"L{i}_codes" in arrays:
        return (2 * arrays[f"L{i}_codes"].astype(np.int16) - (spec["levels"] - 1)).astype(np.int8)
    packed = arrays[f"L{i}_wbits"]
    return (np.unpackbits(packed, axis=-1)[..., :spec["cin"]].astype(np.int8) * 2 - 1).astype(np.int8)


def first_array(layer):
    return layer["weight"].reshape((-1,) + layer["weight"].shape[-2:])[0].astype(np.int64)


def expression(layer, sums, scale):
    """The product's expression of a layer with running statistics, in doubles; sums [n, outputs], scale [outputs] or 1."""
    f = {k: v.astype(np.float64) for k, v in layer.items() if k != "weight"}
    root = np.sqrt(f["norm.running_var"] + EPS)
    return f["norm.weight"] * (scale * sums - f["norm.running_mean"]) / root + f["norm.bias"]


def real_pair(theta_off, theta_on, q):
    """Scale and mean for one neuron, with the largest distance to where a decision would change."""
    low, high = (q - 0.5) / FRACTION, (q + 0.5) / FRACTION
    best = None
    for a in np.linspace(low, high, 201)[1:-1]:
        # tau in (theta_off - 1, theta_off] and tau/a in (theta_on - 1, theta_on]
        floor, top = max(theta_off - 1, a * (theta_on - 1)), min(theta_off, a * theta_on)
        if top > floor:
            # Room in units of each comparison: sums are integers, scaled ones come in steps of a.
            room = (top - floor) / 2
            if best is None or room > best[0]:
                best = (room, a, (top + floor) / 2)
    if best is None:
        sys.exit(f"no scale near {q}/{FRACTION} gives both thresholds {theta_off} and {theta_on}")
    return best[1], best[2]


def norm(outputs, weight, bias, mean):
    return {"norm.weight": np.broadcast_to(weight, outputs).astype(np.float32), "norm.bias": np.broadcast_to(bias, outputs).astype(np.float32),
            "norm.running_mean": np.broadcast_to(mean, outputs).astype(np.float32),
            "norm.running_var": np.full(outputs, 1.0 - EPS, np.float32)}


def affine_parameters(arrays, i, unit):
    """gamma and beta; `unit` is what one unit of u is worth (last layer), so that u = gamma*(scale*S) + beta."""
    return {"norm.weight": (arrays[f"L{i}_gamma_q"] / FRACTION).astype(np.float32),
            "norm.bias": (arrays[f"L{i}_beta_q"] / FRACTION * unit).astype(np.float32)}


def scale_samples(arrays, i, random):
    mean, sigma = (arrays[f"L{i}_{k}"].astype(np.float64) for k in ("scale_q", "scale_sigma_q"))
    return (mean + np.round(sigma * random.standard_normal((SAMPLES, len(mean))))).astype(int)


def hidden_layer(method, arrays, spec, i, largest, random):
    layer = {"weight": stored_weights(arrays, spec, i)}
    outputs = spec["cout"]
    sums = np.arange(-largest, largest + 1)[:, None]
    if method == "affine":
        return layer | affine_parameters(arrays, i, 1)
    if method == "scaledrop":
        on, off, q = (arrays[f"L{i}_{k}"].astype(int) for k in ("theta_on", "theta_off", "scale_q"))
        pairs = np.array([real_pair(*triple) for triple in zip(off, on, q)])
        layer["scale"] = pairs[:, 0].astype(np.float32)
        layer |= norm(outputs, 1, 0, pairs[:, 1])
        states = [(layer["scale"].astype(np.float64), sums >= on), (1.0, sums >= off)]
    elif method == "viscale":
        samples, theta = scale_samples(arrays, i, random), arrays[f"L{i}_theta_q"].astype(int)
        layer["scale"] = (samples / FRACTION).astype(np.float32)
        layer |= norm(outputs, 1, 0, theta / FRACTION)
        states = [(layer["scale"][s].astype(np.float64), sums * samples[s] >= theta) for s in range(SAMPLES)]
    else:
        theta = arrays[f"L{i}_theta"].astype(int)
        layer |= norm(outputs, 1, 0, theta - 0.5)
        states = [(1.0, sums >= theta)]
    for scale, fires in states:
        if not np.array_equal(expression(layer, sums, scale) >= 0, fires):
            sys.exit(f"layer {i}: a decision is lost in 32-bit floats")
    return layer


def last_layer(method, arrays, spec, i, random):
    layer = {"weight": stored_weights(arrays, spec, i)}
    outputs, logit_scale = spec["cout"], spec["logit_scale"]
    if method == "affine":
        unit = FRACTION * logit_scale
        return layer | {"scale": np.full(outputs, unit, np.float32)} | affine_parameters(arrays, i, unit)
    unit = 1
    if method == "viscale":
        layer["scale"] = (scale_samples(arrays, i, random) / FRACTION).astype(np.float32)
        unit = FRACTION
    elif method == "scaledrop":
        layer["scale"] = (arrays[f"L{i}_scale_q"] / FRACTION).astype(np.float32)
        unit = FRACTION
    return layer | norm(outputs, unit * logit_scale, arrays[f"L{i}_bias_q"] * logit_scale, 0)


def mean_state(method, layer, arrays, i):
    """The scale with the randomness off, as the test vectors were made."""
    if method == "viscale":
        return arrays[f"L{i}_scale_q"] / FRACTION
    return layer.get("scale", np.float32(1)).astype(np.float64)


def check_vectors(method, layers, arrays, encode, logit_scale):
    """The stored vectors: same decisions, and logits equal up to 32-bit floats."""
    x = encode(arrays["vec_x"].reshape(len(arrays["vec_x"]), -1).astype(np.int64))
    for i, layer in enumerate(layers):
        sums = x @ first_array(layer).T
        if method == "affine":
            y = layer["norm.weight"].astype(np.float64) * (layer.get("scale", np.float32(1)) * sums) + layer["norm.bias"]
            centred = y.shape[1] * y - y.sum(1, keepdims=True)
            x = np.where(centred >= 0, 1, -1)
        else:
            y = expression(layer, sums, mean_state(method, layer, arrays, i))
            x = np.where(y >= 0, 1, -1)
    expected = arrays["vec_logit_int"] * logit_scale
    worst = np.abs(y - expected).max() / np.abs(expected).max()
    if worst > 1e-6 or not np.array_equal(y.argmax(1), expected.argmax(1)):
        sys.exit(f"test vectors differ: largest relative deviation {worst}")
    print(f"{len(x)} test vectors: every arg-max equal, logits within {worst:.1e} of the largest")


def scheme_text(model, spec):
    method, p = model["method"], model["dropout_p"]
    if method == "scaledrop":
        return f'{{ method = "scale_dropout", probability = {p} }}'
    if method == "affine":
        return f'{{ method = "affine_dropout", probability = {p} }}'
    if method == "viscale":
        return f'{{ method = "subset", samples = {SAMPLES} }}'
    if method.startswith("spinbayes"):
        bits = (spec.get("levels", 2) - 1).bit_length()
        return f'{{ method = "spinbayes", arrays = {spec["crossbars"]}, bits = {bits} }}'
    if method in ("spindrop", "spatial") and not spec["first"]:  # the images themselves are never dropped
        group = f', group = {model["group"]}' if method == "spatial" else ""
        return f'{{ method = "{"spatial_dropout" if group else "spindrop"}", probability = {p}{group} }}'
    return '"deterministic"'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--passes", type=int, default=11)
    parser.add_argument("--seed", type=int, default=1, help="of the network and of the stored scale samples")
    parser.add_argument("--name")
    args = parser.parse_args()
    model = json.loads(pathlib.Path(args.model + ".json").read_text())
    arrays = dict(np.load(args.model + ".npz"))
    method, encoding = model["method"], model["input"]["encoding"]
    binary = encoding == "bin"
    if method not in METHODS or any(l["kind"] != "fc" for l in model["layers"]) or not (binary or encoding.startswith("u")):
        sys.exit(f"only fully connected networks with unsigned or binary inputs, of the methods {', '.join(METHODS)}")

    bits = 1 if binary else int(encoding[1:])
    encode = (lambda x: np.where(x >= 128, 1, -1)) if binary else (lambda x: x >> (8 - bits))
    tensors, layers, toml_layers = {}, [], []
    random = np.random.Generator(np.random.PCG64(args.seed))
    for i, spec in enumerate(model["layers"]):
        largest = spec["cin"] * (2**bits - 1 if spec["first"] else 1) * (spec.get("levels", 2) - 1)
        layer = last_layer(method, arrays, spec, i, random) if spec["last"] \
            else hidden_layer(method, arrays, spec, i, largest, random)
        layers.append(layer)
        tensors.update({f"fc{i}.{key}": value for key, value in layer.items()})
        toml_layers.append(f'[[layer]]\nname = "fc{i}"\nkind = "linear"\noutputs = {spec["cout"]}\n'
                           f"scheme = {scheme_text(model, spec)}\n" + (f"norm_eps = {EPS}\n" if method != "affine" else ""))
    check_vectors(method, layers, arrays, encode, model["layers"][-1]["logit_scale"])

    # gamma up to 2 with 8 fraction bits, as trained
    quantization = "[quantization]\nscale_bits = 10\n\n" if method == "affine" else ""
    encoding_text = 'encoding = "bipolar"  # x = pixel >= threshold ? +1 : -1\nthreshold = 128\n' if binary else \
        f'encoding = "unsigned"  # x = pixel >> (8 - bits)\nbits = {bits}\n'
    args.out.mkdir(parents=True, exist_ok=True)
    write_safetensors(args.out / "weights.safetensors", tensors)
    (args.out / "network.toml").write_text(
        f"""# Made by tools/convert_bnn_npz.py from {model["name"]}. Format: gen/spec/README.md.
[network]
name = "{args.name or model["name"]}"
weights = "weights.safetensors"

[input]
features = {model["layers"][0]["cin"]}
{encoding_text}
[inference]
passes = {args.passes}
seed = {args.seed}

{quantization}""" + "\n".join(toml_layers))
    print(f"wrote {args.out}: {sum(l['weight'].size for l in layers)} weights")


if __name__ == "__main__":
    main()
