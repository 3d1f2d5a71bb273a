#!/usr/bin/env python3
"""PyTorch's matrix product on the shapes of real training: one JSON line a shape and form.

    python3 matmul.py --threads N --seconds S     (seconds a measurement)

For a layer with inputs X [batch, in], weight W [in, out] and output gradient dY [batch, out] the three products are
X*W (forward), dY*Wt (input gradient) and Xt*dY (weight gradient). The transposed operand is a view; nothing is copied.
Attention shapes are batches of small products. The result buffer is reused.
"""

import argparse
import json
import time

import torch

# (name, batch of products or None, rows, in, out); `nn` measures the same, see benches/src/bin/matmul.rs.
SHAPES = [
    ("mlp 128x784x512", None, 128, 784, 512),
    ("mlp 128x512x256", None, 128, 512, 256),
    ("mlp 128x256x10", None, 128, 256, 10),
    ("mlp 64x1600x128", None, 64, 1600, 128),
    ("lstm 32x512x2048", None, 32, 512, 2048),
    ("lstm 32x256x1024", None, 32, 256, 1024),
    ("lstm 2048x256x1024", None, 2048, 256, 1024),
    ("gru 32x256x768", None, 32, 256, 768),
    ("attention 48x 64x32x64", 48, 64, 32, 64),
    ("attention 48x 64x64x32", 48, 64, 64, 32),
    ("attention 48x 256x64x256", 48, 256, 64, 256),
    ("transformer 768x128x384", None, 768, 128, 384),
    ("transformer 768x128x512", None, 768, 128, 512),
    ("transformer 768x512x128", None, 768, 512, 128),
    ("transformer 2048x384x1536", None, 2048, 384, 1536),
]


def operands(form, n, rows, n_in, n_out):
    """Left, right and the size of the result."""
    lead = () if n is None else (n,)
    x, w, dy = torch.randn(*lead, rows, n_in), torch.randn(*lead, n_in, n_out), torch.randn(*lead, rows, n_out)
    if form == "X*W":
        return x, w, lead + (rows, n_out)
    if form == "dY*Wt":
        return dy, w.transpose(-1, -2), lead + (rows, n_in)
    return x.transpose(-1, -2), dy, lead + (n_in, n_out)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seconds", type=float, default=0.1)
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    for name, n, rows, n_in, n_out in SHAPES:
        for form in ("X*W", "dY*Wt", "Xt*dY"):
            a, b, size = operands(form, n, rows, n_in, n_out)
            out = torch.empty(size)
            multiply = torch.mm if n is None else torch.bmm
            flops = 2 * (n or 1) * rows * n_in * n_out
            # Enough products a timing that the clock costs nothing; the best timing counts, as the others were disturbed.
            inner = max(1, int(2e7 / flops))
            best, stop = float("inf"), time.perf_counter() + args.seconds
            multiply(a, b, out=out)
            while (start := time.perf_counter()) < stop:
                for _ in range(inner):
                    multiply(a, b, out=out)
                best = min(best, time.perf_counter() - start)
            print(json.dumps({"peer": "torch", "shape": name, "form": form, "threads": args.threads,
                              "gflops": round(inner * flops / best / 1e9, 1)}), flush=True)


if __name__ == "__main__":
    main()
