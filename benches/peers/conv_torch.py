#!/usr/bin/env python3
"""Convolutions in PyTorch, one after the other as they are asked for on standard input: what `conv.py` starts.

    python3 conv_torch.py --threads N --layout contiguous|channels_last

A line in: `forward|dx|dw n c h w out kernel stride padding millis`. A line out: {"least_ns": …, "median_ns": …, "calls": …}.
"""

import argparse
import json
import statistics
import sys
import time

import torch


def call(kind, n, c, h, w, out, kernel, stride, padding, layout):
    torch.manual_seed(0)
    make = lambda *shape: (torch.rand(*shape) * 2 - 1).contiguous(memory_format=layout)
    x, weight = make(n, c, h, w), make(out, c, kernel, kernel)
    if kind == "forward":
        return lambda: torch.nn.functional.conv2d(x, weight, None, stride, padding)
    dy = torch.rand_like(torch.nn.functional.conv2d(x, weight, None, stride, padding), memory_format=layout)
    mask = [kind == "dx", kind == "dw", False]
    both = lambda a: [a, a]
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(dy, x, weight, None, both(stride), both(padding), [1, 1], False, [0, 0], 1, mask)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    layout = torch.channels_last if args.layout == "channels_last" else torch.contiguous_format
    for line in sys.stdin:
        kind, *numbers = line.split()
        *shape, millis = map(int, numbers)
        with torch.no_grad():
            run = call(kind, *shape, layout)
            for _ in range(3):
                run()
            spent, end = [], time.perf_counter_ns() + millis * 1_000_000
            while time.perf_counter_ns() < end or len(spent) < 5:
                start = time.perf_counter_ns()
                run()
                spent.append(time.perf_counter_ns() - start)
        print(json.dumps({"least_ns": min(spent), "median_ns": statistics.median(spent), "calls": len(spent)}), flush=True)


if __name__ == "__main__":
    main()
