#!/usr/bin/python3
"""Trains a CIFAR-size binary network of one method and writes it as a folder for neuspin.

    tools/jpeg_folder_to_npz.py ../shared/data/cifar10-jpeg/cifar-10-images.tar.xz train.npz --under train
    tools/jpeg_folder_to_npz.py ../shared/data/cifar10-jpeg/cifar-10-images.tar.xz test.npz --under test
    tools/train/train_cifar.py --method spatial --train train.npz --test test.npz --out examples/cifar-cnn-spatial

Needs PyTorch 1.13 or later and NumPy; a GPU to finish in minutes. README.md beside this file: what is trained how.

Shapes: B images, C channels, H x W pixels, K kernel. Signs are -1 and +1. A random choice of a method is drawn for
every image of a batch, as the chip draws one for every pass, but for the weights of SpinBayes (a sample a quarter).
"""
import argparse
import gzip
import json
import math
import pathlib
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F

METHODS = ("det", "spindrop", "spatial", "scaledrop", "affine", "subset", "spinbayes", "spinbayes-binary")
CHANNELS = (64, 64, 128, 128, 256, 256)  # 3 x 3, padding 1; every second one pools
CLASSES = 10
INPUT_BITS = 8       # signed: x = round((2 pixel / 255 - 1) * 128), at most 127
P_INPUTS, P_PARAMETERS = 0.1, 0.2  # dropped inputs (SpinDrop, Spatial), dropped parameters (scale, affine)
ARRAYS, BITS = 4, 3  # SpinBayes: arrays a layer (and samples of the weights a batch), bits of a multi-level weight
SAMPLES = 8          # subset: stored samples of the scale
NOISE = 0.05         # spinbayes-binary: standard deviation of what is added to a latent weight in [-1, 1]
KL_WEIGHTS = 0.01    # spinbayes: weight of the KL term (tempered posterior)
PRIOR_WEIGHTS, PRIOR_SCALE = 0.3, 0.25  # standard deviations of the priors N(0, .) and N(1, .)
EPS = 1e-5
LOSS_SCALE = 1024    # keeps gradients in half precision; Adam does not see it but for its epsilon


class Sign(torch.autograd.Function):
    """+1 where x >= 0, else -1; gradient 1 where |x| <= 1 (straight-through estimator)."""

    @staticmethod
    def forward(ctx, x, dtype):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(dtype)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad.to(x.dtype) * (x.abs() <= 1), None


def through(hard, soft):
    """The values of `hard`, to the last bit, the gradient of `soft`."""
    return hard.detach() + (soft - soft.detach())


def odd(weight):
    """The nearest of the odd integers +-1 ... +-(2^BITS - 1); weights of +-1 are the ends."""
    most = 2**BITS - 1
    return (2 * torch.floor(weight * most / 2) + 1).clamp(-most, most)


class Layer(torch.nn.Module):
    """A binary layer with its method: choice -> sums -> pool -> normalisation -> sign, or logits if last."""

    def __init__(self, method, inputs, outputs, kernel, pool, first, last, channels):
        super().__init__()
        # The pixels are neither dropped nor chosen: a signed 0 is a code, not a row left out. The largest sum of a pool says
        # nothing of its place among the channels.
        if (first and method in ("spindrop", "spatial", "spinbayes", "spinbayes-binary")) or (method == "affine" and pool == "max"):
            method = "det"
        self.method = method
        self.pool, self.first, self.last = pool, first, last
        self.kernel, self.channels = kernel, channels  # kernel 0: linear, its inputs are `channels` maps
        shape = (outputs, inputs) if kernel == 0 else (outputs, inputs, kernel, kernel)
        self.fan_in = math.prod(shape[1:])
        self.weight = torch.nn.Parameter(torch.empty(shape).uniform_(-0.3, 0.3))
        self.beta = torch.nn.Parameter(torch.zeros(outputs))
        # Hidden: a factor of at least 0 changes no sign, so it stays 1. Last: the logits' own.
        self.gamma = torch.nn.Parameter(torch.ones(outputs), requires_grad=last or method == "affine")
        self.register_buffer("mean", torch.zeros(outputs))
        self.register_buffer("var", torch.ones(outputs))
        self.stored = None  # samples as the chip stores them, once training is over
        if method == "spinbayes":
            self.rho = torch.nn.Parameter(torch.full(shape, math.log(0.1)))
        if method == "scaledrop":
            self.scale = torch.nn.Parameter(1 + 0.3 * torch.randn(outputs))
        if method == "subset":
            self.scale = torch.nn.Parameter(torch.ones(outputs))
            self.scale_rho = torch.nn.Parameter(torch.full((outputs,), math.log(0.1)))
        if method == "affine":
            torch.nn.init.normal_(self.gamma, 1, 0.3)
            torch.nn.init.normal_(self.beta, 0, 0.3)
            self.temperature = torch.nn.Parameter(torch.zeros(()), requires_grad=last)  # log, of the logits

    def clip(self):
        self.weight.data.clamp_(-1, 1)
        if self.method == "scaledrop":
            self.scale.data.clamp_(min=0.05)

    def kl(self):
        """KL divergence of the posterior from its prior, in nats, weighted."""
        if self.method == "spinbayes":
            return KL_WEIGHTS * gaussian_kl(self.weight, self.rho, 0, PRIOR_WEIGHTS)
        if self.method == "subset":
            return gaussian_kl(self.scale, self.scale_rho, 1, PRIOR_SCALE)
        return 0

    def sample_weight(self):
        """Weights as the array holds them, in float32 with the latent weights' gradient."""
        if self.stored is not None and self.method.startswith("spinbayes"):
            return self.stored[torch.randint(ARRAYS, ()).item()]
        if self.method == "spinbayes":
            latent = self.weight + self.rho.exp() * torch.randn_like(self.weight)
            return through(odd(latent), latent * (2**BITS - 1))
        latent = self.weight
        if self.method == "spinbayes-binary":
            latent = latent + NOISE * torch.randn_like(latent)
        return through(torch.where(latent >= 0, 1.0, -1.0), self.weight)

    def store(self):
        """Draws the samples that the chip stores."""
        with torch.no_grad():
            if self.method.startswith("spinbayes"):
                self.stored = torch.stack([self.sample_weight() for _ in range(ARRAYS)])
            elif self.method == "subset":
                noise = torch.randn(SAMPLES, len(self.scale), device=self.scale.device)
                self.stored = (self.scale + self.scale_rho.exp() * noise).clamp(min=0.05)

    def sums(self, x):
        """Sums of the (kept) inputs, [B, outputs, H, W] or [B, outputs]; convolutions pad with 0."""
        weights = [self.sample_weight().to(x.dtype)]
        if self.method.startswith("spinbayes"):
            weights += [self.sample_weight().to(x.dtype) for _ in range(ARRAYS - 1)]
        if self.method == "spinbayes":
            weights = [w / 2**BITS for w in weights]  # exact; keeps the sums in half precision
        if self.method == "spatial":
            keep = torch.rand(len(x), self.channels, device=x.device) >= P_INPUTS
            x = x * (keep[:, :, None, None] if self.kernel else keep.repeat_interleave(x.shape[1] // self.channels, 1))
        if self.method == "spindrop" and not self.kernel:
            x = x * (torch.rand(x.shape, device=x.device) >= P_INPUTS)
        parts = x.chunk(len(weights))
        if not self.kernel:
            return torch.cat([F.linear(part, w) for part, w in zip(parts, weights)])
        s = torch.cat([F.conv2d(part, w, padding=1) for part, w in zip(parts, weights)])
        if self.method == "spindrop":
            # A bit for every input of every window: sums of many kept +-1 with mean (1 - p) S and variance p (1 - p) n.
            # Drawn with these moments, independently for every output; the chip's are those of one mask.
            kernel = torch.ones(1, 1, self.kernel, self.kernel, dtype=x.dtype, device=x.device)
            n = self.channels * F.conv2d(torch.ones_like(x[:1, :1]), kernel, padding=1)
            s = (1 - P_INPUTS) * s + (n * (P_INPUTS * (1 - P_INPUTS))).sqrt() * torch.randn_like(s)
        return s

    def chosen_scale(self, s):
        """The scale of every image and output, [B, outputs, 1, 1] or [B, outputs]; None if there is none."""
        if self.method == "scaledrop":
            keep = (torch.rand(len(s), 1, device=s.device) >= P_PARAMETERS).float()
            a = 1 + keep * (self.scale - 1)
        elif self.method == "subset" and self.stored is not None:
            a = self.stored[torch.randint(SAMPLES, (len(s),), device=s.device)]
        elif self.method == "subset":
            a = (self.scale + self.scale_rho.exp() * torch.randn(len(s), len(self.scale), device=s.device)).clamp(min=0.05)
        else:
            return None
        return a[:, :, None, None] if s.dim() == 4 else a

    def unit(self):
        """affine: what a sum of 1 is worth, so that sums have a variance of about 1."""
        return self.temperature.exp() / math.sqrt(self.fan_in) / (2**(INPUT_BITS - 2) if self.first else 1)

    def affine(self, s):
        """gamma or 1, beta or 0, then the distance from the mean of the pixel in standard deviations (hidden layers)."""
        keep = (torch.rand(2, len(s), 1, device=s.device) >= P_PARAMETERS).float()
        gamma, beta = 1 + keep[0] * (self.gamma - 1), keep[1] * self.beta
        if s.dim() == 4:
            gamma, beta = gamma[:, :, None, None], beta[:, :, None, None]
        u = gamma * (s.float() * self.unit()) + beta
        if self.last:
            return u
        return (u - u.mean(1, keepdim=True)) * (u.var(1, unbiased=False, keepdim=True) + EPS).rsqrt()

    def forward(self, x, momentum):
        """momentum None: the statistics as they are; else the share of this batch in them."""
        s = self.sums(x)
        if self.pool == "max":
            s = F.max_pool2d(s, 2)
        elif self.pool == "average":
            s = F.avg_pool2d(s, 2)
        if self.method == "affine":
            y = self.affine(s)
        else:
            a = self.chosen_scale(s)
            s = s if a is None else (s * a.to(s.dtype))
            y = F.batch_norm(s if s.dim() == 4 else s.float(), self.mean, self.var, self.gamma, self.beta, momentum is not None, momentum or 0, EPS)
        return y.float() if self.last else Sign.apply(y, x.dtype)

    def tensors(self, name):
        """The layer in the convention of gen/spec/README.md."""
        with torch.no_grad():
            stored = self.stored if self.method.startswith("spinbayes") else self.sample_weight()
            out = {f"{name}.weight": stored.to(torch.int8), f"{name}.norm.weight": self.gamma, f"{name}.norm.bias": self.beta}
            if self.method == "affine":
                return out | {f"{name}.scale": self.unit().reshape(1)}
            mean, var = self.mean.double(), self.var.double()
            if self.method == "spinbayes":
                mean, var = mean * 2**BITS, (var + EPS) * 4**BITS - EPS
            if self.method in ("scaledrop", "subset"):
                out[f"{name}.scale"] = self.scale if self.stored is None else self.stored
            return out | {f"{name}.norm.running_mean": mean, f"{name}.norm.running_var": var}


def gaussian_kl(mean, log_sigma, prior_mean, prior_sigma):
    variance = (2 * log_sigma).exp()
    return ((variance + (mean - prior_mean)**2) / (2 * prior_sigma**2) - 0.5 + math.log(prior_sigma) - log_sigma).sum()


class Network(torch.nn.Module):
    def __init__(self, method, pool, channels, shape=(3, 32, 32)):
        super().__init__()
        self.method = method
        inputs, size = shape[0], shape[1]
        self.layers = torch.nn.ModuleList()
        for i, outputs in enumerate(channels):
            self.layers.append(Layer(method, inputs, outputs, 3, pool if i % 2 else None, i == 0, False, inputs))
            inputs, size = outputs, size // 2 if i % 2 else size
        self.layers.append(Layer(method, inputs * size * size, CLASSES, 0, None, False, True, inputs))

    def forward(self, x, momentum=None):
        for layer in self.layers:
            x = layer(x if layer.kernel else x.flatten(1), momentum)
        return x


class Images:
    """A whole data set on the device. images: uint8 [n, 3, 32, 32]."""

    def __init__(self, file, limit, device):
        data = np.load(file)
        order = np.random.default_rng(0).permutation(len(data["labels"]))[:limit or None]
        pixels = np.arange(256)
        codes = np.minimum(np.round((2 * pixels / 255 - 1) * 2**(INPUT_BITS - 1)), 2**(INPUT_BITS - 1) - 1)
        self.codes = torch.from_numpy(codes[data["images"][order]].astype(np.float32)).to(device)
        self.labels = torch.from_numpy(data["labels"][order].astype(np.int64)).to(device)
        self.padded = F.pad(self.codes, (4, 4, 4, 4), mode="reflect").permute(0, 2, 3, 1).contiguous().to(torch.int8)

    def batch(self, chosen, dtype, augment):
        """[B, 3, 32, 32], channels last; a random crop of four more pixels on every side and a flip if augmented."""
        if not augment:
            return self.codes[chosen].to(dtype).contiguous(memory_format=torch.channels_last)
        b, device = len(chosen), self.codes.device
        offset = torch.randint(9, (2, b, 1), device=device)
        steps = torch.arange(32, device=device)[None]
        rows = steps + offset[0]
        columns = torch.where(torch.rand(b, 1, device=device) < 0.5, 31 - steps, steps) + offset[1]
        return self.padded[chosen[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).to(dtype)


def train(network, data, args, dtype):
    n, device = len(data.labels), data.labels.device
    steps = args.epochs * (n // args.batch)
    weights = [layer.weight for layer in network.layers]
    others = [p for layer in network.layers for name, p in layer.named_parameters() if name != "weight" and p.requires_grad]
    optimiser = torch.optim.Adam([{"params": weights, "peak": args.rate}, {"params": others, "peak": args.rate / 5}])
    forward = network
    if args.compile:
        torch._dynamo.config.suppress_errors = True  # then not compiled
        forward = torch.compile(network)
    start, losses = time.time(), []
    for step in range(steps):
        if step % (n // args.batch) == 0:
            order = torch.randperm(n, device=device)
        at = step % (n // args.batch) * args.batch
        chosen = order[at:at + args.batch]
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * min(1, (step + 1) / 200) * 0.5 * (1 + math.cos(math.pi * step / steps))
        logits = forward(data.batch(chosen, dtype, True), momentum=0.1)
        loss = F.cross_entropy(logits, data.labels[chosen])
        kl = sum(layer.kl() for layer in network.layers) / n
        optimiser.zero_grad(set_to_none=True)
        ((loss + kl) * LOSS_SCALE).backward()
        optimiser.step()
        for layer in network.layers:
            layer.clip()
        if step % (n // args.batch) == 0:
            losses.append(f"{loss.item():.3f}")
    print(f"{args.out.name} seed {args.seed}: {steps} steps, {time.time() - start:.1f} s, loss at the start of epochs {' '.join(losses[::max(1, len(losses) // 10)])}", flush=True)


def settle(network, data, dtype, batch):
    """Stores the samples, then takes the statistics anew, over training images as they are and with all randomness on."""
    for layer in network.layers:
        layer.store()
    with torch.no_grad():
        for i in range(min(100, len(data.labels) // batch)):
            chosen = torch.randint(len(data.labels), (batch,), device=data.labels.device)
            network(data.batch(chosen, dtype, False), momentum=1 / (i + 1))


def evaluate(network, data, dtype, passes, batch=500):
    """Accuracy and NLL of the mean of softmax."""
    right, nll = 0, 0.0
    with torch.no_grad():
        for chosen in torch.arange(len(data.labels), device=data.labels.device).split(batch):
            x, labels = data.batch(chosen, dtype, False), data.labels[chosen]
            mean = sum(network(x).softmax(1) for _ in range(passes)) / passes
            right += (mean.argmax(1) == labels).sum().item()
            nll -= mean.gather(1, labels[:, None]).clamp(min=1e-12).log().sum().item()
    return right / len(data.labels), nll / len(data.labels)


def save_safetensors(path, tensors):
    """gzip'd: a weight of +-1 is stored as a byte and compresses to little more than a bit."""
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        array = tensor.detach().cpu()
        array = (array if array.dtype == torch.int8 else array.float()).contiguous().numpy()
        header[name] = {"dtype": "I8" if array.dtype == np.int8 else "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        blobs.append(array.tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(gzip.compress(struct.pack("<Q", len(text)) + text + b"".join(blobs), 9, mtime=0))


def scheme(layer):
    """The layer's method in network.toml."""
    resample = ', resample = "window"' if layer.kernel else ""
    return {
        "det": '"deterministic"',
        "spindrop": f'{{ method = "spindrop", probability = {P_INPUTS}{resample} }}',
        "spatial": f'{{ method = "spatial_dropout", probability = {P_INPUTS}, group = {1 if layer.kernel else layer.fan_in // layer.channels} }}',
        "scaledrop": f'{{ method = "scale_dropout", probability = {P_PARAMETERS} }}',
        "affine": f'{{ method = "affine_dropout", probability = {P_PARAMETERS} }}',
        "subset": f'{{ method = "subset", samples = {SAMPLES} }}',
        "spinbayes": f'{{ method = "spinbayes", arrays = {ARRAYS}, bits = {BITS} }}',
        "spinbayes-binary": f'{{ method = "spinbayes", arrays = {ARRAYS}, bits = 1 }}',
    }[layer.method]


def save(network, folder, passes):
    folder.mkdir(parents=True, exist_ok=True)
    tensors, text = {}, []
    for i, layer in enumerate(network.layers):
        name = f"conv{i}" if layer.kernel else f"fc{i}"
        tensors |= layer.tensors(name)
        text += ["", "[[layer]]", f'name = "{name}"', f'kind = "{"conv" if layer.kernel else "linear"}"', f"outputs = {len(layer.beta)}"]
        if layer.kernel:
            text += [f"kernel = {layer.kernel}", "padding = 1"]
        if layer.pool:
            text += [f'pool = {{ kind = "{layer.pool}", size = 2 }}']
        text += [f"scheme = {scheme(layer)}"]
    save_safetensors(folder / "weights.safetensors.gz", tensors)
    head = ["# Made by tools/train/train_cifar.py. Format: gen/spec/README.md.", "[network]",
            f'name = "cifar_cnn_{network.method.replace("-", "_")}"', 'weights = "weights.safetensors.gz"', "", "[input]",
            "shape = [3, 32, 32]", 'encoding = "signed"', f"bits = {INPUT_BITS}", "", "[inference]", f"passes = {passes}", "seed = 1"]
    quantization = {"affine": "scale_bits = 10", "spinbayes": "logit_scale_bits = 8  # sums of 3-bit weights take the rest of 24"}
    if network.method in quantization:
        head += ["", "[quantization]", quantization[network.method]]
    (folder / "network.toml").write_text("\n".join(head + text) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument("--train", required=True, help=".npz with images [n, 3, 32, 32] and labels [n]")
    parser.add_argument("--test", required=True, help="the same, for the accuracy at the end")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write")
    parser.add_argument("--epochs", type=int, default=70)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-2, help="learning rate of the weights, cosine to 0; a fifth of it for all other parameters")
    parser.add_argument("--pool", choices=("max", "average"), default="max")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=int, default=11)
    parser.add_argument("--compile", action="store_true", help="by torch.compile (2.0 and later)")
    parser.add_argument("--limit", type=int, default=0, help="images of either set (a trial), 0 = all")
    args = parser.parse_args()
    begin = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float16 if device == "cuda" else torch.float32
    torch.manual_seed(args.seed)
    passes = 1 if args.method == "det" else args.passes
    network = Network(args.method, args.pool, CHANNELS).to(device)
    if device == "cuda":
        network = network.to(memory_format=torch.channels_last)
        torch.backends.cudnn.benchmark = True
    data, test = (Images(file, args.limit, device) for file in (args.train, args.test))
    print(f"{args.out.name}: data after {time.time() - begin:.1f} s", flush=True)
    train(network, data, args, dtype)
    # Single precision from here: the sums are exact, and means of four sums with them.
    settle(network, data, torch.float32, args.batch)
    accuracy, nll = evaluate(network, test, torch.float32, passes)
    save(network, args.out, passes)
    print(f"{args.out.name} seed {args.seed}: accuracy {100 * accuracy:.2f} %, NLL {nll:.4f} on {len(test.labels)} images, T = {passes}; {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
