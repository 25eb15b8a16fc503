#!/usr/bin/env python3
"""Checks `convtop config schema` with a validator of another make: it takes what the program takes, and refuses what it refuses.

    pip install jsonschema
    swift build
    Tests/Peers/schema.py [.build/debug/convtop]

Every stock configuration, as it is and resolved, must be valid; each of the wrong ones must be invalid and refused.
"""
import copy, glob, json, os, subprocess, sys, tempfile

from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, ".build/debug/convtop")

GOOD = {"model": {"layers": [{"type": "flatten"}, {"type": "linear", "out_features": 10}]}}
# What is wrong, and what to put where.
WRONG = {
    "no layers": ("model.layers", []),
    "no model": ("model", None),
    "an unknown key": ("sead", 1),
    "a seed below zero": ("seed", -1),
    "a name with a slash": ("name", "a/b"),
    "an unknown data set": ("dataset.name", "fashion"),
    "no training images": ("dataset.train", 0),
    "a validation that is a word": ("dataset.validation", "none"),
    "a deviation of zero": ("dataset.normalize.std", [0]),
    "an unknown layer": ("model.layers.0.type", "conv3d"),
    "a layer without a type": ("model.layers.0", {"start_dim": 1}),
    "a linear layer without its size": ("model.layers.1", {"type": "linear"}),
    "a size that is a fraction": ("model.layers.1.out_features", 2.5),
    "a key of another layer": ("model.layers.1.kernel_size", 3),
    "a batch of none": ("training.batch_size", 0),
    "a loss by its name alone": ("training.loss", "cross_entropy"),
    "a smoothing above one": ("training.loss.label_smoothing", 1.5),
    "a decay of one": ("training.optimizer.betas", [0.9, 1]),
    "a single decay": ("training.optimizer.betas", [0.9]),
    "three sides of padding": ("model.layers.0", {"type": "conv2d", "out_channels": 1, "kernel_size": 1, "padding": [1, 2, 3]}),
    "more than single precision holds": ("training.clip.norm", 1e40),
    "a schedule without its period": ("training.schedule", {"type": "cosine"}),
    "an unknown interval": ("training.schedule", {"type": "exponential", "gamma": 0.9, "interval": "day"}),
    "a theme that is a number": ("dashboard.theme", 3),
    "shuffle as a word": ("training.shuffle", "yes"),
}


def changed(path, value):
    config = copy.deepcopy(GOOD)
    *steps, last = path.split(".")
    inner = config
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    inner[int(last) if isinstance(inner, list) else last] = value
    return config


def accepted(config):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        return subprocess.run([PROGRAM, "config", "check", file.name], capture_output=True).returncode == 0


def main():
    run = lambda *arguments: subprocess.run([PROGRAM, *arguments], capture_output=True, check=True).stdout
    schema = json.loads(run("config", "schema"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures = []
    cases = [("the smallest configuration", GOOD, True)]
    for path in sorted(glob.glob(os.path.join(ROOT, "configs/*.json"))):
        cases.append((path, json.load(open(path)), True))
        cases.append((path + ", resolved", json.loads(run("config", "check", path)), True))
    cases.append(("a type of null", changed("training.loss", {"type": None}), True))
    cases += [(name, changed(*change), False) for name, change in WRONG.items()]
    for name, config, is_right in cases:
        if validator.is_valid(config) != is_right: failures.append(f"{name}: the schema says {not is_right}")
        if accepted(config) != is_right: failures.append(f"{name}: the program says {not is_right}")
    print(*failures, sep="\n", end="\n" if failures else "")
    print(f"{len(cases)} configurations, {len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
