"""What a checkpoint every second costs: images/s of pytorch-mnist with it over without, in turn.

    python3 Tests/Peers/checkpoint_cost.py --rounds 7
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time


IMAGES = 4_000


def images_per_second(program, configuration, folder, name, every):
    """By the wall clock, from the program's first line to its last: what it counts itself leaves out what lies between two steps."""
    command = [program, "train", configuration, "--json", "--run", f"{folder}/{name}", "--set", "training.epochs=1", "--set",
               f"dataset.train={IMAGES}", "--set", "dataset.test=1", "--set", f"training.checkpoint.every_seconds={every}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    times = {}
    for line in process.stdout:
        times[json.loads(line)["event"]] = time.monotonic()
    if process.wait():
        raise SystemExit("the program has failed")
    return IMAGES / (times["epoch"] - times["start"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--program", default=".build/release/convtop")
    parser.add_argument("--config", default="configs/pytorch-mnist.json")
    arguments = parser.parse_args()
    program, configuration = os.path.abspath(arguments.program), os.path.abspath(arguments.config)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for round in range(arguments.rounds):
            order = [1, 0] if round % 2 else [0, 1]
            figures = {every: images_per_second(program, configuration, folder, f"{round}-{every}", every) for every in order}
            ratios.append(figures[1] / figures[0])
            print(f"{figures[0]:.0f} images/s without, {figures[1]:.0f} with: {ratios[-1]:.3f}", flush=True)
    print(f"median {statistics.median(ratios):.4f}, from {min(ratios):.3f} to {max(ratios):.3f}")
