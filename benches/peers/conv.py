#!/usr/bin/env python3
"""Convolutions, side by side with PyTorch's: forward, input gradient and weight gradient, in one run.

    python3 conv.py [--threads 1 2] [--rounds 7] [--millis 150] [--shapes 64x64] [--passes forward dx dw] [--all]
                    [--python PYTHON] [--json FILE] [--no-build]

A process per library, layout and thread count, asked in turn; each answers with the median and the least time of its calls within
--millis. A cell is the median over the rounds of those medians, in brackets the least of all calls; "torch" is, round by round, the
better of its two layouts; a ratio is the median of the ratios within each round, in brackets the ratio of the least times: above 1, ours
is faster. --all adds the other shapes of the networks compared.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

import harness

HERE = pathlib.Path(__file__).resolve().parent
LAYOUTS = ["contiguous", "channels_last"]
# n, c, h, w, out, kernel, stride, padding
BARS = [
    (64, 1, 28, 28, 32, 3, 1, 0),
    (64, 32, 26, 26, 64, 3, 1, 0),
    (128, 16, 32, 32, 16, 3, 1, 1),
    (128, 32, 16, 16, 32, 3, 1, 1),
    (128, 64, 8, 8, 64, 3, 1, 1),
]
OTHERS = [
    (128, 3, 32, 32, 16, 3, 1, 1),
    (128, 16, 32, 32, 32, 3, 2, 1),
    (128, 32, 16, 16, 64, 3, 2, 1),
    (64, 3, 32, 32, 24, 3, 1, 1),
    (64, 60, 32, 32, 48, 1, 1, 0),
    (64, 48, 32, 32, 12, 3, 1, 1),
    (64, 102, 16, 16, 48, 1, 1, 0),
    (64, 48, 16, 16, 12, 3, 1, 1),
    (64, 48, 8, 8, 12, 3, 1, 1),
    (8, 3, 224, 224, 64, 7, 2, 3),
    (8, 64, 56, 56, 64, 3, 1, 1),
    (8, 256, 14, 14, 256, 3, 1, 1),
]


def name(shape):
    n, c, h, w, out, kernel, stride, _ = shape
    return f"{c}→{out} {kernel}×{kernel}{f'/{stride}' if stride > 1 else ''}, {h}²" + f", N {n}"


class Server:
    """A process that measures what it is asked to."""

    def __init__(self, argv, threads):
        env = os.environ | {key: str(threads) for key in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NN_THREADS")}
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def ask(self, kind, shape, millis):
        self.child.stdin.write(" ".join(map(str, (kind, *shape, millis))) + "\n")
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        # Torch's threads spin for a while after a call.
        time.sleep(0.01)
        return answer

    def end(self):
        self.child.stdin.close()
        self.child.wait()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args.add_argument("--rounds", type=int, default=7)
    args.add_argument("--millis", type=int, default=150, help="per side and round")
    args.add_argument("--shapes", default="", help="only those whose name holds this")
    args.add_argument("--passes", nargs="+", choices=["forward", "dx", "dw"], default=["forward", "dx", "dw"])
    args.add_argument("--all", action="store_true")
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--json", type=pathlib.Path, help="write the results to this file, one JSON object a line")
    args.add_argument("--no-build", action="store_true")
    args = args.parse_args()
    before = harness.load()
    if before > 0.5:
        print(f"warning: load is {before:.1f} before the start; figures for several threads will suffer most", file=sys.stderr)
    own = [str(harness.TARGET / "release" / "conv")] if harness.build_own("conv", args.no_build) else None
    shapes = [shape for shape in BARS + (OTHERS if args.all else []) if args.shapes in name(shape)]

    log = []
    for threads in args.threads:
        sides = {"nn": Server([*own, "--threads", str(threads)], threads)} if own else {}
        for layout in LAYOUTS:
            argv = [args.python, str(HERE / "conv_torch.py"), "--threads", str(threads), "--layout", layout]
            sides[layout] = Server(argv, threads)
        rows, ratios = [], []
        for shape in shapes:
            for kind in args.passes:
                took = {side: [] for side in sides}
                least = dict.fromkeys(sides, math.inf)
                for i in range(args.rounds):
                    for side in harness.turned(list(sides), i):
                        answer = sides[side].ask(kind, shape, args.millis)
                        took[side].append(answer["median_ns"])
                        least[side] = min(least[side], answer["least_ns"])
                torch = [min(pair) for pair in zip(*(took[layout] for layout in LAYOUTS))]
                n, c, h, w, out, kernel, stride, padding = shape
                outputs = ((h + 2 * padding - kernel) // stride + 1) * ((w + 2 * padding - kernel) // stride + 1)
                flops = 2 * n * out * outputs * c * kernel * kernel
                ms = {side: statistics.median(times) / 1e6 for side, times in took.items()}
                best = statistics.median(torch) / 1e6
                row = [name(shape), kind, *(f"{ms[layout]:.3f} ({least[layout] / 1e6:.3f})" for layout in LAYOUTS), f"{flops / best / 1e6:.0f}"]
                if own:
                    ratio = statistics.median(t / o for t, o in zip(torch, took["nn"]))
                    undisturbed = min(least[layout] for layout in LAYOUTS) / least["nn"]
                    ratios.append((kind, ratio, undisturbed))
                    row += [f"{ms['nn']:.3f} ({least['nn'] / 1e6:.3f})", f"{flops / ms['nn'] / 1e6:.0f}", f"{ratio:.2f} ({undisturbed:.2f})"]
                rows.append(row)
                log.append({"shape": shape, "pass": kind, "threads": threads, "median_ms": ms, "least_ns": least, "torch_ms": best})
                print(" | ".join(row), file=sys.stderr, flush=True)
        for side in sides.values():
            side.end()
        print(f"\n{threads} thread(s), ms a call: median (least); GFLOP/s of the direct form\n")
        ours = ["nn", "nn GFLOP/s", "ratio"] if own else []
        harness.print_table(["shape", "pass", *(f"torch {layout}" for layout in LAYOUTS), "torch GFLOP/s", *ours], rows)
        for kind in [*args.passes, ""] if ratios else []:
            both = [[row[at] for row in ratios if kind in row[0]] for at in (1, 2)]
            means = [math.exp(sum(map(math.log, some)) / len(some)) for some in both]
            print(f"{kind or 'all'}: geometric mean {means[0]:.2f} ({means[1]:.2f}), least {min(both[0]):.2f} ({min(both[1]):.2f})")
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} CPUs, load before the start {before:.1f}.")
    if args.json:
        args.json.write_text("\n".join(map(json.dumps, log)) + "\n")


if __name__ == "__main__":
    main()
