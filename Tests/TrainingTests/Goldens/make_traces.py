#!/usr/bin/env python3
"""Makes traces.json beside this file: PyTorch's losses over the first fifty batches of the stock configurations.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    ~/torch/bin/python Tests/TrainingTests/Goldens/make_traces.py

The first weights follow from the engine's generator (Philox4x32-10), the batches are the first images in their order, and
dropout is off: nothing but rounding tells the two apart. PyTorch computes in double precision, so that the traces are the
true course and hardly depend on the machine that makes them; beside each, the script prints how far PyTorch in single
precision strays from it.

The larger nets amplify rounding: at a learning rate of 1e-3, PyTorch in single precision leaves PyTorch in double
precision within fifty steps of Adam by 0.1 % on `pytorch-mnist` and by 2 % on `beautiful`, and at 1e-2 within eight steps
of SGD by 0.3 % on `beautiful`. Their traces use rates at which PyTorch's two precisions stay within 4e-4 of each other.
"""
import gzip, json, os, sys

import numpy as np
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "..", "EngineTests", "Goldens"))
from make_goldens import uniform

FOLDER = "/usr/share/datasets/fashion-mnist"
STEPS = 50
RATES = {"lenet": (0.01, 0.001), "pytorch-mnist": (0.01, 2e-4), "beautiful": (1e-4, 2e-5)}


def images(count):
    pixels = np.frombuffer(gzip.open(f"{FOLDER}/train-images-idx3-ubyte.gz").read(), np.uint8, offset=16)[:count * 784]
    labels = np.frombuffer(gzip.open(f"{FOLDER}/train-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)[:count]
    mean, std = np.float32(0.2860), np.float32(0.3530)
    scaled = pixels.astype(np.float32) * (np.float32(1) / (np.float32(255) * std)) + (-mean / std)
    return torch.from_numpy(scaled.reshape(-1, 1, 28, 28)), torch.from_numpy(labels.astype(np.int64))


def first_weights(parameter, fan_in, layer, index, seed):
    bound = np.float32(1) / np.sqrt(np.float32(fan_in))
    values = -bound + (bound + bound) * uniform(parameter.numel(), seed, layer << 8 | index)
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(values).reshape(parameter.shape))


def build(config):
    modules, shape, seed = [], torch.zeros(2, 1, 28, 28), config.get("seed", 42)
    for number, layer in enumerate(config["model"]["layers"]):
        kind = layer["type"]
        if kind == "conv2d": module = nn.Conv2d(shape.shape[1], layer["out_channels"], layer["kernel_size"], 1, layer.get("padding", 0))
        elif kind == "linear": module = nn.Linear(shape.shape[1], layer["out_features"])
        elif kind == "max_pool2d": module = nn.MaxPool2d(layer["kernel_size"])
        elif kind == "batch_norm2d": module = nn.BatchNorm2d(shape.shape[1])
        elif kind == "dropout": module = nn.Identity()
        elif kind == "relu": module = nn.ReLU()
        else: module = nn.Flatten()
        if kind in ("conv2d", "linear"):
            fan_in = module.weight[0].numel()
            first_weights(module.weight, fan_in, number, 0, seed)
            first_weights(module.bias, fan_in, number, 1, seed)
        modules.append(module)
        shape = module(shape)
    net = nn.Sequential(*modules)
    for module in net:
        if isinstance(module, nn.BatchNorm2d): module.reset_running_stats()
    return net.train()


def trace(config, precision, make, x, y, batch):
    net = build(config).to(precision)
    opt, losses = make(net.parameters()), []
    for step in range(STEPS):
        part = slice(step * batch, (step + 1) * batch)
        loss = nn.functional.cross_entropy(net(x[part].to(precision)), y[part])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(float(f"{loss.item():.8g}"))
    return losses


def main():
    torch.set_num_threads(2)
    traces = []
    for name, (sgd_rate, adam_rate) in RATES.items():
        config = json.load(open(f"{ROOT}/configs/{name}.json"))
        batch = config["training"]["batch_size"]
        x, y = images(STEPS * batch)
        for optimizer, rate, make in [
                ("sgd", sgd_rate, lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9)),
                ("adam", adam_rate, lambda p, rate: torch.optim.Adam(p, lr=rate)),
                ("adamw", adam_rate, lambda p, rate: torch.optim.AdamW(p, lr=rate, weight_decay=0.01))]:
            losses = trace(config, torch.float64, lambda p: make(p, rate), x, y, batch)
            single = trace(config, torch.float32, lambda p: make(p, rate), x, y, batch)
            traces.append({"configuration": name, "optimizer": optimizer, "learningRate": rate, "losses": losses})
            strays = max(abs(a - b) / b for a, b in zip(single, losses))
            print(name, optimizer, losses[0], losses[-1], f"single precision strays by {strays:.1e}", flush=True)
    with open(f"{HERE}/traces.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(t, separators=(",", ":")) for t in traces) + "\n]\n")


if __name__ == "__main__":
    main()
