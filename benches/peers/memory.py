#!/usr/bin/env python3
"""Peak memory of a process that makes five training steps of ResNet-20, batch 128: PyTorch's against ours.

    python3 memory.py [--nets resnet20] [--threads 1 2] [--rounds 3] [--python PYTHON] [--no-build]

The highest resident size the kernel saw (VmHWM). PyTorch's includes Python and its libraries; what the same process holds with
a network of no work stands beside it ("loaded"), so that the steps' own share can be seen too.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

import harness

HERE = pathlib.Path(__file__).resolve().parent


def peak(argv, threads):
    """MB, by the kernel's count when the process ends."""
    env = os.environ | {key: str(threads) for key in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NN_THREADS")}
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    most = 0.0
    while child.poll() is None:
        most = max(most, harness.peak_memory(child.pid))
        time.sleep(0.005)
    if child.returncode:
        print(f"failed: {' '.join(argv)}", file=sys.stderr)
        return None
    return most


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--nets", nargs="+", choices=harness.JOBS, default=["resnet20"])
    args.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--no-build", action="store_true")
    args = args.parse_args()
    torch = [args.python, str(HERE / "vision_torch.py"), "--mode", "steps"]
    peers = {"torch contiguous": torch, "torch channels_last": torch + ["--layout", "channels_last"]}
    if harness.build_own("vision", args.no_build):
        peers = {"nn": [str(harness.TARGET / "release" / "vision"), "--mode", "steps"]} | peers
    loaded = peak([args.python, "-c", "import torch; torch.ones(4).sum()"], 1)
    cells = [(net, t) for net in args.nets for t in args.threads]
    rows = []
    for peer, argv in peers.items():
        row = [peer]
        for net, threads in cells:
            seen = [peak([*argv, "--net", net, "--threads", str(threads)], threads) for _ in range(args.rounds)]
            seen = [mb for mb in seen if mb]
            row.append(f"{statistics.median(seen):.0f}" if seen else "–")
        rows.append(row)
    print(f"Peak MB of a process with five training steps, medians of {args.rounds}. Loaded torch alone: {loaded:.0f}.\n")
    harness.print_table(["", *[f"{net} {t}T" for net, t in cells]], rows)


if __name__ == "__main__":
    main()
