#!/usr/bin/env python3
"""Golden values for nn-core, from NumPy, SciPy and PyTorch (f64), and files as Python writes them.

    pip install torch numpy scipy safetensors
    python3 make.py            # writes beside this script

ops.safetensors, linalg.safetensors: tensors named `<case>.<role>`, cases listed in the JSON beside each.
npy/: arrays written by NumPy, the values in npy/contents.json. python.safetensors: written by the safetensors package.
"""

import json
import pathlib
import statistics
from fractions import Fraction

import numpy as np
import scipy
import scipy.linalg
import torch
from numpy.lib import format as npy
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(31)
MADE = {"numpy": np.__version__, "scipy": scipy.__version__, "torch": torch.__version__.split("+")[0]}


class Group:
    def __init__(self, name, about):
        self.name, self.about, self.tensors, self.cases = name, about, {}, []

    def add(self, case, op, params=None, **tensors):
        assert case not in [c["name"] for c in self.cases], case
        self.cases.append({"name": case, "op": op, "params": params or {}})
        self.tensors |= {f"{case}.{role}": torch.as_tensor(t).detach().clone().contiguous() for role, t in tensors.items()}

    def save(self):
        path = HERE / f"{self.name}.safetensors"
        save_file(self.tensors, path)
        path.chmod(0o644)
        out = {"about": self.about, "made_with": MADE, "cases": self.cases}
        (HERE / f"{self.name}.json").write_text(json.dumps(out, indent=1) + "\n")
        print(f"{self.name}: {len(self.cases)} cases, {path.stat().st_size} bytes")


def randn(*shape):
    return torch.from_numpy(rng.normal(size=shape))


def leaf(t):
    return t.detach().clone().requires_grad_(True)


def shape_name(*shapes):
    return "_".join("x".join(map(str, s)) or "scalar" for s in shapes)


# ---------------------------------------------------------------- ops

def ops():
    g = Group(
        "ops",
        "roles: a, b (inputs), output, and where the op is differentiable grad_output, grad_a, grad_b. "
        "Reductions: params.axes (null = all), keepdim. variance: params.correction. argmax indices are i64.",
    )

    def binary(case, op, f, a, b, params=None):
        a, b = leaf(a), leaf(b)
        y = f(a, b)
        go = torch.from_numpy(rng.normal(size=tuple(y.shape)))
        y.backward(go)
        g.add(case, op, params, a=a, b=b, output=y, grad_output=go, grad_a=a.grad, grad_b=b.grad)

    def unary(case, op, f, a, params=None):
        a = leaf(a)
        y = f(a)
        go = torch.from_numpy(np.asarray(rng.normal(size=tuple(y.shape))))
        y.backward(go)
        g.add(case, op, params, a=a, output=y, grad_output=go, grad_a=a.grad)

    for sa, sb in [((3, 4), (4, 5)), ((1, 1), (1, 1)), ((7, 1), (1, 6)), ((17, 9), (9, 33)), ((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)),
                   ((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((5, 1, 2, 3), (2, 3, 2)), ((3, 4), (2, 4, 2)), ((2, 3, 4), (4,))]:
        binary(f"matmul_{shape_name(sa, sb)}", "matmul", torch.matmul, randn(*sa), randn(*sb))

    positive = lambda *s: randn(*s).abs() + 0.5
    for op, f in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div),
                  ("maximum", torch.maximum), ("minimum", torch.minimum), ("pow", torch.pow)]:
        for sa, sb in [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (4, 1))]:
            binary(f"{op}_{shape_name(sa, sb)}", op, f, positive(*sa), positive(*sb))

    x = randn(2, 3, 4)
    for axes in (None, 0, 1, -1, [0, 2], [1, 2]):
        for keep in (False, True):
            tag = ("all" if axes is None else "_".join(map(str, np.atleast_1d(axes)))) + ("_keepdim" if keep else "")
            dims = tuple(range(3)) if axes is None else axes
            params = {"axes": axes, "keepdim": keep}
            unary(f"sum_{tag}", "sum", lambda a: a.sum(dims, keepdim=keep), x, params)
            unary(f"mean_{tag}", "mean", lambda a: a.mean(dims, keepdim=keep), x, params)
            unary(f"log_sum_exp_{tag}", "log_sum_exp", lambda a: a.logsumexp(dims, keepdim=keep), x, params)
            unary(f"max_{tag}", "max", lambda a: a.amax(dims, keepdim=keep), x, params)
            unary(f"min_{tag}", "min", lambda a: a.amin(dims, keepdim=keep), x, params)
            for correction in (0, 1):
                unary(f"variance{correction}_{tag}", "variance", lambda a: a.var(dims, correction=correction, keepdim=keep), x,
                      params | {"correction": correction})
    unary("std_-1", "std", lambda a: a.std(-1, correction=1), x, {"axes": -1, "keepdim": False, "correction": 1})
    for name, data in [("huge", [[1e4, -1e4, 9999.0], [-1e4, -1e4, -1e4]]), ("tiny", [[-745.0, -800.0, -746.0], [700.0, 709.0, 710.0]])]:
        unary(f"log_sum_exp_{name}", "log_sum_exp", lambda a: a.logsumexp(-1), torch.tensor(data), {"axes": -1, "keepdim": False})
    # A large mean and a small spread: the sum-of-squares formula fails here, and PyTorch keeps only nine digits. Exact fractions.
    far = 1e8 + randn(3, 50)
    output = torch.tensor([float(statistics.variance(map(Fraction, row))) for row in far.tolist()])
    g.add("variance1_far_from_zero", "variance", {"axes": -1, "keepdim": False, "correction": 1}, a=far, output=output)
    for axis in (0, 1, 2):
        g.add(f"argmax_{axis}", "argmax", {"axis": axis}, a=x, output=x.argmax(axis))
        g.add(f"argmin_{axis}", "argmin", {"axis": axis}, a=x, output=x.argmin(axis))

    mid = torch.tensor([-30.0, -7.5, -2.0, -0.75, -1e-6, 1e-6, 0.3, 1.0, 2.5, 8.0, 30.0])
    above = torch.tensor([1e-12, 1e-3, 0.5, 1.0, 1.5, 10.0, 1e6])
    more = {"powf_2.5": {"p": 2.5}, "clamp_-1_2": {"lo": -1, "hi": 2}}
    for op, f, a in [
        ("exp", torch.exp, mid), ("expm1", torch.expm1, mid), ("ln", torch.log, above), ("log1p", torch.log1p, above), ("sqrt", torch.sqrt, above),
        ("square", torch.square, mid), ("recip", torch.reciprocal, mid), ("sin", torch.sin, mid), ("cos", torch.cos, mid), ("abs", torch.abs, mid),
        ("neg", torch.neg, mid), ("erf", torch.erf, mid), ("powf_2.5", lambda t: t**2.5, above), ("clamp_-1_2", lambda t: t.clamp(-1, 2), mid[mid != 1]),
    ]:
        unary(op, op.split("_")[0], f, a, more.get(op))
    g.save()


# ---------------------------------------------------------------- linalg

def linalg():
    g = Group(
        "linalg",
        "lstsq: a, b -> x, minimising |a x - b|. cholesky: a = l lᵀ. eigh: ascending values, columns of vectors (sign free). "
        "svd: a = u diag(s) vt, reduced, s descending (signs free).",
    )
    for m, n, k in [(6, 3, 1), (10, 4, 2), (5, 5, 1), (30, 8, 1)]:
        a, b = rng.normal(size=(m, n)), rng.normal(size=(m, k))
        g.add(f"lstsq_{m}x{n}_{k}", "lstsq", a=a, b=b, x=scipy.linalg.lstsq(a, b)[0])
    t = np.linspace(0, 1, 20)
    a, b = np.vander(t, 6, increasing=True), np.sin(3 * t)[:, None]
    g.add("lstsq_polynomial", "lstsq", {"condition": float(np.linalg.cond(a))}, a=a, b=b, x=scipy.linalg.lstsq(a, b)[0])
    for n in (1, 2, 5, 12):
        r = rng.normal(size=(n, n + 2))
        spd = r @ r.T
        g.add(f"cholesky_{n}", "cholesky", a=spd, l=np.linalg.cholesky(spd))
        sym = rng.normal(size=(n, n))
        sym = sym + sym.T
        values, vectors = np.linalg.eigh(sym)
        g.add(f"eigh_{n}", "eigh", a=sym, values=values, vectors=vectors)
    low = rng.normal(size=(6, 2))
    for name, a in [("square", rng.normal(size=(5, 5))), ("tall", rng.normal(size=(8, 3))), ("wide", rng.normal(size=(3, 7))), ("rank_2", low @ low.T)]:
        u, s, vt = np.linalg.svd(a, full_matrices=False)
        g.add(f"svd_{name}", "svd", a=a, u=u, s=s, vt=vt)
    g.save()


# ---------------------------------------------------------------- files

def files():
    folder = HERE / "npy"
    folder.mkdir(exist_ok=True)
    contents = []

    def write(name, array, version=None, order="C"):
        array = np.asarray(array, order=order)
        with open(folder / f"{name}.npy", "wb") as f:
            npy.write_array(f, array, version=version)
        contents.append({"file": f"{name}.npy", "dtype": array.dtype.str, "shape": list(array.shape), "fortran": order == "F",
                         "version": list(version or (1, 0)), "values": array.ravel(order="C").tolist()})

    grid = np.arange(12).reshape(3, 4) * 1.5 - 4
    for name, dtype in [("f32", "<f4"), ("f64", "<f8"), ("u8", "u1"), ("u32", "<u4"), ("i64", "<i8")]:
        write(name, np.abs(grid).astype(dtype) if name[0] == "u" else grid.astype(dtype))
    write("f32_fortran", grid.astype("<f4"), order="F")
    write("i64_fortran_3d", np.arange(24, dtype="<i8").reshape(2, 3, 4), order="F")
    write("f64_version_2", grid, version=(2, 0))
    write("f32_version_3", grid.astype("<f4"), version=(3, 0))
    write("f32_scalar", np.float32(2.5))
    write("f32_vector", np.array([1.0, -2.0, 1e-38, 3.4e38], "<f4"))
    write("f32_empty", np.zeros((0, 4), "<f4"))
    write("f64_special", np.array([0.0, -0.0, 5e-324, 1.7976931348623157e308]))
    # Valid .npy that a reader of little-endian floats and integers may refuse, but must not misread.
    write("f64_big_endian", grid.astype(">f8"))
    write("i32", np.array([-1, 2, 3], "<i4"))
    write("f16", np.array([0.5, -1.0, 65504.0], "<f2"))
    write("bool", np.array([True, False, True]))
    (folder / "contents.json").write_text(json.dumps({"made_with": {"numpy": np.__version__}, "files": contents}, indent=1) + "\n")

    path = HERE / "python.safetensors"
    save_numpy(
        {
            "0.weight": (np.arange(6).reshape(2, 3) / 4).astype(np.float32), "0.bias": np.array([-1.0, 1.0], np.float32),
            "double": np.array([[1e-300, 1e300]]), "labels": np.array([0, -1, 9_000_000_000], np.int64),
            "tokens": np.array([0, 4_294_967_295], np.uint32), "pixels": np.arange(8, dtype=np.uint8).reshape(2, 2, 2),
            "scalar": np.array(3.25, np.float32), "empty": np.zeros((0, 3), np.float32),
        },
        path,
        metadata={"format": "pt"},
    )
    path.chmod(0o644)
    print("npy:", len(contents), "files; python.safetensors", path.stat().st_size, "bytes")


if __name__ == "__main__":
    ops()
    linalg()
    files()
