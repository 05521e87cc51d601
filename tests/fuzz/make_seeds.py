#!/usr/bin/python3
"""Writes the seed corpora (standard library only): tests/fuzz/make_seeds.py tests/fuzz/corpus

The text seeds are the specs of the repository and a device file, the binary ones legal files for the weights fuzzer's
9-3-2 network and small arrays.
"""
import gzip
import io
import json
import pathlib
import struct
import sys
import zipfile

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

DEVICE = """set = "stt40"
[override.defects]
stuck_p = { value = 1e-3, source = "measured", note = "lot 7" }
[chip]
seed = 1
kelvin = 300
[units]
model = "physical"
variation = 1
defects = 1
errors = 1
trim_bits = 4
trim_range = 0.3
trim_kelvin = 300
[arrays]
variation = 1
offsets = 1
stuck_p = 0.01
write_failures = 0
retention_seconds = 10
retention_kelvin = 300
spare_rows = 1
spare_columns = 1
"""
CURVES = "device,direction,V,t_p,P_sw,n_reps\n" + "".join(
    f"A,P->AP,{v / 10},10,{p},100\n" for v, p in ((7, 0.02), (8, 0.2), (9, 0.5), (10, 0.9)))
BNN = """{"format": "bnn-npz-1", "name": "n", "method": "det", "input": {"encoding": "u4", "shape": [1, 2, 2]},
 "layers": [{"type": "linear", "in": 4, "out": 3}, {"type": "linear", "in": 3, "out": 2}]}
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


def npy(descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(arrays, method):
    """Dates are fixed: the same seeds give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), array, method)
    return out.getvalue()


def write_data(folder):
    images = struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 2, 3) + bytes(range(12))
    (folder / "images.idx").write_bytes(images)
    (folder / "images.idx.gz").write_bytes(gzip.compress(images, mtime=0))
    array = npy("|u1", "(2, 6)", bytes(range(12)))
    (folder / "images.npy").write_bytes(array)
    integers = {"x_test": array, "L1_theta": npy("<i4", "(3,)", struct.pack("<3i", -1, 0, 1)),
                "v": npy("<i8", "(1,)", struct.pack("<q", -5)), "w": npy("<i2", "(1,)", struct.pack("<h", 7))}
    (folder / "stored.npz").write_bytes(npz(integers, zipfile.ZIP_STORED))
    (folder / "deflated.npz").write_bytes(npz(integers, zipfile.ZIP_DEFLATED))
    (folder / "description.json").write_text(BNN)


def main(out):
    root = pathlib.Path(__file__).resolve().parents[2]
    for folder in ("spec", "weights", "devices", "data"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    (out / "devices" / "device.toml").write_text(DEVICE)
    (out / "devices" / "curves.csv").write_text(CURVES)
    write_data(out / "data")
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
