#!/usr/bin/python3
"""Writes the seed corpora (standard library only): tests/fuzz/make_seeds.py tests/fuzz/corpus

The text seeds are the specs of the repository, the binary ones legal files for the fuzzer's 9-3-2 network.
"""
import json
import pathlib
import struct
import sys

SCHEMES = """[network]
name = "n"
weights = "w"
[input]
features = 40
encoding = "bipolar"
[inference]
passes = 2
""" + "".join(
    f'[[layer]]\nname = "l{i}"\nkind = "linear"\noutputs = 9\nscheme = {{ {scheme} }}\n'
    for i, scheme in enumerate([
        'method = "spindrop", probability = 0.15, rescale = true',
        'method = "spatial_dropout", probability = 0.15, group = 3',
        'method = "scale_dropout", probability = "by_parameters", unit = "layer"',
        'method = "affine_dropout", probability = 0.3',
        'method = "subset", samples = 8',
        'method = "subset", noise_bits = 8',
        'method = "spinbayes", arrays = 8, bits = 2',
    ]))
CONVOLUTIONS = """[network]
name = "n"
weights = "w"
[input]
shape = [3, 12, 10]
encoding = "signed"
bits = 8
[inference]
passes = 2
[[layer]]
name = "c0"
kind = "conv"
outputs = 9
kernel = 3
stride = 2
padding = 1
pool = 2
[[layer]]
name = "c1"
kind = "conv"
outputs = 9
inputs = 9
kernel = 2
padding = 1
padding_value = -1
pool = { kind = "average", size = 2 }
scheme = { method = "spindrop", probability = 0.15, resample = "window" }
[[layer]]
name = "l"
kind = "linear"
outputs = 9
"""
UNITS = """[conv]
mapping = 2
[dropout]
set_cycles = 2
share = 7
whiten = true
health_window = 1024
calibration = "startup"
calibration_window = 256
"""

WIDTH = {"I8": 1, "F16": 2, "BF16": 2, "F32": 4, "F64": 8}


def safetensors(tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape) in tensors.items():
        count = 1
        for size in shape:
            count *= size
        blob = b"\x01" * count if dtype == "I8" else b"\x00" * (WIDTH[dtype] * count)
        if name.endswith("_sigma") and dtype == "F16":
            blob = b"\x00\x38" * count  # 0.5
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def main(out):
    root = pathlib.Path(__file__).resolve().parents[2]
    for folder in ("spec", "weights"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / "spec" / "schemes.toml").write_text(SCHEMES)
    (out / "spec" / "convolutions.toml").write_text(CONVOLUTIONS)
    (out / "spec" / "units.toml").write_text(UNITS)
    for path in [*root.glob("examples/*/*.toml"), *root.glob("tests/nets/*/*.toml")]:
        (out / "spec" / f"{path.parent.name}_{path.name}").write_bytes(path.read_bytes())
    for dtype in WIDTH:
        tensors = {"a.weight": (dtype, [3, 9]), "b.weight": (dtype, [2, 3])}
        if dtype != "I8":
            tensors.update({"a.scale": (dtype, [1]), "a.bias": (dtype, [3])})
            tensors.update({f"b.norm.{k}": (dtype, [2]) for k in ("weight", "bias", "running_mean", "running_var")})
        (out / "weights" / f"{dtype.lower()}.safetensors").write_bytes(safetensors(tensors))
    last = {"b.weight": ("I8", [2, 3])}
    schemes = {
        "affine": {"a.weight": ("I8", [3, 9]), "a.norm.weight": ("F32", [3]), "a.norm.bias": ("F32", [3])},
        "samples": {"a.weight": ("I8", [3, 9]), "a.scale": ("F32", [2, 3])},
        "noise": {"a.weight": ("I8", [3, 9]), "a.scale": ("F32", [3]), "a.scale_sigma": ("F32", [3])},
        "spinbayes": {"a.weight": ("I8", [2, 3, 9])},
        "posterior": {"a.weight_mu": ("F32", [3, 9]), "a.weight_sigma": ("F16", [3, 9])},
    }
    for name, tensors in schemes.items():
        (out / "weights" / f"{name}.safetensors").write_bytes(safetensors({**tensors, **last}))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
