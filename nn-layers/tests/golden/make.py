#!/usr/bin/env python3
"""Golden values for nn-layers, from PyTorch (f64 unless said otherwise).

    pip install torch torchvision numpy safetensors scikit-learn
    python3 make.py            # writes beside this script

One safetensors file a group, tensors named `<case>.<role>`; the JSON beside it lists the cases with their parameters.
Every `grad_*` is the derivative of sum(output * grad_output), or of the loss itself where the loss is a scalar.
"""

import json
import pathlib

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.metrics import hinge_loss
from torchvision.ops import sigmoid_focal_loss

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class Group:
    def __init__(self, name, about):
        self.name, self.about, self.tensors, self.cases = name, about, {}, []

    def add(self, case, params, **tensors):
        assert case not in [c["name"] for c in self.cases], case
        self.cases.append({"name": case, "params": params})
        for role, t in tensors.items():
            if t is not None:
                self.tensors[f"{case}.{role}"] = t.detach().clone().contiguous()

    def save(self):
        save_file(self.tensors, HERE / f"{self.name}.safetensors")
        made = {"torch": torch.__version__.split("+")[0], "scikit-learn": sklearn.__version__}
        out = {"about": self.about, "made_with": made, "cases": self.cases}
        (HERE / f"{self.name}.json").write_text(json.dumps(out, indent=1) + "\n")
        size = (HERE / f"{self.name}.safetensors").stat().st_size
        print(f"{self.name}: {len(self.cases)} cases, {size} bytes")


def leaf(t):
    return t.detach().clone().requires_grad_(True)


# ---------------------------------------------------------------- activations

def activations():
    g = Group(
        "activations",
        "roles: input, output, grad_output, grad_input; prelu also weight, grad_weight. `<name>_at_kinks` has values only: "
        "points where the derivative is a matter of taste. No input lies in (20, 37), where PyTorch's softplus is already linear.",
    )
    rng = torch.Generator().manual_seed(1)
    # Every piece of every piecewise form, both tails, no kink (0, ±1, ±3).
    smooth = torch.cat([
        torch.tensor([-700.0, -100.0, -40.0, -20.0, -10.0, -5.0, -3.5, -2.9, -2.0, -1.1, -0.9, -0.5, -1e-3, -1e-9]),
        torch.tensor([1e-9, 1e-3, 0.5, 0.9, 1.1, 2.0, 2.9, 3.5, 5.0, 10.0, 20.0, 40.0, 100.0, 700.0]),
        torch.randn(20, generator=rng) * 2,
    ]).reshape(6, 8)
    kinks = torch.tensor([0.0, -0.0, 1.0, -1.0, 3.0, -3.0])
    up = torch.randn(smooth.shape, generator=rng)
    table = {
        "sigmoid": (torch.sigmoid, {}),
        "tanh": (torch.tanh, {}),
        "relu": (F.relu, {}),
        "leaky_relu": (lambda x: F.leaky_relu(x, 0.01), {"slope": 0.01}),
        "leaky_relu_0.2": (lambda x: F.leaky_relu(x, 0.2), {"slope": 0.2}),
        "elu": (F.elu, {"alpha": 1.0}),
        "elu_0.5": (lambda x: F.elu(x, 0.5), {"alpha": 0.5}),
        "selu": (F.selu, {}),
        "gelu": (F.gelu, {}),
        "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), {}),
        "silu": (F.silu, {}),
        "softplus": (F.softplus, {"beta": 1.0}),
        "softsign": (F.softsign, {}),
        "hard_sigmoid": (F.hardsigmoid, {"formula": "min(max(x + 3, 0), 6) / 6"}),
        "hard_tanh": (F.hardtanh, {"formula": "min(max(x, -1), 1)"}),
        "hard_swish": (F.hardswish, {"formula": "x * min(max(x + 3, 0), 6) / 6"}),
    }
    for name, (f, params) in table.items():
        x = leaf(smooth)
        y = f(x)
        y.backward(up)
        g.add(name, params, input=x, output=y, grad_output=up, grad_input=x.grad)
        g.add(f"{name}_at_kinks", params, input=kinks, output=f(kinks))

    for name, shape, weight in [("prelu", (6, 8), [0.25]), ("prelu_channels", (4, 3, 5), [0.25, -0.1, 0.5])]:
        x = leaf(torch.randn(shape, generator=rng) * 3)
        w = leaf(torch.tensor(weight))
        go = torch.randn(shape, generator=rng)
        y = F.prelu(x, w)
        y.backward(go)
        g.add(name, {"channel_axis": 1}, input=x, weight=w, output=y, grad_output=go, grad_input=x.grad, grad_weight=w.grad)

    for f, name in [(torch.softmax, "softmax"), (torch.log_softmax, "log_softmax")]:
        for shape, axis in [((5,), 0), ((4, 7), 1), ((4, 7), 0), ((2, 3, 4), -1), ((2, 3, 4), 1)]:
            x = leaf(torch.randn(shape, generator=rng) * 3)
            go = torch.randn(shape, generator=rng)
            y = f(x, axis)
            y.backward(go)
            case = f"{name}_{'x'.join(map(str, shape))}_axis{axis}"
            g.add(case, {"axis": axis}, input=x, output=y, grad_output=go, grad_input=x.grad)
        x = leaf(torch.tensor([[1e4, -1e4, 0.0, 9999.0], [-1e4, -1e4, -1e4, -1e4], [0.0, 0.0, 1e-12, 700.0]]))
        go = torch.randn(x.shape, generator=rng)
        y = f(x, -1)
        y.backward(go)
        g.add(f"{name}_extreme", {"axis": -1}, input=x, output=y, grad_output=go, grad_input=x.grad)
    g.save()


# ---------------------------------------------------------------- linear

def linear():
    g = Group("linear", "y = x Wᵀ + b; roles: input, weight [out, in], bias, output, grad_output, grad_input, grad_weight, grad_bias")
    rng = torch.Generator().manual_seed(2)
    for batch, n_in, n_out in [((), 5, 3), ((1,), 1, 1), ((4,), 5, 3), ((17,), 13, 9), ((33,), 16, 10), ((2, 3), 7, 4), ((2, 3, 4), 3, 5)]:
        for bias in (True, False):
            x = leaf(torch.randn(*batch, n_in, generator=rng))
            w = leaf(torch.randn(n_out, n_in, generator=rng))
            b = leaf(torch.randn(n_out, generator=rng)) if bias else None
            y = F.linear(x, w, b)
            go = torch.randn(y.shape, generator=rng)
            y.backward(go)
            case = f"{'x'.join(map(str, batch)) or 'vector'}_{n_in}to{n_out}" + ("" if bias else "_nobias")
            g.add(case, {"in_features": n_in, "out_features": n_out, "bias": bias},
                  input=x, weight=w, bias=b, output=y, grad_output=go,
                  grad_input=x.grad, grad_weight=w.grad, grad_bias=b.grad if bias else None)
    g.save()


# ---------------------------------------------------------------- losses

def losses():
    g = Group(
        "losses",
        "roles: input, target, loss, grad_input; class_weights / pos_weight where used; grad_output where reduction is none. "
        "Integer targets are i64.",
    )
    rng = torch.Generator().manual_seed(3)
    randn = lambda *s: torch.randn(*s, generator=rng)
    rand = lambda *s: torch.rand(*s, generator=rng)

    def case(name, kind, f, x, target, params=None, extra=None, reductions=("mean", "sum", "none")):
        for reduction in reductions:
            xi = leaf(x)
            loss = f(xi, target, reduction)
            go = None
            if loss.dim() == 0:
                loss.backward()
            else:
                go = randn(*loss.shape)
                loss.backward(go)
            g.add(f"{name}_{reduction}", {"loss": kind, "reduction": reduction, **(params or {})},
                  input=xi, target=target, loss=loss, grad_output=go, grad_input=xi.grad, **(extra or {}))

    a, b = randn(4, 5) * 2, randn(4, 5) * 2
    case("mse", "mse", lambda x, t, r: F.mse_loss(x, t, reduction=r), a, b)
    case("l1", "l1", lambda x, t, r: F.l1_loss(x, t, reduction=r), a, b)
    for delta in (1.0, 0.5, 3.0):
        case(f"huber_{delta}", "huber", lambda x, t, r: F.huber_loss(x, t, reduction=r, delta=delta), a, b, {"delta": delta},
             reductions=("mean", "sum", "none") if delta == 1.0 else ("mean",))

    logits = torch.cat([randn(5, 3) * 3, torch.tensor([[1e4, -1e4, 0.0], [50.0, -50.0, 800.0]])])
    bits = (rand(7, 3) > 0.5).double()
    pos = torch.tensor([0.5, 1.0, 3.0])
    weight = torch.tensor([1.0, 0.2, 2.0])
    case("bce_with_logits", "bce_with_logits", lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r), logits, bits)
    case("bce_with_logits_pos_weight", "bce_with_logits",
         lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r, pos_weight=pos), logits, bits, extra={"pos_weight": pos})
    case("bce_with_logits_weight", "bce_with_logits",
         lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, weight, reduction=r), logits, bits,
         extra={"class_weights": weight}, reductions=("mean",))
    case("bce_with_logits_soft", "bce_with_logits",
         lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r), logits, rand(7, 3), reductions=("mean",))
    case("bce_with_logits_vector", "bce_with_logits",
         lambda x, t, r: F.binary_cross_entropy_with_logits(x, t, reduction=r), randn(9) * 2, (rand(9) > 0.5).double(), reductions=("mean",))
    case("bce", "bce", lambda x, t, r: F.binary_cross_entropy(x, t, reduction=r), 0.02 + 0.96 * rand(4, 3), bits[:4])

    z = randn(8, 6) * 3
    y = torch.randint(0, 6, (8,), generator=rng)
    w = torch.tensor([0.5, 1.0, 2.0, 0.1, 1.5, 3.0])
    ignoring = y.clone()
    ignoring[[1, 4, 5]] = -100
    soft = torch.softmax(randn(8, 6), 1)
    ce = F.cross_entropy
    case("cross_entropy", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r), z, y)
    case("cross_entropy_smoothing", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r, label_smoothing=0.1), z, y, {"label_smoothing": 0.1})
    case("cross_entropy_weights", "cross_entropy", lambda x, t, r: ce(x, t, w, reduction=r), z, y, extra={"class_weights": w})
    case("cross_entropy_ignore", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r, ignore_index=-100), z, ignoring, {"ignore_index": -100})
    case("cross_entropy_ignore_class", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r, ignore_index=int(y[0])), z, y,
         {"ignore_index": int(y[0])}, reductions=("mean",))
    case("cross_entropy_weights_smoothing", "cross_entropy", lambda x, t, r: ce(x, t, w, reduction=r, label_smoothing=0.2), z, y,
         {"label_smoothing": 0.2}, {"class_weights": w})
    case("cross_entropy_all_options", "cross_entropy",
         lambda x, t, r: ce(x, t, w, reduction=r, label_smoothing=0.2, ignore_index=-100), z, ignoring,
         {"label_smoothing": 0.2, "ignore_index": -100}, {"class_weights": w})
    case("cross_entropy_soft", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r), z, soft)
    case("cross_entropy_soft_smoothing_weights", "cross_entropy", lambda x, t, r: ce(x, t, w, reduction=r, label_smoothing=0.1), z, soft,
         {"label_smoothing": 0.1}, {"class_weights": w})
    case("cross_entropy_one_hot", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r), z, F.one_hot(y, 6).double(), reductions=("mean",))
    huge = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 9999.5], [3e4, 3e4, 3e4], [0.0, -1e4, -1e4]])
    case("cross_entropy_huge_logits", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r), huge, torch.tensor([1, 2, 0, 0]))
    case("cross_entropy_two_classes", "cross_entropy", lambda x, t, r: ce(x, t, reduction=r), randn(5, 2), torch.tensor([0, 1, 1, 0, 1]), reductions=("mean",))

    lp = torch.log_softmax(z, 1)
    case("nll", "nll", lambda x, t, r: F.nll_loss(x, t, reduction=r), lp, y)
    case("nll_weights_ignore", "nll", lambda x, t, r: F.nll_loss(x, t, w, reduction=r, ignore_index=-100), lp, ignoring,
         {"ignore_index": -100}, {"class_weights": w})

    reduce = lambda v, r: v.mean() if r == "mean" else v.sum() if r == "sum" else v
    f, sign = randn(12) * 2, torch.where(rand(12) > 0.5, 1.0, -1.0)
    binary = lambda x, t, r: reduce((1 - t * x).clamp(min=0), r)
    assert np.isclose(hinge_loss(sign.numpy(), f.numpy()), binary(f, sign, "mean").item())
    case("hinge", "hinge", binary, f, sign, {"formula": "max(0, 1 - t*x), t in {-1, +1}; equals sklearn.metrics.hinge_loss"})
    case("squared_hinge", "squared_hinge", lambda x, t, r: reduce((1 - t * x).clamp(min=0) ** 2, r), f, sign,
         {"formula": "max(0, 1 - t*x)^2"}, reductions=("mean",))

    def crammer_singer(x, t, r):
        own = x.gather(1, t[:, None])
        other = x.masked_fill(F.one_hot(t, x.shape[1]).bool(), -torch.inf).amax(1, keepdim=True)
        return reduce((1 + other - own).clamp(min=0).squeeze(1), r)

    assert np.isclose(hinge_loss(y.numpy(), z.numpy(), labels=range(6)), crammer_singer(z, y, "mean").item())
    case("hinge_crammer_singer", "hinge_crammer_singer", crammer_singer, z, y,
         {"formula": "max(0, 1 + max over j != y of x_j - x_y); equals sklearn.metrics.hinge_loss for several classes"})
    case("multi_margin", "multi_margin", lambda x, t, r: F.multi_margin_loss(x, t, reduction=r), z, y,
         {"formula": "sum over j != y of max(0, 1 - x_y + x_j) / C"})

    p = soft.clone()
    p[0] = torch.tensor([0.5, 0.5, 0.0, 0.0, 0.0, 0.0])
    kl = lambda x, t, r: F.kl_div(x, t, reduction="batchmean" if r == "batchmean" else r)
    case("kl_div", "kl_div", kl, lp, p, {"formula": "t * (log t - x), x = log-probabilities, 0 log 0 = 0; batchmean divides by the rows"},
         reductions=("batchmean", "mean", "sum", "none"))
    case("kl_div_log_target", "kl_div", lambda x, t, r: F.kl_div(x, t, reduction=r, log_target=True), lp, torch.log(soft),
         {"log_target": True}, reductions=("batchmean",))
    g.save()


# ---------------------------------------------------------------- trajectory

def trajectory():
    """100 steps of a small network on real digits, with every optimizer."""
    digits = load_digits()
    rows, batch, steps = 512, 32, 100
    images = torch.tensor(digits.data[:rows], dtype=torch.uint8)
    labels = torch.tensor(digits.target[:rows], dtype=torch.int64)
    rng = torch.Generator().manual_seed(4)
    order = torch.cat([torch.randperm(rows, generator=rng) for _ in range(-(-steps * batch // rows))])[: steps * batch]
    order = order.reshape(steps, batch)

    def network(dtype):
        torch.manual_seed(5)
        net = torch.nn.Sequential(
            torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
        # Drawn in f64, rounded to f32: both runs start from the same numbers.
        return net.float().to(dtype)

    optimizers = {
        "sgd": (torch.optim.SGD, dict(lr=0.3)),
        "momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
        "nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)),
        "adagrad": (torch.optim.Adagrad, dict(lr=0.05, eps=1e-10)),
        "rmsprop": (torch.optim.RMSprop, dict(lr=0.003, alpha=0.99, eps=1e-8)),
        "adam": (torch.optim.Adam, dict(lr=0.005, betas=(0.9, 0.999), eps=1e-8)),
        "adamw": (torch.optim.AdamW, dict(lr=0.005, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05)),
    }
    inputs = {"images": images, "labels": labels, "order": order}
    inputs |= {f"init.{k}": v.detach() for k, v in network(torch.float32).state_dict().items()}
    finals, cases = {}, []
    for name, (make, params) in optimizers.items():
        history = {}
        for dtype in (torch.float32, torch.float64):
            net = network(dtype)
            optimizer = make(net.parameters(), **params)
            seen = []
            for rows_of_step in order:
                optimizer.zero_grad(set_to_none=True)
                loss = F.cross_entropy(net(images[rows_of_step].to(dtype) / 16), labels[rows_of_step])
                loss.backward()
                optimizer.step()
                seen.append(loss.item())
            history[dtype] = seen
            if dtype == torch.float32:
                finals |= {f"{name}.{k}": v.detach() for k, v in net.state_dict().items()}
        cases.append({"name": name, "params": params, "losses_f32": history[torch.float32], "losses_f64": history[torch.float64]})
        drift = max(abs(a - b) / b for a, b in zip(history[torch.float32], history[torch.float64]))
        print(f"  {name}: loss {seen[0]:.4f} -> {seen[-1]:.4f}, f32 against f64 at most {drift:.1e} apart")
    save_file(inputs, HERE / "trajectory.safetensors")
    save_file(finals, HERE / "trajectory_final.safetensors")
    about = (
        "MLP 64-32-16-10 with ReLU, cross-entropy (mean). Step i takes the rows order[i] of images (u8, to be divided by 16) and labels. "
        "trajectory.safetensors: images, labels, order [100, 32], init.<layer>.<weight|bias>. "
        "trajectory_final.safetensors: <case>.<layer>.<weight|bias> after 100 steps in f32. Losses are taken before each step."
    )
    out = {"about": about, "made_with": {"torch": torch.__version__.split("+")[0]}, "batch": batch, "steps": steps, "cases": cases}
    (HERE / "trajectory.json").write_text(json.dumps(out, indent=1) + "\n")


# ---------------------------------------------------------------- focal losses

def focal():
    g = Group(
        "focal",
        "roles: input, target, class_weights where used, loss, grad_output where reduction is none, grad_input. binary_focal is "
        "torchvision's sigmoid_focal_loss; focal its counterpart over classes, from PyTorch's cross-entropy of each sample.",
    )
    rng = torch.Generator().manual_seed(8)
    x, yes = torch.randn(7, 4, generator=rng) * 3, (torch.rand(7, 4, generator=rng) < 0.3).double()
    y, w = torch.randint(0, 4, (7,), generator=rng), torch.tensor([0.5, 2.0, 1.0, 4.0])

    def classes(logits, target, gamma, weights, reduction):
        cross = F.cross_entropy(logits, target, reduction="none")
        loss = (1 - torch.exp(-cross)) ** gamma * cross * (1 if weights is None else weights[target])
        return {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean}[reduction]()

    for gamma in [0.0, 0.5, 2.0, 5.0]:
        for reduction in ["none", "sum", "mean"]:
            for alpha in [None, 0.25, 0.9]:
                xi = leaf(x)
                loss = sigmoid_focal_loss(xi, yes, -1 if alpha is None else alpha, gamma, reduction)
                go = torch.randn(loss.shape, generator=rng) if loss.dim() else None
                loss.backward(go)
                params = {"loss": "binary_focal", "gamma": gamma, "alpha": alpha, "reduction": reduction}
                g.add(f"binary_{gamma}_{alpha}_{reduction}", params, input=xi, target=yes, loss=loss, grad_output=go, grad_input=xi.grad)
            for weights in [None, w]:
                xi = leaf(x)
                loss = classes(xi, y, gamma, weights, reduction)
                go = torch.randn(loss.shape, generator=rng) if loss.dim() else None
                loss.backward(go)
                name = f"focal_{gamma}_{'plain' if weights is None else 'weights'}_{reduction}"
                params = {"loss": "focal", "gamma": gamma, "reduction": reduction}
                g.add(name, params, input=xi, target=y, class_weights=weights, loss=loss, grad_output=go, grad_input=xi.grad)
    g.save()


if __name__ == "__main__":
    activations()
    linear()
    losses()
    focal()
    trajectory()
