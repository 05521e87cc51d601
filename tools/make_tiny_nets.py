#!/usr/bin/python3
"""Writes tests/nets/tiny: one random 12-7-5-3 network and three specs that use it. Standard library only.

    tools/make_tiny_nets.py tests/nets/tiny

Sizes divide nothing; some neurons have negative or zero scales, negative norm weights or zero variance, so that every
branch of the fold has a witness. The layers hold all optional tensors in all the dtypes that the reader accepts.
"""
import json
import pathlib
import random
import struct
import sys

SIZES = [12, 7, 5, 3]
SPECS = {  # file → (network name, [input], scheme of each layer)
    "det.toml": ("tiny_det", 'encoding = "unsigned"\nbits = 3', None),
    "scaledrop.toml": ("tiny_scaledrop", 'encoding = "unsigned"\nbits = 3', 0.3),
    "bipolar.toml": ("tiny_bipolar", 'encoding = "bipolar"\nthreshold = 100', 0.3),
}
NARROW = {"F16": "<e", "F32": "<f", "F64": "<d"}


def pack(dtype, values):
    if dtype == "I8":
        return struct.pack(f"<{len(values)}b", *values)
    if dtype == "BF16":  # the upper half of a 32-bit float
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return b"".join(struct.pack(NARROW[dtype], v) for v in values)


def main(out):
    rng = random.Random(20)
    tensors = {}
    for i, (inputs, outputs) in enumerate(zip(SIZES, SIZES[1:])):
        count = inputs * outputs
        dtype = ["I8", "F32", "BF16"][i]
        latent = [rng.choice((-1, 1)) if dtype == "I8" else rng.uniform(-1, 1) for _ in range(count)]
        spread = inputs ** 0.5 * (4 if i == 0 else 1)
        name = f"l{i}"
        tensors[f"{name}.weight"] = (dtype, [outputs, inputs], latent)
        scale = [rng.uniform(0.4, 1.6) for _ in range(outputs)]
        gamma = [rng.uniform(0.5, 1.5) for _ in range(outputs)]
        var = [rng.uniform(0.5, 2) * spread**2 for _ in range(outputs)]
        if i == 0:
            scale[1], scale[2], gamma[3], gamma[4], var[5] = -0.75, 0.0, -1.25, 0.0, 0.0
        tensors[f"{name}.scale"] = ("F32", [outputs], scale)
        if i == 1:
            tensors[f"{name}.bias"] = ("F64", [outputs], [rng.uniform(-1, 1) for _ in range(outputs)])
        tensors[f"{name}.norm.weight"] = ("F16", [outputs], gamma)
        tensors[f"{name}.norm.bias"] = ("F32", [outputs], [rng.uniform(-0.5, 0.5) for _ in range(outputs)])
        tensors[f"{name}.norm.running_mean"] = ("F32", [outputs], [rng.uniform(-1, 1) * spread / 2 for _ in range(outputs)])
        tensors[f"{name}.norm.running_var"] = ("F32", [outputs], var)

    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        blob = pack(dtype, values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    out.mkdir(parents=True, exist_ok=True)
    (out / "weights.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)

    for file, (name, encoding, drop) in SPECS.items():
        lines = ["# Made by tools/make_tiny_nets.py.", "[network]", f'name = "{name}"', 'weights = "weights.safetensors"', "",
                 "[input]", f"features = {SIZES[0]}", encoding, "", "[inference]",
                 f"passes = {3 if drop else 1}", "seed = 7"]
        for i, outputs in enumerate(SIZES[1:]):
            lines += ["", "[[layer]]", f'name = "l{i}"', 'kind = "linear"', f"outputs = {outputs}"]
            # The bipolar network is mixed: a deterministic prefix before the stochastic layers.
            if drop and not (name == "tiny_bipolar" and i == 0):
                lines.append(f'scheme = {{ method = "scale_dropout", probability = {drop} }}')
        (out / file).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
