#!/usr/bin/env python3
"""Trains nets that nobody tuned, here and in PyTorch, in turn, on the same machine, and prints the ratios.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    swift build -c release
    ~/torch/bin/python Tests/Peers/zoo.py [resnet depthwise …] [--rounds 3] [--seconds 1] [--threads 2] [--quick]

Each round measures `convtop bench FILE` and then PyTorch's variants: a training step (forward, loss, backward, Adam) on a
batch of noise. The ratio is the median over the rounds of convtop's images per second over PyTorch's best variant's of
that round; --quick leaves the compiled variants out. At the end: the slowest net and the geometric mean.
"""
import argparse, json, math, os, statistics, subprocess, sys, tempfile

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from bench import ROOT, images_per_second


def conv(channels, kernel, **options): return {"type": "conv2d", "out_channels": channels, "kernel_size": kernel, **options}
def linear(features): return {"type": "linear", "out_features": features}
def layer(kind, **options): return {"type": kind, **options}
def pool(kind, size=2): return {"type": kind, "kernel_size": size}


RELU, FLATTEN, NORM = layer("relu"), layer("flatten"), layer("batch_norm2d")
GLOBAL = [layer("adaptive_avg_pool2d", output_size=1), FLATTEN]


def residual_net(blocks=9):
    layers = [conv(16, 3, padding=1), NORM, RELU]
    for block in range(blocks):
        width, wider = 16 << block // 3, block in (3, 6)
        stride = 2 if wider else 1
        layers += [layer("residual", layers=[
            conv(width, 3, padding=1, stride=stride, bias=False), NORM, RELU, conv(width, 3, padding=1, bias=False), NORM],
            shortcut=[conv(width, 1, stride=2, bias=False)] if wider else []), RELU]
    return layers + GLOBAL + [linear(10)]


def bottlenecks():
    layers = [conv(32, 3, padding=1), RELU]
    for _ in range(3):
        layers += [layer("residual", layers=[conv(16, 1), RELU, conv(16, 3, padding=1), RELU, conv(32, 1)]), RELU]
    return layers + [pool("max_pool2d"), FLATTEN, linear(10)]


def depthwise():
    layers = [conv(32, 3, padding=1, stride=2), NORM, RELU]
    for width, stride in ((64, 1), (128, 2), (128, 1)):
        before = layers[-3]["out_channels"]
        layers += [conv(before, 3, padding=1, stride=stride, groups=before), NORM, RELU, conv(width, 1), NORM, RELU]
    return layers + GLOBAL + [linear(10)]


def lenet(activation=RELU, pooling="max_pool2d"):
    return [conv(6, 5, padding=2), activation, pool(pooling), conv(16, 5), activation, pool(pooling), FLATTEN,
            linear(120), activation, linear(84), activation, linear(10)]


def stack(widths, kernel, between=(RELU,), **options):
    return [l for width in widths for l in [conv(width, kernel, **options), *between]]


# Each net: its layers, its batch size, its images.
ZOO = {
    "resnet20": (residual_net(), 64, (1, 28, 28)),
    "resnet20-rgb": (residual_net(), 50, (3, 32, 32)),
    "depthwise": (depthwise(), 64, (1, 28, 28)),
    "stride2": (stack((32, 64, 128), 3, stride=2, padding=1) + [FLATTEN, linear(10)], 64, (1, 28, 28)),
    "mlp512": ([FLATTEN, linear(512), RELU, linear(512), RELU, linear(10)], 64, (1, 28, 28)),
    "wide3x3": (stack((64, 64), 3, padding=1) + [pool("max_pool2d")] + stack((128, 128), 3, padding=1)
                + [pool("max_pool2d"), FLATTEN, linear(10)], 64, (1, 28, 28)),
    "kernel7": (stack((16, 32), 7, padding=3) + [pool("max_pool2d"), FLATTEN, linear(10)], 64, (1, 28, 28)),
    "lenet": (lenet(), 64, (1, 28, 28)),
    "lenet-tanh": (lenet(layer("tanh"), "avg_pool2d"), 64, (1, 28, 28)),
    "group-norm-gelu": (stack((32, 64), 3, (layer("group_norm", num_groups=8), layer("gelu"), pool("max_pool2d")), padding=1)
                        + [FLATTEN, linear(10)], 64, (1, 28, 28)),
    "bottleneck": (bottlenecks(), 64, (1, 28, 28)),
    "grouped": (stack((32, 64), 3, padding=1) + [conv(64, 3, padding=1, groups=4), RELU, pool("max_pool2d"), FLATTEN, linear(10)],
                64, (1, 28, 28)),
    "dilated": (stack((16, 32, 32), 3, padding=2, dilation=2) + [pool("max_pool2d"), FLATTEN, linear(10)], 64, (1, 28, 28)),
    "transposed": ([conv(16, 3, stride=2, padding=1), RELU, conv(32, 3, stride=2, padding=1), RELU,
                    layer("conv_transpose2d", out_channels=16, kernel_size=4, stride=2, padding=1), RELU, FLATTEN, linear(10)],
                   64, (1, 28, 28)),
    "layer-norm-silu": ([conv(16, 3, padding=1), layer("layer_norm"), layer("silu"), pool("avg_pool2d"), conv(32, 3, padding=1),
                         layer("layer_norm"), layer("silu"), pool("avg_pool2d"), FLATTEN, linear(10)], 64, (1, 28, 28)),
    "elu-rgb": (stack((32, 32), 3, (layer("elu"),), padding=1) + [pool("max_pool2d")] + stack((64,), 3, (layer("elu"),), padding=1)
                + [pool("max_pool2d"), FLATTEN, linear(256), layer("elu"), linear(10)], 256, (3, 32, 32)),
    "sigmoid-head": ([conv(8, 5), layer("sigmoid"), pool("avg_pool2d"), FLATTEN, linear(100), layer("softmax"), linear(10)],
                     50, (1, 28, 28)),
    "batch1": (lenet(), 1, (1, 28, 28)),
    "batch8": (stack((16, 32), 3, (NORM, RELU, pool("max_pool2d")), padding=1) + [FLATTEN, linear(10)], 8, (1, 28, 28)),
}


class Residual(nn.Module):
    def __init__(self, main, side):
        super().__init__()
        self.main, self.side = main, side

    def forward(self, x): return self.main(x) + self.side(x)


def build(layers, shape):
    """The net, and what it makes of a batch of images of a shape."""
    modules, x = [], torch.zeros(2, *shape)
    for l in layers:
        kind, channels = l["type"], x.shape[1]
        options = {key: l[key] for key in ("stride", "padding", "dilation", "groups", "bias") if key in l}
        if kind == "conv2d": module = nn.Conv2d(channels, l["out_channels"], l["kernel_size"], **options)
        elif kind == "conv_transpose2d": module = nn.ConvTranspose2d(channels, l["out_channels"], l["kernel_size"], **options)
        elif kind == "residual":
            module = Residual(build(l["layers"], x.shape[1:]), build(l.get("shortcut", []), x.shape[1:]))
        elif kind == "layer_norm": module = nn.LayerNorm(list(x.shape[1:]))
        elif kind == "group_norm": module = nn.GroupNorm(l["num_groups"], channels)
        elif kind == "adaptive_avg_pool2d": module = nn.AdaptiveAvgPool2d(l["output_size"])
        else:
            module = {
                "linear": lambda: nn.Linear(channels, l["out_features"]), "relu": nn.ReLU, "flatten": nn.Flatten,
                "batch_norm2d": lambda: nn.BatchNorm2d(channels), "max_pool2d": lambda: nn.MaxPool2d(l["kernel_size"]),
                "avg_pool2d": lambda: nn.AvgPool2d(l["kernel_size"]), "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU,
                "elu": nn.ELU, "sigmoid": nn.Sigmoid, "softmax": lambda: nn.Softmax(1)}[kind]()
        modules.append(module)
        x = module(x)
    return nn.Sequential(*modules)


class Peer:
    """One of PyTorch's ways of training a net."""

    def __init__(self, layers, batch, shape, channels_last, compiled):
        layout = torch.channels_last if channels_last else torch.contiguous_format
        net = build(layers, shape).train().to(memory_format=layout)
        self.optimizer = torch.optim.Adam(net.parameters())
        self.net = torch.compile(net) if compiled else net
        self.images = torch.randn(batch, *shape).to(memory_format=layout)
        self.labels = torch.randint(0, 10, (batch,))

    def train(self):
        loss = nn.functional.cross_entropy(self.net(self.images), self.labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return len(self.labels)


def ours(path, shape, options):
    command = [f"{ROOT}/.build/release/convtop", "bench", path, "--json", "--steps", "--seconds", str(options.seconds),
               "--threads", str(options.threads), "--images", "x".join(map(str, shape))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    row = next(row for row in map(json.loads, lines) if row["event"] == "workload" and row["part"] == "train")
    return row["images_per_second"], row["share_of_peak"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nets", nargs="*", default=list(ZOO))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {options.threads} threads each")
    print(f"{'net':18}{'convtop':>10}{'of peak':>9}{'PyTorch':>10}  {'best variant':24}{'ratio':>7}  {'rounds':>12}")
    medians = {}
    for name in options.nets:
        layers, batch, shape = ZOO[name]
        peers = {}
        torch._dynamo.reset()
        for variant, channels_last, compiled in [
                ("eager", False, False), ("channels-last", True, False), ("compiled", False, True),
                ("compiled, channels-last", True, True)]:
            if compiled and options.quick: continue
            peer = Peer(layers, batch, shape, channels_last, compiled)
            try:
                peer.train()
                peers[variant] = peer
            except Exception as error:
                print(f"{name}: {variant} does not run here: {str(error).splitlines()[0]}", file=sys.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"name": name, "model": {"layers": layers}, "training": {"batch_size": batch}}, file)
            file.flush()
            rounds = []
            for _ in range(options.rounds):
                speed, share = ours(file.name, shape, options)
                theirs = {v: images_per_second(p.train, options.seconds / 2) for v, p in peers.items()}
                best = max(theirs, key=theirs.get)
                rounds.append((speed / theirs[best], speed, share, theirs[best], best))
        ratio, speed, share, theirs, best = sorted(rounds)[len(rounds) // 2]
        medians[name] = ratio
        spread = f"{min(rounds)[0]:.2f}–{max(rounds)[0]:.2f}"
        print(f"{name:18}{speed:10.0f}{share:9.1%}{theirs:10.0f}  {best:24}{ratio:6.2f}×  {spread:>12}", flush=True)
    slowest = min(medians, key=medians.get)
    mean = math.exp(statistics.fmean(map(math.log, medians.values())))
    print(f"slowest: {slowest}, {medians[slowest]:.2f}×; geometric mean of {len(medians)}: {mean:.2f}×")


if __name__ == "__main__":
    main()
