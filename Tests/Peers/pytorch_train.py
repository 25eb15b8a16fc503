#!/usr/bin/env python3
"""Trains a stock configuration in PyTorch, on the same images, with the same initialisation scheme and optimiser.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    ~/torch/bin/python Tests/Peers/pytorch_train.py configs/lenet.json [--epochs 10] [--threads 2] [--seed 42]

Prints one JSON object an epoch, with the keys of `convtop train --json`.
"""
import argparse, gzip, json, time

import numpy as np
import torch
from torch import nn

FOLDER = "/usr/share/datasets/fashion-mnist"


def load(part):
    images = np.frombuffer(gzip.open(f"{FOLDER}/{part}-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    labels = np.frombuffer(gzip.open(f"{FOLDER}/{part}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    pixels = torch.from_numpy(images.copy()).float().reshape(-1, 1, 28, 28) / 255
    return (pixels - 0.2860) / 0.3530, torch.from_numpy(labels.copy()).long()


def build(layers):
    modules, shape = [], torch.zeros(1, 1, 28, 28)
    for layer in layers:
        kind = layer["type"]
        if kind == "conv2d":
            module = nn.Conv2d(shape.shape[1], layer["out_channels"], layer["kernel_size"], layer.get("stride", 1), layer.get("padding", 0))
        elif kind == "linear": module = nn.Linear(shape.shape[1], layer["out_features"])
        elif kind == "max_pool2d": module = nn.MaxPool2d(layer["kernel_size"])
        elif kind == "batch_norm2d": module = nn.BatchNorm2d(shape.shape[1])
        elif kind == "dropout": module = nn.Dropout(layer.get("p", 0.5))
        elif kind == "relu": module = nn.ReLU()
        elif kind == "flatten": module = nn.Flatten()
        else: raise SystemExit(f"no such layer here: {kind}")
        modules.append(module)
        shape = module.eval()(shape)
    return nn.Sequential(*modules)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    config = json.load(open(options.config))
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    training = config["training"]
    net = build(config["model"]["layers"])
    optimizer = torch.optim.Adam(net.parameters(), lr=training["optimizer"]["learning_rate"])
    loss_of, batch = nn.CrossEntropyLoss(), training["batch_size"]
    (x, y), (vx, vy) = load("train"), load("t10k")
    for epoch in range(options.epochs or training["epochs"]):
        net.train()
        start, order, total, hits = time.time(), torch.randperm(len(x)), 0.0, 0
        for first in range(0, len(x), batch):
            pick = order[first:first + batch]
            logits = net(x[pick])
            loss = loss_of(logits, y[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(pick)
            hits += (logits.argmax(1) == y[pick]).sum().item()
        seconds = time.time() - start
        net.eval()
        with torch.no_grad():
            logits = torch.cat([net(vx[i:i + 1000]) for i in range(0, len(vx), 1000)])
        print(json.dumps({
            "event": "epoch", "epoch": epoch + 1, "train_loss": total / len(x), "train_accuracy": hits / len(x),
            "validation_loss": loss_of(logits, vy).item(), "validation_accuracy": (logits.argmax(1) == vy).float().mean().item(),
            "images_per_second": len(x) / seconds}), flush=True)


if __name__ == "__main__":
    main()
