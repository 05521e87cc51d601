#!/usr/bin/python3
"""Images a second of a bnn-npz-1 network in PyTorch float32 on one core, and the ratio to golden::Infer.

    bench/conv_torch.py MODEL [--rate IMAGES_PER_SECOND]     MODEL.npz and MODEL.json are read

Needs python3-torch (apt, 1.13). The network is the deterministic one: convolutions and matrix products with weights of
+-1, thresholds as comparisons, maxima of the sums. Its integer logits must equal the test vectors before anything is timed.
"""
import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F


def unpack(arrays, i, spec):
    fan_in = spec["cin"] * (spec["k"] ** 2 if spec["kind"] == "conv" else 1)
    bits = np.unpackbits(arrays[f"L{i}_wbits"], axis=-1)[:, :fan_in]
    weights = torch.from_numpy(bits.astype(np.float32) * 2 - 1)
    return weights.reshape(spec["cout"], spec["cin"], spec["k"], spec["k"]) if spec["kind"] == "conv" else weights


def build(arrays, model, layout):
    layers = []
    for i, spec in enumerate(model["layers"]):
        name = f"L{i}_bias_q" if spec["last"] else f"L{i}_theta"
        weights = unpack(arrays, i, spec)
        if weights.dim() == 4:
            weights = weights.to(memory_format=layout)
        layers.append((spec, weights, torch.from_numpy(arrays[name].astype(np.float32))))

    def forward(x):
        for spec, weights, theta in layers:
            if spec["kind"] == "conv":
                if spec["pad"] and spec["pad_value"]:
                    x = F.conv2d(F.pad(x, [spec["pad"]] * 4, value=spec["pad_value"]), weights)
                else:
                    x = F.conv2d(x, weights, padding=spec["pad"])
                if spec["pool"] > 1:
                    x = F.max_pool2d(x, spec["pool"])
                theta = theta[:, None, None]
            else:
                x = F.linear(x.flatten(1), weights)
            x = x + theta if spec["last"] else (x >= theta).float() * 2 - 1
        return x

    return forward


def vectors(arrays, model):
    if "vec_v" in arrays:
        return torch.from_numpy(arrays["vec_v"].astype(np.float32))
    encoding, x = model["input"]["encoding"], arrays["vec_x"]
    x = (x >= 128).astype(np.float32) * 2 - 1 if encoding == "bin" else (x >> (8 - int(encoding[1:]))).astype(np.float32)
    return torch.from_numpy(x.reshape(len(x), *model["input"]["shape"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--rate", type=float, help="of golden::Infer, to print the ratio")
    parser.add_argument("--seconds", type=float, default=4, help="for each batch size")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = json.load(open(args.model + ".json"))
    arrays = dict(np.load(args.model + ".npz"))
    best = 0
    with torch.inference_mode():
        x = vectors(arrays, model)
        for name, layout in (("NCHW", torch.contiguous_format), ("NHWC", torch.channels_last)):
            forward = build(arrays, model, layout)
            equal = np.array_equal(forward(x).numpy().astype(np.int64), arrays["vec_logit_int"])
            print(f"PyTorch {torch.__version__}, {name}: {len(x)} test vectors {'equal' if equal else 'DIFFER'}")
            if not equal:
                raise SystemExit(1)
            for batch in (1, 8, 32, 128):
                data = x[torch.arange(batch) % len(x)].clone(memory_format=layout)
                forward(data)
                images, start = 0, time.process_time()  # other work may share the core
                while time.process_time() - start < args.seconds:
                    forward(data)
                    images += batch
                rate = images / (time.process_time() - start)
                best = max(best, rate)
                print(f"PyTorch float32, one core, {name}, batch {batch}: {rate:.0f} images/s")
    if args.rate:
        print(f"golden::Infer is {args.rate / best:.1f} times as fast as the best of these")


if __name__ == "__main__":
    main()
