#!/usr/bin/env python3
"""Trains random nets a few steps here and in PyTorch, and compares the losses with PyTorch's in double precision.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    swift build -c release
    ~/torch/bin/python Tests/Peers/sweep.py [--count 200] [--seed 1] [--steps 4]

Each configuration draws its layers, loss, optimiser and batch size; its weights stand in it as values, its images in IDX
files beside it. Of each run the largest distance of a loss from PyTorch's in double precision is taken, relative to the loss,
and the same for PyTorch in single precision. A configuration fails where this program's distance is more than twice that of
single precision and more than 2e-5, a few units in the last place; those that fail are printed, with the seed to have them
again. Nets that PyTorch's own two precisions do not agree on to a hundredth are left out: they tell nothing.
"""
import argparse, json, math, os, random, subprocess, sys, tempfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
IMAGES, SIDE = 96, 28


def write_idx(path, array):
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape) + array.tobytes())


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x): return self.function(x)


class Residual(nn.Module):
    def __init__(self, main):
        super().__init__()
        self.main = main

    def forward(self, x): return self.main(x) + x


class Net:
    """Random layers, in both languages; `x` follows what one image becomes."""

    def __init__(self, pick):
        self.pick, self.layers, self.modules, self.x = pick, [], [], torch.zeros(2, 1, SIDE, SIDE)
        self.values = np.random.default_rng(pick.randrange(1 << 30))
        for _ in range(pick.randint(1, 4)): self.add_spatial()
        if pick.random() < 0.25: self.add({"type": "adaptive_avg_pool2d", "output_size": 3}, nn.AdaptiveAvgPool2d(3))
        if pick.random() < 0.1: self.add_linear(pick.randint(2, 6))
        self.add({"type": "flatten"}, nn.Flatten())
        for _ in range(pick.randint(0, 2)):
            self.add_linear(pick.randint(5, 70))
            self.add_activation()
            if pick.random() < 0.2: self.add({"type": "layer_norm"}, nn.LayerNorm(self.x.shape[1]))
        self.add_linear(10)

    def add(self, layer, module):
        x = module(self.x)
        self.layers.append(layer)
        self.modules.append(module)
        self.x = x.detach()

    def with_values(self, layer, module):
        for key, name in (("weight_init", "weight"), ("bias_init", "bias")):
            parameter = getattr(module, name, None)
            if parameter is None: continue
            bound = 1.5 / math.sqrt(max(1, parameter[0].numel() if name == "weight" else module.weight[0].numel()))
            values = self.values.uniform(-bound, bound, parameter.shape).astype(np.float32)
            with torch.no_grad(): parameter.copy_(torch.from_numpy(values))
            layer[key] = {"type": "values", "values": [float(v) for v in values.reshape(-1)]}
        self.add(layer, module)

    def add_linear(self, features):
        self.with_values({"type": "linear", "out_features": features}, nn.Linear(self.x.shape[-1], features))

    def add_activation(self):
        kind, module = self.pick.choice([
            ("relu", nn.ReLU()), ("tanh", nn.Tanh()), ("gelu", nn.GELU()), ("silu", nn.SiLU()), ("elu", nn.ELU()), ("mish", nn.Mish()),
            ("sigmoid", nn.Sigmoid()), ("softplus", nn.Softplus()), ("hardswish", nn.Hardswish()), ("relu6", nn.ReLU6()),
            ("leaky_relu", nn.LeakyReLU()), ("prelu", nn.PReLU())])
        self.add({"type": kind}, module)

    def add_spatial(self):
        pick, channels, size = self.pick, self.x.shape[1], min(self.x.shape[2:])
        kind = pick.choice(["conv", "conv", "conv", "transposed", "pool", "norm", "activation", "block", "resize"])
        if kind == "conv" and size >= 3:
            groups = pick.choice([g for g in (1, 1, 1, 2, channels) if channels % g == 0])
            out = groups * pick.choice([1, 2, 3, 8, 16, 20] if groups == 1 else [1, 2, 4])
            kernel, stride, dilation = pick.choice([1, 2, 3, 3, 5]), pick.choice([1, 1, 2]), pick.choice([1, 1, 2])
            padding, mode = pick.randint(0, kernel // 2), pick.choice(["zeros"] * 3 + ["reflect", "replicate", "circular"])
            if dilation * (kernel - 1) + 1 > size + 2 * padding or padding >= size: return
            options = dict(stride=stride, padding=padding, dilation=dilation, groups=groups, padding_mode=mode)
            self.with_values({"type": "conv2d", "out_channels": out, "kernel_size": kernel, **options},
                             nn.Conv2d(channels, out, kernel, **options))
            if pick.random() < 0.6: self.add_norm()
            if pick.random() < 0.7: self.add_activation()
        elif kind == "transposed" and size <= 14:
            out, kernel, stride = pick.randint(1, 6), pick.choice([2, 3]), pick.choice([1, 2])
            self.with_values({"type": "conv_transpose2d", "out_channels": out, "kernel_size": kernel, "stride": stride},
                             nn.ConvTranspose2d(channels, out, kernel, stride))
        elif kind == "pool" and size >= 4:
            kernel, ceil = pick.choice([2, 2, 3]), pick.random() < 0.3
            name, module = pick.choice([("max_pool2d", nn.MaxPool2d), ("avg_pool2d", nn.AvgPool2d)])
            self.add({"type": name, "kernel_size": kernel, "ceil_mode": ceil}, module(kernel, ceil_mode=ceil))
        elif kind == "norm": self.add_norm()
        elif kind == "activation": self.add_activation()
        elif kind == "block" and size >= 3:
            conv = nn.Conv2d(channels, channels, 3, padding=1)
            layer = {"type": "conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1}
            inner = Net.__new__(Net)
            inner.pick, inner.layers, inner.modules, inner.x, inner.values = pick, [], [], self.x, self.values
            inner.with_values(layer, conv)
            if pick.random() < 0.5: inner.add_norm()
            inner.add_activation()
            self.add({"type": "residual", "layers": inner.layers}, Residual(nn.Sequential(*inner.modules)))
        elif kind == "resize" and size <= 14:
            mode = pick.choice(["nearest", "bilinear"])
            self.add({"type": "upsample", "scale_factor": 2, "mode": mode}, nn.Upsample(scale_factor=2, mode=mode))

    def add_norm(self):
        channels, shape = self.x.shape[1], list(self.x.shape[1:])
        groups = self.pick.choice([g for g in (1, 2, 4, channels) if channels % g == 0])
        if shape[1] * shape[2] * (channels // groups) < 2: return
        layer, module = self.pick.choice([
            ({"type": "batch_norm2d"}, nn.BatchNorm2d(channels)), ({"type": "layer_norm"}, nn.LayerNorm(shape)),
            ({"type": "group_norm", "num_groups": groups}, nn.GroupNorm(groups, channels)),
            ({"type": "layer_norm", "normalized_shape": shape[-1:]}, nn.LayerNorm(shape[-1:]))])
        self.add(layer, module)


def loss_of(pick):
    weight = [round(pick.uniform(0.2, 3), 3) for _ in range(10)]
    one_hot = lambda t, x: F.one_hot(t, 10).to(x.dtype)
    return pick.choice([
        ({"type": "cross_entropy"}, F.cross_entropy),
        ({"type": "cross_entropy", "label_smoothing": 0.1, "weight": weight},
         lambda x, t: F.cross_entropy(x, t, torch.tensor(weight, dtype=x.dtype), label_smoothing=0.1)),
        ({"type": "mse_loss"}, lambda x, t: F.mse_loss(x, one_hot(t, x))),
        ({"type": "smooth_l1_loss", "beta": 0.5}, lambda x, t: F.smooth_l1_loss(x, one_hot(t, x), beta=0.5)),
        ({"type": "bce_with_logits_loss"}, lambda x, t: F.binary_cross_entropy_with_logits(x, one_hot(t, x)))])


def optimizer_of(pick):
    return pick.choice([
        ({"type": "sgd", "learning_rate": 0.01, "momentum": 0.9}, lambda p: torch.optim.SGD(p, 0.01, 0.9)),
        ({"type": "adam", "learning_rate": 1e-4, "eps": 1e-4}, lambda p: torch.optim.Adam(p, 1e-4, eps=1e-4)),
        ({"type": "rmsprop", "learning_rate": 1e-4, "eps": 1e-3}, lambda p: torch.optim.RMSprop(p, 1e-4, eps=1e-3)),
        ({"type": "adagrad", "learning_rate": 1e-3, "eps": 1e-3}, lambda p: torch.optim.Adagrad(p, 1e-3, eps=1e-3))])


def their_losses(net, precision, images, labels, batch, steps, loss, make):
    model = nn.Sequential(*net.modules).to(precision).train()
    optimizer, losses = make(model.parameters()), []
    for step in range(steps):
        first = step * batch % IMAGES
        result = loss(model(images[first:first + batch].to(precision)), labels[first:first + batch])
        optimizer.zero_grad()
        result.backward()
        optimizer.step()
        losses.append(result.item())
    return losses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    failed, compared, left_out, ratios = 0, 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        noise = np.random.default_rng(options.seed)
        pixels = noise.integers(0, 256, (IMAGES, SIDE, SIDE), np.uint8)
        labels = noise.integers(0, 10, IMAGES).astype(np.uint8)
        for part, (x, t) in {"train": (pixels, labels), "t10k": (pixels[:16], labels[:16])}.items():
            write_idx(f"{folder}/{part}-images-idx3-ubyte", x)
            write_idx(f"{folder}/{part}-labels-idx1-ubyte", t)
        mean, std = np.float32(0.5), np.float32(0.25)
        scaled = pixels.astype(np.float32) * (np.float32(1) / (np.float32(255) * std)) + (-mean / std)
        images, targets = torch.from_numpy(scaled).reshape(-1, 1, SIDE, SIDE), torch.from_numpy(labels.astype(np.int64))
        for number in range(options.count):
            seed = options.seed * 1_000_003 + number
            pick = random.Random(seed)
            torch.manual_seed(seed)
            net, batch = Net(pick), pick.choice([1, 5, 16, 24, 32])
            if batch == 1 and "batch_norm2d" in json.dumps(net.layers): batch = 5
            (loss, loss_function), (optimizer, make) = loss_of(pick), optimizer_of(pick)
            config = {"dataset": {"name": "mnist", "path": folder, "normalize": {"mean": [0.5], "std": [0.25]}},
                      "model": {"layers": net.layers},
                      "training": {"epochs": 1, "batch_size": batch, "shuffle": False, "loss": loss, "optimizer": optimizer}}
            path, run = f"{folder}/{number}.json", f"{folder}/run{number}"
            json.dump(config, open(path, "w"))
            steps = min(options.steps, IMAGES // batch)
            first = [p.detach().clone() for p in nn.Sequential(*net.modules).parameters()]

            def restored():
                for module in net.modules:
                    for part in module.modules():
                        if isinstance(part, nn.BatchNorm2d): part.reset_running_stats()
                model = nn.Sequential(*net.modules)
                for p, q in zip(model.parameters(), first): p.data = q.clone()

            restored()
            exact = their_losses(net, torch.float64, images, targets, batch, steps, loss_function, make)
            restored()
            single = their_losses(net, torch.float32, images, targets, batch, steps, loss_function, make)
            result = subprocess.run([f"{ROOT}/.build/release/convtop", "train", path, "--run", run], capture_output=True, text=True)
            # 3: a net may diverge, after the steps that are compared; PyTorch's does then too.
            if result.returncode not in (0, 3):
                failed += 1
                print(f"{seed}: does not run: {result.stderr.strip()}\n  {json.dumps(strip(net.layers))}")
                continue
            lines = map(json.loads, open(f"{run}/metrics.jsonl"))
            ours = [math.nan if line["loss"] is None else line["loss"] for line in lines if "loss" in line][:steps]
            distance = lambda losses: max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(losses, exact))
            mine, theirs = distance(ours), distance(single)
            if not math.isfinite(theirs) or theirs > 1e-2:
                left_out += 1
                continue
            compared += 1
            ratios.append(mine / max(theirs, 1e-8))
            if not mine <= max(2e-5, 2 * theirs):
                failed += 1
                print(f"{seed}: {mine:.1e} from double precision, PyTorch in single {theirs:.1e}; batch {batch}, {loss['type']}, "
                      f"{optimizer['type']}\n  {json.dumps(strip(net.layers))}")
    ratios.sort()
    print(f"{compared} compared, {left_out} left out, {failed} failed; distance over PyTorch's in single precision: "
          f"median {ratios[len(ratios) // 2]:.2f}, 95 % below {ratios[int(0.95 * len(ratios))]:.2f}")
    return 1 if failed else 0


def strip(layers):
    """The layers without their numbers."""
    return [{key: strip(value) if key == "layers" else value for key, value in layer.items() if not key.endswith("_init")}
            for layer in layers]


if __name__ == "__main__":
    sys.exit(main())
