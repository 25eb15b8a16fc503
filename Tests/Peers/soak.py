"""A long life of a run with its screens: what it takes of memory, and whether anything ever goes wrong.

    python3 Tests/Peers/soak.py --minutes 30
        a dashboard at 200x60 and two watchers, left alone: memory within 5 MB after the first minute

    swift build --sanitize=thread --scratch-path .build/threads --product convtop
    python3 Tests/Peers/soak.py --minutes 60 --chaos --program .build/threads/debug/convtop
        random keys, commands, resizes, attaching, detaching, kills: no race, no fault, the run can be verified afterwards
"""

import argparse
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

KEYS = [" ", "n", "5n", "N", "-", "+", "<", ">", "p", "P", "r", "k", "W", "v", "x", "g", "o", "s", "c", "z", "\t", "[", "]", "F", "w", "S", "m",
        "\x1b", "\r", "?", "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD", "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~",
        ":lr 0.003\r", ":epochs +1\r", ":pace full\r", ":pace 10\r", ":smoothing 0.5\r", ":nonsense\r", "\x1b[<0;20;10M\x1b[<0;20;10m", "\x1b[<64;50;20M"]


class Screen:
    """The program in a pseudo-terminal that reads all it writes and shows it nobody."""

    def __init__(self, command, folder, rows=60, columns=200):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LC_ALL="C.UTF-8")
            os.execv(command[0], command)
        self.resize(rows, columns)
        self.tail = b""
        self.status = None
        threading.Thread(target=self.read, daemon=True).start()

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while True:
            try:
                data = os.read(self.terminal, 1 << 16)
            except OSError:
                break
            if not data:
                break
            self.take(data)

    def take(self, data):
        self.tail = (self.tail + data)[-4000:]

    def type(self, text):
        if select.select([], [self.terminal], [], 1)[1]:
            try:
                os.write(self.terminal, text.encode())
            except OSError:
                pass

    def poll(self):
        if self.status is None:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def end(self, number=signal.SIGKILL):
        if self.poll() is None:
            os.kill(self.process, number)
        while self.poll() is None:
            time.sleep(0.05)
        os.close(self.terminal)


def memory(process):
    """Bytes of the process that are in memory."""
    with open(f"/proc/{process}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(("Private_", "Anonymous:"))
                   and not line.startswith("Anonymous")) * 1024


def soak(arguments, folder):
    program, configuration = arguments.program, arguments.config
    dashboard = Screen([program, configuration, "--run", "run", "--set", "training.epochs=1000000"], folder)
    time.sleep(3)
    watchers = [Screen([program, "attach", "run"], folder) for _ in range(2)]
    samples, began = [], time.time()
    while time.time() - began < arguments.minutes * 60:
        time.sleep(5)
        for screen in [dashboard] + watchers:
            if screen.poll() is not None:
                sys.exit(f"a screen has ended with status {screen.status}: {screen.tail[-500:]!r}")
        samples.append((time.time() - began, memory(dashboard.process)))
    later = [bytes for seconds, bytes in samples if seconds > 60]
    for screen in watchers + [dashboard]:
        screen.end(signal.SIGTERM)
    metrics = os.path.getsize(f"{folder}/run/metrics.jsonl")
    print(f"{arguments.minutes} minutes, {metrics / 1e6:.0f} MB of lines: after the first minute from {min(later) / 1e6:.1f} "
          f"to {max(later) / 1e6:.1f} MB, first {later[0] / 1e6:.1f}, last {later[-1] / 1e6:.1f}, peak {max(b for _, b in samples) / 1e6:.1f}")
    if max(later) - later[0] > 5e6:
        sys.exit("memory has grown by more than 5 MB after the first minute")


def chaos(arguments, folder):
    program, draw = arguments.program, random.Random(arguments.seed)
    end = time.time() + arguments.minutes * 60
    counts = dict(keys=0, resizes=0, attached=0, detached=0, terminated=0, killed=0, resumed=0)

    def living():
        text = subprocess.run([program, "runs", ".", "--json"], cwd=folder, capture_output=True, text=True).stdout
        return [json.loads(line) for line in text.splitlines()] if text else []

    def start():
        known = os.path.exists(f"{folder}/run/metrics.jsonl")
        counts["resumed"] += known
        extra = ["--resume"] if known else [arguments.config, "--set", "training.epochs=100000"]
        return Screen([program] + extra + ["--run", "run", "--set", "training.checkpoint.every_seconds=5"], folder)

    owner, watchers = start(), []
    while time.time() < end:
        for screen in [owner] + watchers:
            for _ in range(draw.randrange(4)):
                screen.type(draw.choice(KEYS))
                counts["keys"] += 1
            if draw.random() < 0.1:
                screen.resize(draw.randrange(1, 80), draw.randrange(1, 260))
                counts["resizes"] += 1
        time.sleep(draw.random() * 0.3)
        if len(watchers) < 3 and draw.random() < 0.1:
            watchers.append(Screen([program, "attach", "run"] + draw.choice([[], ["--read-only"]]), folder))
            counts["attached"] += 1
        if watchers and draw.random() < 0.08:
            watchers.pop(draw.randrange(len(watchers))).end(draw.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP]))
        watchers = [watcher for watcher in watchers if watcher.poll() is None]
        event = draw.random()
        if event < 0.03:
            owner.type("\x1b\x1bD")
            time.sleep(3)
            counts["detached"] += 1
        elif event < 0.05:
            owner.end(signal.SIGTERM)
            counts["terminated"] += 1
        elif event < 0.06:
            owner.end(signal.SIGKILL)
            counts["killed"] += 1
        if owner.poll() is not None:
            # Before it catches a signal, that ends it as any program.
            if owner.status not in (0, 3, -signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM):
                sys.exit(f"the program has ended with status {owner.status}: {owner.tail[-2000:]!r}")
            time.sleep(draw.random() * 2)
            # A detached one may be too busy to answer at once.
            while runs := [run for run in living() if run["living"]]:
                for process in [run["process"] for run in runs if "process" in run]:
                    try:
                        os.kill(process, signal.SIGTERM)
                    except ProcessLookupError:
                        pass
                time.sleep(0.5)
            owner = start()
        for screen in [owner] + watchers:
            if b"ThreadSanitizer" in screen.tail or b"a fault in the program" in screen.tail:
                sys.exit(f"found: {screen.tail.decode(errors='replace')}")
    for screen in watchers + [owner]:
        screen.end(signal.SIGTERM)
    log = f"{folder}/run/detached.log"
    if os.path.exists(log) and re.search("ThreadSanitizer|fault in the program", open(log, errors="replace").read()):
        sys.exit(open(log, errors="replace").read()[-4000:])
    verified = subprocess.run([program, "verify", "run"], cwd=folder, capture_output=True, text=True)
    print(f"{arguments.minutes} minutes:", ", ".join(f"{count} {name}" for name, count in counts.items()))
    print(verified.stdout + verified.stderr, end="")
    if verified.returncode:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--chaos", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=".build/release/convtop")
    parser.add_argument("--config", default="configs/small.json")
    arguments = parser.parse_args()
    arguments.program, arguments.config = os.path.abspath(arguments.program), os.path.abspath(arguments.config)
    with tempfile.TemporaryDirectory() as folder:
        (chaos if arguments.chaos else soak)(arguments, folder)
