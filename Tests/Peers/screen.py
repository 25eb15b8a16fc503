"""What a screen of 200x60 in 24-bit colour costs while a net trains: bytes a frame, the time until a key shows, the training's speed.

    python3 Tests/Peers/screen.py bytes [--pace 10] lenet
    python3 Tests/Peers/screen.py keys lenet
    python3 Tests/Peers/screen.py cost --pairs 20 lenet

A frame is what comes without a pause of 15 ms. The cost is what the screen's thread computes, as a share of the time, which no other program
disturbs; and the time of a step beside a view over its time beside a window that is too small for pictures, in the same run, in turn.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

from soak import Screen

VIEWS = {"Overview": "\x1bOP", "Network": "\x1bOQ", "Filters": "\x1bOR", "Maps": "\x1bOS", "Charts": "\x1b[15~", "Data": "\x1b[17~"}
PAUSE = 0.015


class TimedScreen(Screen):
    """Notes when how many bytes came."""

    def __init__(self, *arguments):
        self.pieces = []
        super().__init__(*arguments)

    def take(self, data):
        super().take(data)
        self.pieces.append((time.perf_counter(), len(data)))

    def frames(self, since):
        """Bytes of each frame that began since then."""
        frames, last = [], 0
        for at, count in [piece for piece in list(self.pieces) if piece[0] >= since]:
            if at - last >= PAUSE or not frames:
                frames.append(0)
            frames[-1] += count
            last = at
        return frames


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0


def bytes_a_frame(screen, seconds):
    for name, key in VIEWS.items():
        screen.type(key)
        time.sleep(2)
        start = time.perf_counter()
        time.sleep(seconds)
        frames = screen.frames(start)
        print(f"{name:<9} {len(frames) / seconds:5.1f} frames/s, bytes a frame: median {share(frames, 0.5):6}, p95 {share(frames, 0.95):6}, "
              f"at most {max(frames, default=0):6}; {sum(frames) / seconds / 1000:6.1f} kB/s", flush=True)


def keys(screen, count):
    """Until something is written: ':' opens the line for commands, and a backspace in an empty one closes it."""
    for name, key in VIEWS.items():
        screen.type(key)
        time.sleep(2)
        delays = []
        for number in range(count):
            # Between two frames, so that it is the key that shows.
            while screen.pieces and time.perf_counter() - screen.pieces[-1][0] < PAUSE:
                time.sleep(0.001)
            before, start = len(screen.pieces), time.perf_counter()
            screen.type(":" if number % 2 == 0 else "\x7f")
            while len(screen.pieces) == before and time.perf_counter() - start < 1:
                time.sleep(0.0002)
            delays.append(screen.pieces[before][0] - start if len(screen.pieces) > before else 1)
            time.sleep(0.11)
        print(f"{name:<9} a key shows after {1e3 * share(delays, 0.5):5.1f} ms, p95 {1e3 * share(delays, 0.95):5.1f} ms", flush=True)


def seconds_a_step(path, seconds):
    """From the first to the last time that lines were written within so long."""
    end, first, last = time.time() + seconds, None, None
    seen = os.path.getsize(path)
    while time.time() < end:
        state = os.stat(path)
        if state.st_size != seen:
            seen = state.st_size
            last = (state.st_mtime, seen)
            first = first or last
        time.sleep(0.005)
    with open(path, "rb") as file:
        file.seek(first[1])
        lines = sum(1 for line in file.read(last[1] - first[1]).split(b"\n") if b'"step"' in line and b'"loss"' in line)
    return (last[0] - first[0]) / lines


def processor_seconds(process):
    """What the first thread, which is the screen's, has computed."""
    with open(f"/proc/{process}/task/{process}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


def cost(screen, folder, pairs, seconds):
    path = f"{folder}/run/metrics.jsonl"
    for name, key in VIEWS.items():
        ratios = []
        screen.resize(60, 200)
        screen.type(key)
        time.sleep(2)
        start, before, own = time.perf_counter(), processor_seconds(screen.process), time.process_time()
        time.sleep(4 * seconds)
        elapsed = time.perf_counter() - start
        drawn, read = (processor_seconds(screen.process) - before) / elapsed, (time.process_time() - own) / elapsed
        print(f"{name:<9} the screen's thread computes {100 * drawn:.2f} % of the time, this terminal {100 * read:.2f} %", flush=True)
        for pair in range(pairs):
            times = {}
            for rows, columns in [(60, 200), (20, 60)] if pair % 2 else [(20, 60), (60, 200)]:
                screen.resize(rows, columns)
                time.sleep(0.5)
                times[rows] = seconds_a_step(path, seconds)
            ratios.append(times[60] / times[20])
        if not ratios:
            continue
        spread = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else 0
        print(f"{name:<9} time of a step with / without: median {statistics.median(ratios):.4f}, mean {statistics.mean(ratios):.4f} "
              f"± {spread:.4f} of {pairs} pairs", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["bytes", "keys", "cost"])
    parser.add_argument("workload", nargs="?", default="lenet")
    parser.add_argument("--program", default=".build/release/convtop")
    parser.add_argument("--pace", default="full", help="steps a second")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--warm", type=float, default=5.0, help="seconds of training before")
    arguments = parser.parse_intermixed_args()
    program = os.path.abspath(arguments.program)
    workload = os.path.abspath(arguments.workload) if os.path.exists(arguments.workload) else arguments.workload
    with tempfile.TemporaryDirectory() as folder:
        screen = TimedScreen([program, workload, "--run", "run", "--set", "training.epochs=1000000"], folder)
        try:
            time.sleep(arguments.warm)
            if arguments.pace != "full":
                screen.type(f":pace {arguments.pace}\r")
            if arguments.what == "bytes":
                bytes_a_frame(screen, arguments.seconds)
            elif arguments.what == "keys":
                keys(screen, 60)
            else:
                cost(screen, folder, arguments.pairs, arguments.seconds)
            if screen.poll() is not None:
                sys.exit(f"the program has ended with status {screen.status}: {screen.tail[-500:]!r}")
        finally:
            screen.end()


if __name__ == "__main__":
    main()
