#!/usr/bin/env python3
"""Makes the goldens beside this file from PyTorch: run by hand, commit what it writes.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch numpy
    ~/torch/bin/python Tests/EngineTests/Goldens/make_goldens.py

Data are not stored: they follow from seeds, through the same counter-based generator as the engine's (Philox4x32-10).
Whole-numbered cases are exact, so only a checksum of each result is kept; the others keep their numbers.
"""
import json, math, os, random, struct, zlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
INITIALIZATION = 1


def philox(index, stream, purpose, seed):
    """Four words for each index of an array, as RandomStream.words gives them."""
    index = np.asarray(index, np.uint64)
    mask, low = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [index & mask, index >> low, np.full_like(index, stream), np.full_like(index, purpose)]
    k = [np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> low) ^ c[1] ^ k[0], b & mask, (a >> low) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + np.uint64(0x9E3779B9)) & mask, (k[1] + np.uint64(0xBB67AE85)) & mask]
    return np.stack(c, -1)


def uniform(count, seed, stream=0):
    words = philox(np.arange((count + 3) // 4), stream, INITIALIZATION, seed).reshape(-1)[:count]
    return ((words >> np.uint64(8)).astype(np.float32) * np.float32(2.0 ** -24))


def noise(shape, seed):
    """Multiples of 1/64 in −1..<1."""
    u = uniform(int(np.prod(shape)), seed)
    return torch.from_numpy(np.floor((np.float32(-1) + np.float32(2) * u) * 64) / 64).float().reshape(shape)


def whole(shape, seed):
    """Whole numbers from −4 to 4."""
    u = uniform(int(np.prod(shape)), seed)
    return torch.from_numpy(np.floor(u * np.float32(9)) - 4).float().reshape(shape)


def checksum(tensor):
    values = (tensor.detach().float().contiguous().reshape(-1) + 0.0).numpy()  # −0 becomes 0.
    return zlib.crc32(values.astype("<f4").tobytes())


def numbers(tensor):
    return [float(f"{v:.8g}") for v in tensor.detach().reshape(-1).tolist()]


def run(case, function, exact):
    """Adds a case's results: the output, and the gradients of Σ output · weights for inputs and parameters."""
    make = whole if exact else noise
    make_input = {"whole": whole, "noise": noise, "positive": lambda s, n: noise(s, n).abs() + 0.25,
                  "unit": lambda s, n: noise(s, n) / 2 + 0.5}[case.get("data", "whole" if exact else "noise")]
    inputs = [make_input(s, 100 + i).requires_grad_(True) for i, s in enumerate(case["inputs"])]
    parameters = [make(s, 200 + i).requires_grad_(True) for i, s in enumerate(case.get("parameters", []))]
    output = function(inputs, parameters)
    weights = make(tuple(output.shape[1:]), 99)
    (output * weights).sum().backward()
    keep = checksum if exact else numbers
    case["exact"] = exact
    case["shape"] = list(output.shape[1:])
    case["output"] = keep(output)
    case["gradients"] = [keep(t.grad if t.grad is not None else torch.zeros_like(t)) for t in inputs + parameters]
    return case


def pair(value):
    return list(value) if isinstance(value, (tuple, list)) else [value, value]


def convolutions(transposed=False, count=340):
    pick, cases = random.Random(1 + transposed), []
    while len(cases) < count:
        n = len(cases)
        groups = pick.choice([1, 1, 1, 2, 3])
        cin, cout = groups * pick.choice([1, 1, 2, 3]), groups * pick.choice([1, 2, 3, 4, 5])
        if n % 9 == 0: groups, cin, cout = 3, 3, 3  # depthwise
        if n % 11 == 0: groups, cin, cout = 1, 2, 4
        batch = [1, 2, 4, 3, cout, 17][n % 6] if n % 11 else 4  # batch equal to output channels too
        kernel = pick.choice([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (1, 3), (3, 1), (2, 5), (1, 4), (4, 1)])
        stride = pick.choice([(1, 1), (1, 1), (2, 2), (3, 3), (1, 2), (3, 1)])
        dilation = pick.choice([(1, 1), (1, 1), (2, 2), (1, 3)])
        size = (pick.randint(1, 9), pick.randint(1, 12))
        padding = [pick.randint(0, 3) for _ in range(4)] if n % 3 == 0 and not transposed else None  # top bottom left right
        if padding is None: p, q = pick.randint(0, 3), pick.randint(0, 3); padding = [p, p, q, q]
        bias = n % 4 != 0
        if transposed:
            extra = [pick.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)]
            if n % 2: extra = [0, 0]
            weight = [cin, cout // groups, *kernel]
            out = [(size[i] - 1) * stride[i] - 2 * padding[2 * i] + dilation[i] * (kernel[i] - 1) + extra[i] + 1 for i in (0, 1)]
            if min(out) < 1: continue
        else:
            weight, extra = [cout, cin // groups, *kernel], [0, 0]
            room = (size[0] + padding[0] + padding[1], size[1] + padding[2] + padding[3])
            if any(room[i] < dilation[i] * (kernel[i] - 1) + 1 for i in (0, 1)): continue
        case = {"operation": "conv_transpose2d" if transposed else "conv2d", "inputs": [[batch, cin, *size]],
                "parameters": [weight] + ([[cout]] if bias else []), "stride": list(stride), "padding": padding,
                "dilation": list(dilation), "groups": groups, "output_padding": extra}

        def function(x, p):
            b = p[1] if bias else None
            if transposed:
                return F.conv_transpose2d(x[0], p[0], b, stride, (padding[0], padding[2]), extra, groups, dilation)
            x = F.pad(x[0], (padding[2], padding[3], padding[0], padding[1]))
            return F.conv2d(x, p[0], b, stride, 0, dilation, groups)
        cases.append(run(case, function, exact=True))
    return cases


def pools(count=100):
    pick, cases = random.Random(3), []
    while len(cases) < count:
        n = len(cases)
        kernel = pick.choice([(2, 2), (3, 3), (2, 3), (1, 2), (4, 4)])
        stride = pick.choice([None, (1, 1), (2, 2), (3, 2)])
        padding = [pick.randint(0, k // 2) for k in kernel]
        ceil, size, batch = n % 3 == 0, (pick.randint(2, 9), pick.randint(2, 9)), [1, 2, 3][n % 3]
        if any(size[i] + 2 * padding[i] < kernel[i] for i in (0, 1)): continue
        case = {"inputs": [[batch, pick.choice([1, 2, 3]), *size]], "kernel": list(kernel),
                "stride": list(stride or kernel), "padding": padding, "ceil_mode": ceil}
        if n % 2 == 0:
            # Whole numbers have many ties: the first of equals must win here too.
            case = run(dict(case, operation="max_pool2d"), lambda x, p: F.max_pool2d(x[0], kernel, stride, padding, 1, ceil), True)
        else:
            include = n % 4 == 1
            case = dict(case, operation="avg_pool2d", count_include_pad=include)
            case = run(case, lambda x, p: F.avg_pool2d(x[0], kernel, stride, padding, ceil, include), False)
        cases.append(case)
    for kernel, dilation, size in [((2, 2), (2, 1), (7, 6)), ((3, 2), (1, 3), (8, 9)), ((2, 3), (3, 2), (9, 9))]:
        for ceil in [False, True]:
            for padding in [(0, 0), (1, 1)]:
                case = {"operation": "max_pool2d", "inputs": [[2, 2, *size]], "kernel": list(kernel), "stride": [2, 1],
                        "padding": list(padding), "dilation": list(dilation), "ceil_mode": ceil}
                cases.append(run(case, lambda x, p: F.max_pool2d(x[0], kernel, (2, 1), padding, dilation, ceil), True))
    # Windows larger than the padded input, which ceil_mode lets through.
    for kernel, stride, size in [((2, 2), (2, 2), (1, 3)), ((3, 2), (3, 1), (2, 5)), ((4, 4), (2, 3), (3, 3))]:
        options = {"inputs": [[2, 2, *size]], "kernel": list(kernel), "stride": list(stride), "padding": [0, 0], "ceil_mode": True}
        cases.append(run(dict(options, operation="max_pool2d"), lambda x, p: F.max_pool2d(x[0], kernel, stride, 0, 1, True), True))
        cases.append(run(dict(options, operation="avg_pool2d", count_include_pad=True), lambda x, p: F.avg_pool2d(x[0], kernel, stride, 0, True), False))
    for size, out in [((7, 9), (3, 4)), ((5, 5), (1, 1)), ((4, 6), (4, 3)), ((3, 3), (5, 2))]:
        case = {"operation": "adaptive_max_pool2d", "inputs": [[3, 2, *size]], "size": list(out)}
        cases.append(run(case, lambda x, p: F.adaptive_max_pool2d(x[0], out), True))
    for size, out in [((7, 9), (3, 4)), ((5, 5), (1, 1)), ((4, 6), (4, 3)), ((3, 3), (5, 2))]:
        case = {"operation": "adaptive_avg_pool2d", "inputs": [[3, 2, *size]], "size": list(out)}
        cases.append(run(case, lambda x, p: F.adaptive_avg_pool2d(x[0], out), False))
    return cases


def operations():
    cases = []

    def add(name, inputs, function, parameters=(), exact=False, **options):
        case = dict({"operation": name, "inputs": [list(s) for s in inputs], "parameters": [list(s) for s in parameters]}, **options)
        cases.append(run(case, function, exact))

    for name, function in {
            "negate": lambda x: -x, "exp": torch.exp, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "silu": F.silu,
            "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "elu": lambda x: F.elu(x, 1.5),
            "relu": F.relu, "leaky_relu": lambda x: F.leaky_relu(x, 0.2), "mish": F.mish, "relu6": lambda x: F.relu6(x * 3),
            "softplus": lambda x: F.softplus(x, 2, 4), "hardswish": lambda x: F.hardswish(x * 2)}.items():
        add(name, [(3, 4, 5)], lambda x, p: function(x[0] * 3))
    add("log", [(3, 4, 5)], lambda x, p: torch.log(x[0] * 3), data="positive")
    for exponent in [2, 0.5, -1.5, 3]:
        add("power", [(2, 9)], lambda x, p: (x[0] * 3) ** exponent, data="positive", exponent=exponent)
    for a, b in [((4, 5), (4, 5)), ((4, 5), (5,)), ((4, 1), (1, 5)), ((3, 4, 5), (4, 1)), ((2, 1, 3), (1, 4, 1))]:
        lift = lambda x: x.reshape(x.shape[0], *[1] * (max(len(a), len(b)) - x.dim() + 1), *x.shape[1:])
        for name, function in {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul}.items():
            add(name, [(3, *a), (3, *b)], lambda x, p: function(lift(x[0]), lift(x[1])), exact=True)
        add("divide", [(3, *a), (3, *b)], lambda x, p: lift(x[0]) / lift(x[1]), data="positive")
    for m, k, n in [(2, 3, 4), (1, 5, 1), (6, 1, 7)]:
        add("matmul", [(17, m, k), (17, k, n)], lambda x, p: x[0] @ x[1], exact=True)
    for axes in [[0], [1], [2], [0, 2], [0, 1, 2]]:
        for keep in [False, True]:
            dims, options = [a + 1 for a in axes], {"axes": axes, "keep": keep}
            add("sum", [(2, 3, 4, 5)], lambda x, p: x[0].sum(dims, keep), exact=True, **options)
            add("mean", [(2, 3, 4, 5)], lambda x, p: x[0].mean(dims, keep), **options)
            add("variance", [(2, 3, 4, 5)], lambda x, p: x[0].var(dims, correction=1, keepdim=keep), correction=1, **options)
            add("variance", [(2, 3, 4, 5)], lambda x, p: x[0].var(dims, correction=0, keepdim=keep), correction=0, **options)
            if len(axes) == 1:
                add("max", [(2, 3, 4, 5)], lambda x, p: x[0].max(dims[0], keep).values, exact=True, **options)
    for padding in [[0, 0, 0, 0], [1, 2, 3, 4], [0, 1, 0, 0], [2, 0, 0, 5]]:
        t, b, l, r = padding
        add("pad2d", [(2, 2, 3, 4)], lambda x, p: F.pad(x[0], (l, r, t, b)), exact=True, padding=padding)
        add("unpad2d", [(2, 2, 8, 10)], lambda x, p: x[0][..., t:8 - b, l:10 - r], exact=True, padding=padding)
    add("transpose", [(2, 3, 4, 5)], lambda x, p: x[0].permute(0, 3, 1, 2), exact=True, order=[2, 0, 1])
    add("swap_axes", [(2, 3, 4, 5)], lambda x, p: x[0].transpose(1, 3), exact=True, axes=[0, 2])
    add("blocks", [(2, 3, 4, 6)], lambda x, p: x[0].reshape(2, 3, 2, 2, 3, 2).transpose(3, 4), exact=True, size=2)
    add("slice", [(2, 3, 9)], lambda x, p: x[0][:, :, 1:8:3], exact=True, axis=1, range=[1, 8], step=3)
    add("concatenate", [(2, 3, 4), (2, 3, 2)], lambda x, p: torch.cat(x, 2), exact=True, axis=1)
    add("stack", [(2, 3, 4), (2, 3, 4)], lambda x, p: torch.stack(x, 2), exact=True, axis=1)
    add("broadcast", [(2, 3, 1)], lambda x, p: x[0].reshape(2, 1, 3, 1).expand(2, 4, 3, 5), exact=True, shape_to=[4, 3, 5])
    for axis in [0, 1]:
        add("softmax", [(3, 5, 4)], lambda x, p: torch.softmax(x[0] * 3, axis + 1), axis=axis)
        add("log_softmax", [(3, 5, 4)], lambda x, p: torch.log_softmax(x[0] * 3, axis + 1), axis=axis)
    add("linear", [(18, 7)], lambda x, p: F.linear(x[0], p[0], p[1]), [(5, 7), (5,)], exact=True)
    add("layer_norm", [(3, 2, 3, 4)], lambda x, p: F.layer_norm(x[0], (2, 3, 4), p[0], p[1]), [(2, 3, 4), (2, 3, 4)])
    add("layer_norm", [(3, 6)], lambda x, p: F.layer_norm(x[0], (6,)))
    add("layer_norm", [(3, 2, 3, 4)], lambda x, p: F.layer_norm(x[0], (4,), p[0], p[1]), [(4,), (4,)], axes=[1])
    add("layer_norm", [(3, 2, 3, 4)], lambda x, p: F.layer_norm(x[0], (3, 4), p[0], p[1]), [(3, 4), (3, 4)], axes=[2])
    add("group_norm", [(3, 6)], lambda x, p: F.group_norm(x[0], 2, p[0], p[1]), [(6,), (6,)], groups=2)
    add("linear", [(18, 2, 3, 7)], lambda x, p: F.linear(x[0], p[0], p[1]), [(5, 7), (5,)], exact=True)
    add("prelu", [(3, 4, 2, 5)], lambda x, p: F.prelu(x[0], p[0]), [(4,)])
    add("prelu", [(3, 7)], lambda x, p: F.prelu(x[0], p[0]), [(1,)])
    for mode in ["reflect", "replicate", "circular"]:
        for t, b, l, r in [(1, 2, 3, 0), (0, 0, 2, 2), (2, 1, 0, 1)]:
            add("pad2d", [(2, 2, 3, 4)], lambda x, p: F.pad(x[0], (l, r, t, b), mode=mode), exact=True, padding=[t, b, l, r], mode=mode)
    for factor in [(2, 2), (3, 1), (1, 4)]:
        add("upsample", [(2, 2, 3, 4)], lambda x, p: F.interpolate(x[0], scale_factor=factor, mode="nearest"), exact=True, size=list(factor), mode="nearest")
        for corners in [False, True]:
            add("upsample", [(2, 2, 3, 4)], lambda x, p: F.interpolate(x[0], scale_factor=factor, mode="bilinear", align_corners=corners),
                size=list(factor), mode="bilinear", keep=corners)
    for groups in [1, 2, 4]:
        add("group_norm", [(3, 4, 3, 2)], lambda x, p: F.group_norm(x[0], groups, p[0], p[1]), [(4,), (4,)], groups=groups)
    for batch in [3, 16, 35]:
        add("batch_norm2d", [(batch, 3, 2, 4)], lambda x, p: F.batch_norm(x[0], torch.zeros(3), torch.ones(3), p[0], p[1], True), [(3,), (3,)])
    labels = torch.arange(19) % 5
    rows = lambda losses: losses.reshape(-1, 1)
    add("cross_entropy", [(19, 5)], lambda x, p: rows(F.cross_entropy(x[0] * 5, labels, reduction="none")), smoothing=0)
    add("cross_entropy", [(19, 5)], lambda x, p: rows(F.cross_entropy(x[0] * 5, labels, reduction="none", label_smoothing=0.1)), smoothing=0.1)
    weight = torch.tensor([1, 2, 0.5, 0, 3])
    add("cross_entropy", [(19, 5)], lambda x, p: rows(F.cross_entropy(x[0] * 5, labels, weight, reduction="none", label_smoothing=0.1)), smoothing=0.1, weights=weight.tolist())
    add("nll_loss", [(19, 5)], lambda x, p: rows(F.nll_loss(x[0], labels, weight, reduction="none")), weights=weight.tolist())
    add("l1_loss", [(5, 6), (5, 6)], lambda x, p: rows(F.l1_loss(x[0], x[1], reduction="none").mean(1)))
    add("smooth_l1_loss", [(5, 6), (5, 6)], lambda x, p: rows(F.smooth_l1_loss(x[0], x[1], reduction="none", beta=0.5).mean(1)), delta=0.5)
    add("nll_loss", [(19, 5)], lambda x, p: rows(F.nll_loss(x[0], labels, reduction="none")), exact=True)
    add("mse_loss", [(5, 6), (5, 6)], lambda x, p: rows(F.mse_loss(x[0], x[1], reduction="none").mean(1)))
    add("huber_loss", [(5, 6), (5, 6)], lambda x, p: rows(F.huber_loss(x[0], x[1], reduction="none", delta=0.5).mean(1)), delta=0.5)
    add("bce_with_logits_loss", [(5, 6), (5, 6)], lambda x, p: rows(
        F.binary_cross_entropy_with_logits(x[0] * 5, x[1], reduction="none").mean(1)), data="unit")
    return cases


def optimizers():
    """Twelve steps from the same start on the same gradients, with a step of weight and bias size."""
    start, cases = noise((7,), 1), []
    for name, make, options in [
            ("sgd", torch.optim.SGD, {"lr": 0.1}),
            ("sgd", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
            ("sgd", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
            ("sgd", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
            ("adam", torch.optim.Adam, {"lr": 0.01}),
            ("adam", torch.optim.Adam, {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.1}),
            ("adamw", torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
            ("rmsprop", torch.optim.RMSprop, {"lr": 0.01}),
            ("rmsprop", torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.9, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
            ("sgd", torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "maximize": True}),
            ("adam", torch.optim.Adam, {"lr": 0.01, "amsgrad": True, "maximize": True}),
            ("adamw", torch.optim.AdamW, {"lr": 0.01, "betas": [0.5, 0.6], "weight_decay": 0.1, "amsgrad": True}),
            ("adagrad", torch.optim.Adagrad, {"lr": 0.1}),
            ("adagrad", torch.optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3, "maximize": True}),
            ("nadam", torch.optim.NAdam, {"lr": 0.01}),
            ("nadam", torch.optim.NAdam, {"lr": 0.01, "betas": [0.8, 0.95], "weight_decay": 0.1, "momentum_decay": 0.1, "decoupled_weight_decay": True}),
            ("nadam", torch.optim.NAdam, {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
            ("adadelta", torch.optim.Adadelta, {"lr": 1.0}),
            ("adadelta", torch.optim.Adadelta, {"lr": 0.5, "rho": 0.8, "eps": 1e-5, "weight_decay": 0.1})]:
        parameter = start.clone().requires_grad_(True)
        optimizer = make([parameter], **options)
        values = []
        for step in range(12):
            parameter.grad = noise((7,), 10 + step)
            optimizer.step()
            values.append(numbers(parameter))
        cases.append({"optimizer": name, "options": options, "values": values})
    return cases


def schedules():
    """Learning rates of 24 steps."""
    cases, S = [], torch.optim.lr_scheduler

    def add(name, options, make):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
        scheduler, rates = make(optimizer), []
        for _ in range(24):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        cases.append({"schedule": name, "options": options, "rates": rates})

    add("step", {"step_size": 5, "gamma": 0.5}, lambda o: S.StepLR(o, 5, 0.5))
    add("multi_step", {"milestones": [3, 10, 11], "gamma": 0.1}, lambda o: S.MultiStepLR(o, [3, 10, 11], 0.1))
    add("exponential", {"gamma": 0.9}, lambda o: S.ExponentialLR(o, 0.9))
    add("cosine", {"t_max": 24, "eta_min": 0.01}, lambda o: S.CosineAnnealingLR(o, 24, 0.01))
    add("cosine_restarts", {"t_0": 4, "t_mult": 2, "eta_min": 0.01}, lambda o: S.CosineAnnealingWarmRestarts(o, 4, 2, 0.01))
    add("one_cycle", {"max_lr": 0.4, "total_steps": 25, "pct_start": 0.3}, lambda o: S.OneCycleLR(o, 0.4, total_steps=25, cycle_momentum=False))
    add("linear", {}, lambda o: S.LinearLR(o, 0.25, 0.75, 10))
    add("polynomial", {}, lambda o: S.PolynomialLR(o, 15, 1.5))
    # One-cycle schedules with their momentum, of lengths at which the rise takes no time, or less.
    for name, total, start in [("one_cycle 20", 20, 0.3), ("one_cycle 2", 2, 0.3), ("one_cycle 1", 1, 0.3), ("one_cycle 3", 3, 0.9)]:
        optimizer = torch.optim.Adam([torch.zeros(1)], lr=0.4)
        scheduler, rates, momenta = S.OneCycleLR(optimizer, 0.4, total_steps=total, pct_start=start), [], []
        for step in range(total):
            rates.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["betas"][0])
            optimizer.step()
            if step < total - 1: scheduler.step()
        cases.append({"schedule": name, "rise": start, "rates": rates, "momenta": momenta})
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    plateau = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, cooldown=1, threshold=1e-2, min_lr=0.05)
    losses, rates = [1, 0.9, 0.95, 0.9, 0.899, 0.91, 0.9, 0.95, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4, 0.4, 0.4], []
    for loss in losses:
        plateau.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    cases.append({"schedule": "plateau", "options": {"factor": 0.5, "patience": 2, "cooldown": 1, "threshold": 1e-2, "min_lr": 0.05},
                  "losses": losses, "rates": rates})
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
    plateau, rates = S.ReduceLROnPlateau(optimizer, mode="max", factor=0.5, patience=2, cooldown=1, threshold=1e-2, min_lr=0.05), []
    for loss in losses:
        plateau.step(1 - loss / 2)
        rates.append(optimizer.param_groups[0]["lr"])
    cases.append({"schedule": "plateau max", "losses": [1 - loss / 2 for loss in losses], "rates": rates})
    return cases


def main():
    torch.manual_seed(0)
    for name, make in {"conv2d": convolutions, "conv_transpose2d": lambda: convolutions(True, 120), "pools": pools,
                       "operations": operations, "optimizers": optimizers, "schedules": schedules}.items():
        cases = make()
        with open(f"{HERE}/{name}.json", "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
        print(name, len(cases))


if __name__ == "__main__":
    main()
