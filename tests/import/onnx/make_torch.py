#!/usr/bin/python3
"""Exports a residual network with PyTorch (needs python3-torch) and writes what PyTorch computes.

make_torch.py [FOLDER]: writes residual.onnx and residual.json (raw pixels and logits, as make.py does). The network is written as
its users write it: latent weights behind torch.sign, one branch added behind and one before BatchNormalization, a branch behind a pool.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(2026)
SHAPE = (1, 12, 11)


class Conv(nn.Conv2d):
    def forward(self, x):
        return self._conv_forward(x, torch.sign(self.weight), self.bias)


class Linear(nn.Linear):
    def forward(self, x):
        return functional.linear(x, torch.sign(self.weight), self.bias)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = Conv(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.conv2, self.norm2 = Conv(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.conv3, self.norm3 = Conv(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv4, self.norm4 = Conv(8, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6)
        self.fc5, self.norm5 = Linear(24, 12, bias=False), nn.BatchNorm1d(12)
        self.fc6, self.norm6 = Linear(12, 12, bias=False), nn.BatchNorm1d(12)
        self.fc7, self.norm7 = Linear(12, 4), nn.BatchNorm1d(4)

    def forward(self, x):
        a = functional.max_pool2d(torch.sign(self.norm1(self.conv1(x))), 2)
        b = torch.sign(self.norm2(self.conv2(a)) + a)
        c = torch.sign(self.norm3(self.conv3(b) + a))
        d = torch.sign(self.norm4(self.conv4(c))).flatten(1)
        e = torch.sign(self.norm5(self.fc5(d)))
        f = torch.sign(e + self.norm6(self.fc6(e)))
        return self.norm7(self.fc7(f))


def main(folder):
    net = Net()
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.momentum = None  # the plain average of what it sees
            nn.init.uniform_(module.weight, -0.7, 1.4)
            nn.init.normal_(module.bias, 0, 0.3)
    blots = torch.nn.functional.interpolate(torch.rand(300, 1, 3, 3), SHAPE[1:])
    pixels = (255 * (blots + 0.3 * torch.rand(300, *SHAPE) - 0.15)).clamp(0, 255).round()
    with torch.no_grad():
        net.train()(pixels[12:] / 255)
    net.eval().double()
    with torch.no_grad():
        logits = net(pixels[:12].double() / 255)
    torch.onnx.export(net.float(), torch.zeros(1, *SHAPE), str(folder / "residual.onnx"), opset_version=13,
                      training=torch.onnx.TrainingMode.PRESERVE, input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
    result = {"pixels": pixels[:12].reshape(12, -1).int().tolist(), "logits": np.round(logits.numpy(), 6).tolist()}
    (folder / "residual.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
