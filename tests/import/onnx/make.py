#!/usr/bin/env python3
"""Makes the ONNX models of tests/import and what they compute (needs python3-onnx and python3-numpy).

make.py [FOLDER]: writes cnn.onnx, mlp.onnx, averages.onnx and, for each, NAME.json with images (raw pixels) and logits. The logits are those
of the graph itself, node by node as the ONNX specification has them: nothing here knows how neuspin imports it.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(2026)


def signs(*shape):
    return np.where(rng.random(shape) < 0.5, -1.0, 1.0).astype(np.float32)


def norm(name, channels):
    """Parameters of a BatchNormalization; a third of the factors are negative. Statistics: measure()."""
    return {
        name + ".weight": rng.uniform(-0.7, 1.4, channels).astype(np.float32),
        name + ".bias": rng.normal(0, 0.3, channels).astype(np.float32),
        name + ".running_mean": np.zeros(channels, np.float32),
        name + ".running_var": np.ones(channels, np.float32),
    }


def picture(shape):
    """Raw pixels in blots, so that images differ in more than noise."""
    blots = rng.integers(0, 256, (shape[0], 3, 3)).repeat(shape[1] // 3 + 1, 1).repeat(shape[2] // 3 + 1, 2)[:, :shape[1], :shape[2]]
    return np.clip(blots + rng.integers(-40, 41, shape), 0, 255)


def measure(nodes, tensors, shape, encode):
    """Running statistics of every BatchNormalization, in order, over random images."""
    images = [encode(picture(shape))[None] for _ in range(40)]
    for i, node in enumerate(nodes):
        if node.op_type != "BatchNormalization":
            continue
        sums = np.array([compute(nodes[:i], tensors, image)[node.input[0]][0] for image in images])
        other = tuple(axis for axis in range(sums.ndim) if axis != 1)
        tensors[node.input[3]] = (sums.mean(axis=other) + 0.2 * rng.normal(0, sums.std(axis=other))).astype(np.float32)
        tensors[node.input[4]] = sums.var(axis=other).astype(np.float32)


def windows(x, kernel, stride):
    """[channel, y, x] -> [oy, ox, channel, ky, kx]"""
    height = (x.shape[1] - kernel) // stride + 1
    width = (x.shape[2] - kernel) // stride + 1
    return np.array([[x[:, oy * stride:oy * stride + kernel, ox * stride:ox * stride + kernel] for ox in range(width)]
                     for oy in range(height)])


def compute(nodes, tensors, image):
    """Every tensor of the graph for a batch of one image."""
    known = {key: value.astype(np.float64) for key, value in tensors.items()}
    known["image"] = image.astype(np.float64)
    for node in nodes:
        a = {x.name: helper.get_attribute_value(x) for x in node.attribute}
        v = [known[name] for name in node.input]
        if node.op_type == "Conv":
            p = a.get("pads", [0, 0, 0, 0])
            x = np.pad(v[0][0], ((0, 0), (p[0], p[2]), (p[1], p[3])))
            y = np.einsum("yxcij,ocij->oyx", windows(x, v[1].shape[2], a.get("strides", [1, 1])[0]), v[1])
            y = (y + (v[2][:, None, None] if len(v) > 2 else 0))[None]
        elif node.op_type == "MaxPool":
            k = a["kernel_shape"][0]
            y = windows(v[0][0], k, a["strides"][0]).max(axis=(3, 4)).transpose(2, 0, 1)[None]
        elif node.op_type == "AveragePool":
            k = a["kernel_shape"][0]
            y = windows(v[0][0], k, a["strides"][0]).mean(axis=(3, 4)).transpose(2, 0, 1)[None]
        elif node.op_type == "GlobalAveragePool":
            y = v[0].mean(axis=(2, 3), keepdims=True)
        elif node.op_type == "BatchNormalization":
            g, b, m, s = [w.reshape([1, -1] + [1] * (v[0].ndim - 2)) for w in v[1:]]
            y = g * (v[0] - m) / np.sqrt(s + a.get("epsilon", 1e-5)) + b
        elif node.op_type == "Sign":
            y = np.sign(v[0])
        elif node.op_type == "BipolarQuant":
            y = np.where(v[0] >= 0, 1.0, -1.0) * v[1]
        elif node.op_type == "Pad":
            p = v[1].astype(int)
            y = np.pad(v[0], [(p[i], p[i + v[0].ndim]) for i in range(v[0].ndim)], constant_values=float(v[2]))
        elif node.op_type == "Flatten":
            y = v[0].reshape(v[0].shape[0], -1)
        elif node.op_type == "Reshape":
            y = v[0].reshape([int(n) if n else v[0].shape[i] for i, n in enumerate(v[1])])
        elif node.op_type == "Gemm":
            y = a.get("alpha", 1.0) * v[0] @ (v[1].T if a.get("transB") else v[1]) + a.get("beta", 1.0) * v[2]
        elif node.op_type == "MatMul":
            y = v[0] @ v[1]
        elif node.op_type == "Transpose":
            y = v[0].transpose(a["perm"])
        elif node.op_type == "Add":
            y = v[0] + v[1]
        else:
            raise ValueError(node.op_type)
        known[node.output[0]] = y
    return known


def save(folder, name, nodes, tensors, shape, classes, encode, images=12, domains=()):
    measure(nodes, tensors, shape, encode)
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch"] + list(shape))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        [numpy_helper.from_array(value, key) for key, value in tensors.items()])
    model = helper.make_model(graph, producer_name="make.py", opset_imports=[helper.make_opsetid("", 13)] +
                              [helper.make_opsetid(domain, 1) for domain in domains])
    model.ir_version = 8
    onnx.save(model, str(folder / (name + ".onnx")))
    pixels = np.array([picture(shape) for _ in range(images)])
    result = {"pixels": pixels.reshape(images, -1).tolist(),
              "logits": [[round(float(v), 6) for v in compute(nodes, tensors, encode(p)[None])["logits"][0]] for p in pixels]}
    (folder / (name + ".json")).write_text(json.dumps(result, separators=(",", ":")) + "\n")


def cnn(folder):
    """As PyTorch writes it: factors of both signs before a pool, -1 around the second map, a stride."""
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["a"], "/conv1/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
             strides=[1, 1], dilations=[1, 1], group=1),
        node("BatchNormalization", ["a", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], ["b"], "/bn1/BatchNormalization",
             epsilon=1e-5, momentum=0.9),
        node("Sign", ["b"], ["c"], "/Sign"),
        node("MaxPool", ["c"], ["d"], "/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0], ceil_mode=0),
        node("Pad", ["d", "pads", "minus_one"], ["e"], "/Pad", mode="constant"),
        node("Conv", ["e", "conv2.weight"], ["f"], "/conv2/Conv", kernel_shape=[3, 3], strides=[1, 1]),
        node("BatchNormalization", ["f", "bn2.weight", "bn2.bias", "bn2.running_mean", "bn2.running_var"], ["g"], "/bn2/BatchNormalization"),
        node("MaxPool", ["g"], ["h"], "/pool2/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Sign", ["h"], ["i"], "/Sign_1"),
        node("Conv", ["i", "conv3.weight"], ["j"], "/conv3/Conv", kernel_shape=[2, 2], strides=[1, 1]),
        node("Add", ["j", "bias3"], ["k"], "/Add"),
        node("Sign", ["k"], ["l"], "/Sign_2"),
        node("Flatten", ["l"], ["m"], "/Flatten", axis=1),
        node("Gemm", ["m", "fc.weight", "fc.bias"], ["logits"], "/fc/Gemm", transB=1),
    ]
    tensors = {
        "conv1.weight": signs(4, 2, 3, 3) * np.array([0.5, 0.25, 0.75, 1.25], np.float32)[:, None, None, None],
        "conv1.bias": rng.normal(0, 0.3, 4).astype(np.float32),
        **norm("bn1", 4),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
        "minus_one": np.array(-1, np.float32),
        "conv2.weight": signs(5, 4, 3, 3),
        **norm("bn2", 5),
        "conv3.weight": signs(16, 5, 2, 2),
        "bias3": (rng.integers(-2, 2, 16) + 0.5).astype(np.float32).reshape(16, 1, 1),
        "fc.weight": signs(4, 16) * np.float32(0.25),
        "fc.bias": rng.normal(0, 0.5, 4).astype(np.float32),
    }
    save(folder, "cnn", nodes, tensors, [2, 9, 8], 4, lambda p: (p >> 4) / 15)


def mlp(folder):
    """As Brevitas writes it: latent weights and activations through BipolarQuant, matrices transposed by the graph."""
    node = helper.make_node
    quant = dict(domain="qonnx.custom_op.general")
    nodes = [
        node("BipolarQuant", ["image", "one"], ["a"], "/input/BipolarQuant", **quant),
        node("Reshape", ["a", "flat"], ["b"], "/Reshape"),
        node("BipolarQuant", ["fc1.latent", "fc1.scale"], ["w1"], "/fc1/BipolarQuant", **quant),
        node("Transpose", ["w1"], ["w1t"], "/fc1/Transpose", perm=[1, 0]),
        node("MatMul", ["b", "w1t"], ["c"], "/fc1/MatMul"),
        node("Add", ["fc1.bias", "c"], ["d"], "/fc1/Add"),
        node("BatchNormalization", ["d", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], ["e"], "/bn1"),
        node("BipolarQuant", ["e", "half"], ["f"], "/act1/BipolarQuant", **quant),
        node("Sign", ["fc2.latent"], ["w2"], "/fc2/Sign"),
        node("Gemm", ["f", "w2", "fc2.bias"], ["g"], "/fc2/Gemm", transB=1, alpha=0.5, beta=2.0),
        node("BatchNormalization", ["g", "bn2.weight", "bn2.bias", "bn2.running_mean", "bn2.running_var"], ["logits"], "/bn2"),
    ]
    tensors = {
        "one": np.array(1, np.float32),
        "half": np.array(0.5, np.float32),
        "flat": np.array([0, -1], np.int64),
        "fc1.latent": rng.normal(0, 1, (9, 30)).astype(np.float32),
        "fc1.scale": rng.uniform(0.1, 0.6, (9, 1)).astype(np.float32),
        "fc1.bias": rng.normal(0, 0.4, 9).astype(np.float32),
        **norm("bn1", 9),
        "fc2.latent": rng.normal(0, 1, (3, 9)).astype(np.float32),
        "fc2.bias": rng.normal(0, 0.4, 3).astype(np.float32),
        **norm("bn2", 3),
    }
    save(folder, "mlp", nodes, tensors, [1, 5, 6], 3, lambda p: np.where(p >= 100, 1.0, -1.0), domains=["qonnx.custom_op.general"])


def averages(folder):
    """Means of sums, behind a normalisation with factors of both signs, and of signs over a map before the last layer."""
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "conv1.weight"], ["a"], "/conv1/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]),
        node("BatchNormalization", ["a", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], ["b"], "/bn1"),
        node("AveragePool", ["b"], ["c"], "/pool/AveragePool", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0], ceil_mode=0,
             count_include_pad=1),
        node("Sign", ["c"], ["d"], "/Sign"),
        node("Conv", ["d", "conv2.weight"], ["e"], "/conv2/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]),
        node("BatchNormalization", ["e", "bn2.weight", "bn2.bias", "bn2.running_mean", "bn2.running_var"], ["f"], "/bn2"),
        node("Sign", ["f"], ["g"], "/Sign_1"),
        node("GlobalAveragePool", ["g"], ["h"], "/gap/GlobalAveragePool"),
        node("Flatten", ["h"], ["i"], "/Flatten", axis=1),
        node("Gemm", ["i", "fc.weight", "fc.bias"], ["logits"], "/fc/Gemm", transB=1),
    ]
    tensors = {
        "conv1.weight": signs(6, 2, 3, 3) * np.float32(0.5),
        **norm("bn1", 6),
        "conv2.weight": signs(12, 6, 3, 3),
        **norm("bn2", 12),
        "fc.weight": signs(4, 12) * np.float32(2.0),
        "fc.bias": rng.normal(0, 0.5, 4).astype(np.float32),
    }
    save(folder, "averages", nodes, tensors, [2, 10, 11], 4, lambda p: (p >> 4) / 15)


if __name__ == "__main__":
    to = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    cnn(to)
    mlp(to)
    averages(to)
