#!/usr/bin/python3
"""Converts a fully connected network of the form bnn-npz-1 (npz + JSON) to network.toml + weights.safetensors.

    tools/convert_bnn_npz.py MODEL OUT_DIR [--passes T] [--seed N] [--name NAME]

MODEL is the path without its ending (MODEL.npz and MODEL.json are read). Needs numpy; writing safetensors needs only
struct and json. A developer's tool: neuspin itself does not need Python.

bnn-npz-1 holds integer decisions, network.toml's convention holds real parameters, so per hidden neuron this looks for
a scale a and a mean tau with
    ceil(tau)     = theta_off   (scale dropped: S >= theta_off fires)
    ceil(tau / a) = theta_on    (scale kept:    a*S >= tau    fires)
and a inside the interval that rounds to the stored scale_q / 256, as far inside both intervals as possible. They are
stored as scale = a, norm.running_mean = tau, norm.running_var = 1 - eps, norm.weight = 1, norm.bias = 0. After the
rounding to 32-bit floats every sum a neuron can see is tried, in both states, with the expression the product uses.
The last layer's logit (S*scale_q + bias_q)*logit_scale becomes scale = scale_q/256, norm.weight = 256*logit_scale,
norm.bias = bias_q*logit_scale. Finally the model's own test vectors are run.
"""
import argparse
import json
import pathlib
import struct
import sys

import numpy as np

EPS = 1e-5
FRACTION = 256  # scale_q has 8 fraction bits


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


def signs(packed, inputs):
    return (np.unpackbits(packed, axis=1)[:, :inputs].astype(np.int8) * 2 - 1).astype(np.int8)


def activations(layer, sums, scale):
    """The product's expression, in doubles; sums [n, outputs], scale [outputs] or 1."""
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


def hidden_layer(arrays, i, inputs, largest):
    weight = signs(arrays[f"L{i}_wbits"], inputs)
    outputs = weight.shape[0]
    layer = {"weight": weight}
    if f"L{i}_theta_on" in arrays:
        on, off, q = (arrays[f"L{i}_{k}"].astype(int) for k in ("theta_on", "theta_off", "scale_q"))
        pairs = np.array([real_pair(*triple) for triple in zip(off, on, q)])
        layer["scale"] = pairs[:, 0].astype(np.float32)
        mean = pairs[:, 1]
        states = ((layer["scale"].astype(np.float64), on), (1.0, off))
    else:
        theta = arrays[f"L{i}_theta"].astype(int)
        mean = theta - 0.5
        states = ((1.0, theta),)
    layer["norm.weight"] = np.ones(outputs, np.float32)
    layer["norm.bias"] = np.zeros(outputs, np.float32)
    layer["norm.running_mean"] = mean.astype(np.float32)
    layer["norm.running_var"] = np.full(outputs, 1.0 - EPS, np.float32)
    sums = np.arange(-largest, largest + 1)[:, None]
    for scale, theta in states:
        if not np.array_equal(activations(layer, sums, scale) >= 0, sums >= theta):
            sys.exit(f"layer {i}: a threshold is lost in 32-bit floats")
    return layer


def last_layer(arrays, i, inputs, logit_scale):
    weight = signs(arrays[f"L{i}_wbits"], inputs)
    outputs = weight.shape[0]
    layer = {"weight": weight}
    unit = 1
    if f"L{i}_scale_q" in arrays:
        layer["scale"] = (arrays[f"L{i}_scale_q"] / FRACTION).astype(np.float32)
        unit = FRACTION
    layer["norm.weight"] = np.full(outputs, unit * logit_scale, np.float32)
    layer["norm.bias"] = (arrays[f"L{i}_bias_q"] * logit_scale).astype(np.float32)
    layer["norm.running_mean"] = np.zeros(outputs, np.float32)
    layer["norm.running_var"] = np.full(outputs, 1.0 - EPS, np.float32)
    return layer


def check_vectors(layers, arrays, shift, logit_scale):
    """The stored vectors: same decisions, and logits equal up to 32-bit floats."""
    x = arrays["vec_x"].reshape(len(arrays["vec_x"]), -1).astype(np.int64) >> shift
    for layer in layers:
        sums = x @ layer["weight"].T.astype(np.int64)
        y = activations(layer, sums, layer.get("scale", np.float32(1)).astype(np.float64))
        x = np.where(y >= 0, 1, -1)
    expected = arrays["vec_logit_int"] * logit_scale
    worst = np.abs(y - expected).max() / np.abs(expected).max()
    if worst > 1e-6 or not np.array_equal(y.argmax(1), expected.argmax(1)):
        sys.exit(f"test vectors differ: largest relative deviation {worst}")
    print(f"{len(x)} test vectors: every arg-max equal, logits within {worst:.1e} of the largest")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--passes", type=int, default=11)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--name")
    args = parser.parse_args()
    model = json.loads(pathlib.Path(args.model + ".json").read_text())
    arrays = dict(np.load(args.model + ".npz"))
    encoding = model["input"]["encoding"]
    if model["method"] not in ("det", "scaledrop") or any(l["kind"] != "fc" for l in model["layers"]) \
            or not encoding.startswith("u"):
        sys.exit("only fully connected networks, det or scaledrop, with unsigned inputs")

    bits, tensors, layers, toml_layers = int(encoding[1:]), {}, [], []
    scheme = f'scheme = {{ method = "scale_dropout", probability = {model["dropout_p"]} }}\n' \
        if model["method"] == "scaledrop" else ""
    logit_scale = model["layers"][-1]["logit_scale"]
    for i, spec in enumerate(model["layers"]):
        largest = spec["cin"] * (2**bits - 1 if spec["first"] else 1)
        layer = last_layer(arrays, i, spec["cin"], logit_scale) if spec["last"] \
            else hidden_layer(arrays, i, spec["cin"], largest)
        layers.append(layer)
        tensors.update({f"fc{i}.{key}": value for key, value in layer.items()})
        toml_layers.append(f'[[layer]]\nname = "fc{i}"\nkind = "linear"\noutputs = {spec["cout"]}\n{scheme}'
                           f"norm_eps = {EPS}\n")
    check_vectors(layers, arrays, 8 - bits, logit_scale)

    args.out.mkdir(parents=True, exist_ok=True)
    write_safetensors(args.out / "weights.safetensors", tensors)
    (args.out / "network.toml").write_text(
        f"""# Made by tools/convert_bnn_npz.py from {model["name"]}. Format: gen/spec/README.md.
[network]
name = "{args.name or model["name"]}"
weights = "weights.safetensors"

[input]
features = {model["layers"][0]["cin"]}
encoding = "unsigned"  # x = pixel >> (8 - bits)
bits = {bits}

[inference]
passes = {args.passes}
seed = {args.seed}

""" + "\n".join(toml_layers))
    print(f"wrote {args.out}: {sum(l['weight'].size for l in layers)} weights")


if __name__ == "__main__":
    main()
