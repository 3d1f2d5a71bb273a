#!/usr/bin/env python3
"""What PyTorch reaches on MNIST: MLP 784-512-256-10, ReLU, Adam 1e-3, batch 128, pixels divided by 255.

    python3 mnist.py [--epochs 5] [--seeds 3] [--threads 1] [--mnist ../shared/data/mnist]

Prints a JSON line a seed: test accuracy after each epoch, training seconds (evaluation not counted) and peak memory.
"""

import argparse
import gzip
import json
import pathlib
import resource
import time

import numpy as np
import torch
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def load(folder, name):
    def read(path, header):
        with gzip.open(path) as f:
            return np.frombuffer(f.read(), np.uint8, offset=header)

    x = torch.tensor(read(folder / f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 784)).float() / 255
    return x, torch.tensor(read(folder / f"{name}-labels-idx1-ubyte.gz", 8)).long()


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--epochs", type=int, default=5)
    args.add_argument("--seeds", type=int, default=3)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--mnist", type=pathlib.Path, default=ROOT.parent / "shared" / "data" / "mnist")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    x, y = load(args.mnist, "train")
    tx, ty = load(args.mnist, "t10k")
    finals = []
    for seed in range(args.seeds):
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Linear(784, 512), torch.nn.ReLU(), torch.nn.Linear(512, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
        accuracy, spent = [], 0.0
        for _ in range(args.epochs):
            start = time.perf_counter()
            order = torch.randperm(len(x))
            for at in order.split(128):
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(net(x[at]), y[at]).backward()
                optimizer.step()
            spent += time.perf_counter() - start
            with torch.no_grad():
                accuracy.append(round((net(tx).argmax(1) == ty).double().mean().item(), 4))
        finals.append(accuracy[-1])
        print(json.dumps({
            "peer": "torch", "seed": seed, "accuracy": accuracy, "seconds": round(spent, 2), "threads": args.threads,
            "samples_per_s": round(args.epochs * len(x) / spent), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }), flush=True)
    print(json.dumps({"peer": "torch", "epochs": args.epochs, "mean_accuracy": round(sum(finals) / len(finals), 5)}))


if __name__ == "__main__":
    main()
