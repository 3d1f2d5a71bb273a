#!/usr/bin/env python3
"""Same initial weights, same batches: is our loss PyTorch's loss, step by step?

    python3 trajectory.py [--seeds 1 3 10] [--mnist ../shared/data/mnist] [--work DIR]

MLP 784-512-256-10 with ReLU on MNIST, SGD with rate 0.1, batch 128, the first 100 batches of the training file in order.
PyTorch draws the weights, saves them as init.safetensors and trains; then `nn train` starts from the same file, and its
metrics.jsonl is compared line by line. Exit code 1 when a step differs by more than the bar.

Why these seeds: when an input of a ReLU comes within rounding of zero, one run takes the slope 1 and another 0, and from that step
on the losses differ by 1e-5 to 3e-4, in PyTorch too, between one and two threads or between f32 and f64. That happened within
100 steps for 9 of 12 seeds tried. With 1, 3 and 10 PyTorch agrees with itself (1 and 2 threads, permuted units, f64) to 3e-7.
The line "PyTorch against itself" shows how far that holds where this runs.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The bar of the comparison: relative difference of the loss at every step.
BAR = 1e-4
STEPS, BATCH, RATE = 100, 128, 0.1
SEEDS = (1, 3, 10)
# How `nn` is called. {root}, {init}, {mnist} and {out} are filled in. The recipe must say: pixels divided by 255 and nothing else,
# no validation split taken from the training file, shuffle off, cross-entropy, every step logged.
NN_COMMAND = [
    "{root}/target/release/nn", "train", "{root}/benches/peers/trajectory.toml",
    "--set", "network.init={init}", "--data", "{mnist}", "--out", "{out}", "--quiet",
]
# Where the run's log lies below {out}, and under which names a line holds step and loss.
METRICS = "metrics.jsonl"
LOSS_KEYS = ("loss", "train_loss")
STEP_KEY = "step"


def idx(path, header):
    with gzip.open(path) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def torch_losses(mnist, init, seed, dtype, threads=1):
    torch.set_num_threads(threads)
    images = torch.tensor(idx(mnist / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[: STEPS * BATCH])
    labels = torch.tensor(idx(mnist / "train-labels-idx1-ubyte.gz", 8)[: STEPS * BATCH]).long()
    torch.manual_seed(seed)
    # Flatten comes first, as in the recipe, so that the names are 1.weight, 1.bias, 3.weight ... on both sides.
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    save_file(net.state_dict(), init)
    net.to(dtype)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    losses = []
    for i in range(STEPS):
        at = slice(i * BATCH, (i + 1) * BATCH)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(images[at].to(dtype) / 255), labels[at])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def our_losses(log):
    losses = []
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        value = next((entry[k] for k in LOSS_KEYS if entry.get(k) is not None), None)
        # Epoch summaries have no step of their own, or repeat the last one.
        if value is None or entry.get(STEP_KEY) is None or entry.get("kind", "step") != "step":
            continue
        losses.append(value)
    return losses[:STEPS]


def worst(a, b):
    """The largest relative difference and its step, counted from 1."""
    return max((abs(p - q) / abs(q), i + 1) for i, (p, q) in enumerate(zip(a, b)))


def compare(seed, args, work):
    work.mkdir(parents=True, exist_ok=True)
    init = work / "init.safetensors"
    theirs = torch_losses(args.mnist, init, seed, torch.float32)
    exact = torch_losses(args.mnist, init, seed, torch.float64)
    spread = max(worst(theirs, exact), worst(torch_losses(args.mnist, init, seed, torch.float32, threads=2), theirs))
    (work / "torch.json").write_text(json.dumps({"seed": seed, "losses_f32": theirs, "losses_f64": exact}))
    print(f"seed {seed}: PyTorch's loss {theirs[0]:.6f} -> {theirs[-1]:.6f} over {STEPS} steps; "
          f"PyTorch against itself at most {spread[0]:.1e} (step {spread[1]}); files in {work}")
    if args.torch_only:
        return True

    fill = {"root": ROOT, "init": init, "mnist": args.mnist.resolve(), "out": work / "run"}
    command = [part.format(**fill) for part in NN_COMMAND]
    print("  " + " ".join(command))
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        sys.exit("nn train failed")
    ours = our_losses(work / "run" / METRICS)
    if len(ours) != STEPS:
        sys.exit(f"{METRICS} has {len(ours)} step losses, expected {STEPS}")
    for i in list(range(0, STEPS, 20)) + [STEPS - 1]:
        print(f"  step {i + 1:3}  nn {ours[i]:.7f}  torch {theirs[i]:.7f}  relative difference {abs(ours[i] / theirs[i] - 1):.1e}")
    most, step = worst(ours, theirs)
    print(f"  largest relative difference {most:.2e} at step {step} (from PyTorch in f64: {worst(ours, exact)[0]:.2e}), "
          f"bar {BAR:.0e}: {'met' if most <= BAR else 'MISSED'}")
    return most <= BAR


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    args.add_argument("--mnist", type=pathlib.Path, default=ROOT.parent / "shared" / "data" / "mnist")
    args.add_argument("--work", type=lambda p: pathlib.Path(p).resolve(), help="keep the files here instead of in a temporary folder")
    args.add_argument("--torch-only", action="store_true", help="train PyTorch, save init.safetensors and torch.json, and stop")
    args = args.parse_args()
    work = args.work or pathlib.Path(tempfile.mkdtemp(prefix="trajectory-"))
    met = [compare(seed, args, work / f"seed{seed}") for seed in args.seeds]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
