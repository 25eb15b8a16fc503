#!/usr/bin/env python3
"""Runs the stock workloads here and in PyTorch, in turn, on the same machine, and prints the ratios.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    swift build -c release
    ~/torch/bin/python Tests/Peers/bench.py [lenet pytorch-mnist beautiful] [--rounds 5] [--seconds 2] [--threads 2]

Each round measures `convtop bench` and then PyTorch's variants (eager, channels-last, compiled), a training step (forward,
loss, backward, Adam) and evaluation without gradients on batches of 512. The ratio is the median over the rounds of
convtop's images per second over PyTorch's best variant's of that round.
"""
import argparse, json, os, statistics, subprocess, sys, time

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, HERE)
from pytorch_train import build

EVALUATION_BATCH = 512


class Peer:
    """One of PyTorch's ways of running a configuration."""

    def __init__(self, config, channels_last, compiled):
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.batch = config["training"]["batch_size"]
        net = build(config["model"]["layers"]).train().to(memory_format=layout)
        self.optimizer = torch.optim.Adam(net.parameters(), lr=config["training"]["optimizer"]["learning_rate"])
        self.net = torch.compile(net) if compiled else net
        make = lambda n: (torch.randn(n, 1, 28, 28).to(memory_format=layout), torch.randint(0, 10, (n,)))
        self.images, self.labels = make(self.batch)
        self.evaluation, _ = make(EVALUATION_BATCH)

    def train(self):
        loss = nn.functional.cross_entropy(self.net(self.images), self.labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return self.batch

    def evaluate(self):
        self.net.eval()
        with torch.no_grad():
            self.net(self.evaluation).argmax(1)
        self.net.train()
        return EVALUATION_BATCH


def images_per_second(step, seconds):
    step(), step()
    times, start = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        count = step()
        times.append((time.perf_counter() - before) / count)
    return 1 / statistics.median(times)


def ours(name, options):
    command = [f"{ROOT}/.build/release/convtop", "bench", name, "--json", "--steps", "--seconds", str(options.seconds),
               "--threads", str(options.threads)]
    lines = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]
    rows = {line["part"]: line for line in lines if line["event"] == "workload"}
    return {part: (rows[part]["images_per_second"], rows[part]["share_of_peak"]) for part in rows}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workloads", nargs="*", default=["lenet", "pytorch-mnist", "beautiful"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {options.threads} threads each")
    print(f"{'workload':15}{'part':10}{'convtop':>10}{'of peak':>9}{'PyTorch':>10}  {'best variant':15}{'ratio':>7}  {'rounds':>12}")
    for name in options.workloads:
        config = json.load(open(f"{ROOT}/configs/{name}.json"))
        peers = {}
        torch._dynamo.reset()
        for variant, channels_last, compiled in [
                ("eager", False, False), ("channels-last", True, False), ("compiled", False, True),
                ("compiled, channels-last", True, True)]:
            peer = Peer(config, channels_last, compiled)
            try:
                peer.train(), peer.evaluate()
                peers[variant] = peer
            except Exception as error:
                print(f"{name}: {variant} does not run here: {str(error).splitlines()[0]}", file=sys.stderr)
        rounds = {"train": [], "evaluate": []}
        for _ in range(options.rounds):
            mine = ours(name, options)
            for part in rounds:
                theirs = {v: images_per_second(getattr(p, part), options.seconds / 2) for v, p in peers.items()}
                best = max(theirs, key=theirs.get)
                rounds[part].append((mine[part][0] / theirs[best], *mine[part], theirs[best], best))
        for part, found in rounds.items():
            ratio, speed, share, theirs, best = sorted(found)[len(found) // 2]
            spread = f"{min(found)[0]:.2f}–{max(found)[0]:.2f}"
            print(f"{name:15}{part:10}{speed:10.0f}{share:9.1%}{theirs:10.0f}  {best:15}{ratio:6.2f}×  {spread:>12}", flush=True)


if __name__ == "__main__":
    main()
