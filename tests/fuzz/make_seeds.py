#!/usr/bin/python3
"""Writes the seed corpora (standard library only): tests/fuzz/make_seeds.py tests/fuzz/corpus

The text seeds are the specs of the repository, the binary ones legal files for the fuzzer's 9-3-2 network.
"""
import json
import pathlib
import struct
import sys

WIDTH = {"I8": 1, "F16": 2, "BF16": 2, "F32": 4, "F64": 8}


def safetensors(tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape) in tensors.items():
        count = 1
        for size in shape:
            count *= size
        blob = b"\x01" * count if dtype == "I8" else b"\x00" * (WIDTH[dtype] * count)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def main(out):
    root = pathlib.Path(__file__).resolve().parents[2]
    for folder in ("spec", "weights"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for path in [*root.glob("examples/*/*.toml"), *root.glob("tests/nets/*/*.toml")]:
        (out / "spec" / f"{path.parent.name}_{path.name}").write_bytes(path.read_bytes())
    for dtype in WIDTH:
        tensors = {"a.weight": (dtype, [3, 9]), "b.weight": (dtype, [2, 3])}
        if dtype != "I8":
            tensors.update({"a.scale": (dtype, [1]), "a.bias": (dtype, [3])})
            tensors.update({f"b.norm.{k}": (dtype, [2]) for k in ("weight", "bias", "running_mean", "running_var")})
        (out / "weights" / f"{dtype.lower()}.safetensors").write_bytes(safetensors(tensors))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
