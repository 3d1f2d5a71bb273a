#!/usr/bin/env python3
"""Golden values for nn-optim, from PyTorch (all f64).

    pip install torch numpy safetensors
    python3 make.py            # writes beside this script

optimizers.safetensors: the two parameters `param.w` [3, 4] and `param.b` [5], twenty gradients each (`grad.w` [20, 3, 4], `grad.b`),
and `<case>.w`, `<case>.b`: the parameters after each step. clip.safetensors: gradients before and after clipping.
schedules.json: the learning rate used in each of 50 steps.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
MADE = {"torch": torch.__version__.split("+")[0]}
STEPS = 20


def write_json(name, about, **content):
    (HERE / name).write_text(json.dumps({"about": about, "made_with": MADE, **content}, indent=1) + "\n")


def save(tensors, name):
    save_file({k: t.contiguous() for k, t in tensors.items()}, HERE / name)
    (HERE / name).chmod(0o644)
    print(name, (HERE / name).stat().st_size, "bytes")


# ---------------------------------------------------------------- optimizers

def problem():
    rng = torch.Generator().manual_seed(11)
    w, b = torch.randn(3, 4, generator=rng), torch.randn(5, generator=rng)
    scale = torch.logspace(-3, 1, STEPS)[torch.randperm(STEPS, generator=rng)]
    gw = torch.randn(STEPS, 3, 4, generator=rng) * scale[:, None, None]
    gb = torch.randn(STEPS, 5, generator=rng)
    gb[:, 0] = 0.0  # a parameter that never gets a gradient
    gb[3:7] = 0.0  # and a pause
    return w, b, gw, gb


SGD, ADAGRAD, RMSPROP = torch.optim.SGD, torch.optim.Adagrad, torch.optim.RMSprop
ADAM, ADAMW = torch.optim.Adam, torch.optim.AdamW
OPTIMIZERS = {
    "sgd": (SGD, dict(lr=0.1)),
    "sgd_decay": (SGD, dict(lr=0.1, weight_decay=0.1)),
    "momentum": (SGD, dict(lr=0.1, momentum=0.9)),
    "momentum_decay": (SGD, dict(lr=0.1, momentum=0.9, weight_decay=0.1)),
    "momentum_dampening": (SGD, dict(lr=0.1, momentum=0.9, dampening=0.5)),
    "nesterov": (SGD, dict(lr=0.1, momentum=0.9, nesterov=True)),
    "nesterov_decay": (SGD, dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)),
    "adagrad": (ADAGRAD, dict(lr=0.1, eps=1e-10)),
    "adagrad_options": (ADAGRAD, dict(lr=0.1, lr_decay=0.05, weight_decay=0.1, initial_accumulator_value=0.2, eps=1e-10)),
    "rmsprop": (RMSPROP, dict(lr=0.01, alpha=0.99, eps=1e-8)),
    "rmsprop_alpha_decay": (RMSPROP, dict(lr=0.01, alpha=0.9, eps=1e-6, weight_decay=0.1)),
    "rmsprop_momentum": (RMSPROP, dict(lr=0.01, alpha=0.99, eps=1e-8, momentum=0.9)),
    "rmsprop_centered": (RMSPROP, dict(lr=0.01, alpha=0.99, eps=1e-8, centered=True)),
    "rmsprop_centered_momentum": (RMSPROP, dict(lr=0.01, alpha=0.99, eps=1e-8, centered=True, momentum=0.5)),
    "adam": (ADAM, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8)),
    "adam_betas_eps": (ADAM, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3)),
    "adam_decay": (ADAM, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)),
    "adam_amsgrad": (ADAM, dict(lr=0.01, betas=(0.9, 0.9), eps=1e-8, amsgrad=True)),
    "adamw": (ADAMW, dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    "adamw_strong": (ADAMW, dict(lr=0.05, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.5)),
    "adamw_amsgrad": (ADAMW, dict(lr=0.01, betas=(0.9, 0.9), eps=1e-8, weight_decay=0.01, amsgrad=True)),
}


def optimizers():
    w0, b0, gw, gb = problem()
    tensors = {"param.w": w0, "param.b": b0, "grad.w": gw, "grad.b": gb}
    cases = []

    def run(name, make):
        w, b = w0.clone().requires_grad_(True), b0.clone().requires_grad_(True)
        optimizer = make(w, b)
        ws, bs = [], []
        for i in range(STEPS):
            w.grad, b.grad = gw[i].clone(), gb[i].clone()
            optimizer.step()
            ws.append(w.detach().clone())
            bs.append(b.detach().clone())
        tensors[f"{name}.w"], tensors[f"{name}.b"] = torch.stack(ws), torch.stack(bs)

    for name, (kind, params) in OPTIMIZERS.items():
        run(name, lambda w, b: kind([w, b], **params))
        cases.append({"name": name, "optimizer": kind.__name__, "params": params})

    groups = [dict(lr=0.05, weight_decay=0.2), dict(lr=0.2, weight_decay=0.0)]
    run("groups", lambda w, b: ADAMW([{"params": [w], **groups[0]}, {"params": [b], **groups[1]}]))
    cases.append({"name": "groups", "optimizer": "AdamW", "params": {"w": groups[0], "b": groups[1], "betas": (0.9, 0.999), "eps": 1e-8}})

    # The exponential average m = beta*m + (1 - beta)*g from m = 0, p -= lr*m. PyTorch has no such optimizer
    # (its `dampening` leaves the first gradient whole), so the formula stands here.
    for name, correct in [("momentum_average", False), ("momentum_average_corrected", True)]:
        lr, beta, ws, bs = 0.1, 0.9, [], []
        for p0, grads, out in [(w0, gw, ws), (b0, gb, bs)]:
            p, m = p0.clone(), torch.zeros_like(p0)
            for i in range(STEPS):
                m = beta * m + (1 - beta) * grads[i]
                p = p - lr * (m / (1 - beta ** (i + 1)) if correct else m)
                out.append(p)
        tensors[f"{name}.w"], tensors[f"{name}.b"] = torch.stack(ws), torch.stack(bs)
        cases.append({"name": name, "optimizer": "ExponentialMomentum",
                      "params": {"lr": lr, "beta": beta, "bias_correction": correct}})

    save(tensors, "optimizers.safetensors")
    write_json("optimizers.json", "Parameter names follow torch.optim.", steps=STEPS, cases=cases)


# ---------------------------------------------------------------- clipping

def clipping():
    rng = torch.Generator().manual_seed(12)
    grads = [torch.randn(3, 4, generator=rng) * 3, torch.randn(5, generator=rng) * 0.1]
    tensors = {"grad.w": grads[0], "grad.b": grads[1]}
    cases = []
    for name, params in {
        "norm_1": dict(max_norm=1.0, norm_type=2.0),
        "norm_5": dict(max_norm=5.0, norm_type=2.0),
        "norm_not_reached": dict(max_norm=1e3, norm_type=2.0),
        "norm_l1": dict(max_norm=1.0, norm_type=1.0),
        "norm_max": dict(max_norm=1.0, norm_type=float("inf")),
        "value_0.5": dict(clip_value=0.5),
    }.items():
        leaves = [torch.zeros_like(g).requires_grad_(True) for g in grads]
        for p, g in zip(leaves, grads):
            p.grad = g.clone()
        case = {"name": name, "params": {k: str(v) if v == float("inf") else v for k, v in params.items()}}
        if "clip_value" in params:
            torch.nn.utils.clip_grad_value_(leaves, **params)
        else:
            case["total_norm"] = torch.nn.utils.clip_grad_norm_(leaves, **params).item()
        tensors[f"{name}.w"], tensors[f"{name}.b"] = leaves[0].grad, leaves[1].grad
        cases.append(case)
    save(tensors, "clip.safetensors")
    write_json("clip.json", "By norm: every gradient times min(1, max_norm / (total_norm + 1e-6)), total_norm over both tensors before clipping.", cases=cases)


# ---------------------------------------------------------------- schedules

def schedules():
    S = torch.optim.lr_scheduler
    metric = [1.0, 0.9, 0.8, 0.79999, 0.8, 0.81, 0.8, 0.8, 0.7, 0.7, 0.7, 0.7, 0.7, 0.71, 0.72, 0.73, 0.6, 0.5, 0.4, 0.45] + \
             [0.4, 0.4, 0.4, 0.4, 0.4, 0.39, 0.39, 0.39, 0.39, 0.39, 0.38, 0.38, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3] + \
             [0.29, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28, 0.28]
    warm = lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 10), S.CosineAnnealingLR(o, 40, 1e-4)], [10])
    makers = {
        "constant": ("LambdaLR", {}, lambda o: S.LambdaLR(o, lambda i: 1.0)),
        "step": ("StepLR", dict(step_size=10, gamma=0.5), None),
        "multi_step": ("MultiStepLR", dict(milestones=[5, 20, 21, 40], gamma=0.3), None),
        "exponential": ("ExponentialLR", dict(gamma=0.9), None),
        "cosine": ("CosineAnnealingLR", dict(T_max=50, eta_min=0.0), None),
        "cosine_min": ("CosineAnnealingLR", dict(T_max=49, eta_min=0.01), None),
        "cosine_restarts": ("CosineAnnealingWarmRestarts", dict(T_0=10, T_mult=2, eta_min=0.001), None),
        "linear_up": ("LinearLR", dict(start_factor=0.1, end_factor=1.0, total_iters=10), None),
        "linear_down": ("LinearLR", dict(start_factor=1.0, end_factor=0.0, total_iters=50), None),
        "polynomial": ("PolynomialLR", dict(total_iters=40, power=2.0), None),
        "one_cycle": ("OneCycleLR", dict(max_lr=1.0, total_steps=50, pct_start=0.3, anneal_strategy="cos", div_factor=25.0, final_div_factor=1e4), None),
        "one_cycle_linear": ("OneCycleLR", dict(max_lr=1.0, total_steps=50, pct_start=0.25, anneal_strategy="linear", div_factor=10.0, final_div_factor=100.0), None),
        "warm_up_cosine": ("SequentialLR", dict(warm_up="LinearLR 0.1 -> 1 over 10", then="CosineAnnealingLR T_max=40 eta_min=1e-4", milestone=10), warm),
        "plateau": ("ReduceLROnPlateau", dict(mode="min", factor=0.1, patience=3, threshold=1e-4, threshold_mode="rel", cooldown=0, min_lr=0.0), None),
        "plateau_cooldown": ("ReduceLROnPlateau", dict(mode="min", factor=0.5, patience=2, threshold=0.01, threshold_mode="abs", cooldown=3, min_lr=0.02), None),
        "plateau_max": ("ReduceLROnPlateau", dict(mode="max", factor=0.5, patience=4, threshold=1e-4, threshold_mode="rel", cooldown=0, min_lr=1e-3), None),
    }
    cases = []
    for name, (kind, params, make) in makers.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule = make(optimizer) if make else getattr(S, kind)(optimizer, **params, **({"cycle_momentum": False} if kind == "OneCycleLR" else {}))
        rates = []
        for i in range(50):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if kind == "ReduceLROnPlateau":
                schedule.step(metric[i])
            elif i < 49:
                schedule.step()
        cases.append({"name": name, "schedule": kind, "params": params, "rates": rates})
    write_json(
        "schedules.json",
        "Base rate 0.1 (OneCycleLR sets its own). rates[i] is the rate used in step i; the schedule steps after the optimizer. "
        "ReduceLROnPlateau sees metric[i] after step i; PyTorch leaves a change of less than eps = 1e-8 undone.",
        base_lr=0.1, metric=metric, cases=cases)
    print("schedules.json", len(cases), "cases")


if __name__ == "__main__":
    optimizers()
    clipping()
    schedules()
