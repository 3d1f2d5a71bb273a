#!/usr/bin/env python3
"""Training of image networks, side by side with PyTorch and Keras, in one run.

    python3 vision.py [--rounds 5] [--seconds 3] [--threads 1 2] [--nets mnist-cnn resnet20 densenet40]
                      [--peers contiguous channels_last fused keras] [--python PYTHON] [--keras-python PYTHON]
                      [--json FILE] [--no-build]

A process per library and thread count. One round runs every peer once, in an order that turns round by round. A cell is the
median over the rounds (and the best of them), a ratio the median of the ratios within each round; "torch" is, round by round,
the better of PyTorch's two memory layouts. `fused` is PyTorch with fused=True in the optimizer, in both layouts, and does not
count for "torch". --keras-python is a Python with tensorflow and keras; without it Keras is left out.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import harness

HERE = pathlib.Path(__file__).resolve().parent
LAYOUTS = ["contiguous", "channels_last"]
PEERS = LAYOUTS + ["fused", "keras"]


def commands(args):
    peers = {}
    if harness.build_own("vision", args.no_build):
        peers["nn"] = [str(harness.TARGET / "release" / "vision")]
    for layout in LAYOUTS:
        torch = [args.python, str(HERE / "vision_torch.py"), "--layout", layout]
        if layout in args.peers:
            peers[f"torch {layout}"] = torch
        if "fused" in args.peers:
            peers[f"torch {layout} fused"] = torch + ["--optimizer", "fused"]
    if "keras" in args.peers and args.keras_python:
        peers["keras"] = [args.keras_python, str(HERE / "vision_keras.py")]
    return peers


def measure(args, peers):
    """{(peer, net, threads): {round: samples/s}} and every line printed."""
    rates, log = {}, []
    for i in range(args.rounds):
        for net in args.nets:
            for threads in args.threads:
                for peer in harness.turned(list(peers), i):
                    if peer == "keras" and net != "mnist-cnn":
                        continue
                    argv = peers[peer] + ["--net", net, "--threads", str(threads), "--seconds", str(args.seconds)]
                    done = harness.run(argv, threads)
                    if done is None:
                        continue
                    line, _, peak = done
                    if not line["last_loss"] < line["first_loss"]:
                        print(f"{peer} did not learn {net}: {line}", file=sys.stderr)
                        continue
                    rates.setdefault((peer, net, threads), {})[i] = line["samples_per_s"]
                    log.append(line | {"peer": peer, "round": i, "peak_mb": round(peak, 1), "load": harness.load()})
                    print(f"round {i + 1}/{args.rounds} {peer} {net} {threads}T: {line['samples_per_s']:,.0f}/s", file=sys.stderr)
                    if args.json:
                        args.json.write_text("\n".join(map(json.dumps, log)) + "\n")
    return rates


def best_layout(rates, net, threads):
    both = [rates.get((f"torch {layout}", net, threads), {}) for layout in LAYOUTS]
    return {i: max(rate[i] for rate in both if i in rate) for i in set().union(*both)}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=float, default=3.0, help="a measurement")
    args.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args.add_argument("--nets", nargs="+", choices=harness.JOBS, default=list(harness.JOBS))
    args.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--keras-python")
    args.add_argument("--json", type=pathlib.Path, help="write every single measurement here")
    args.add_argument("--no-build", action="store_true")
    args = args.parse_args()
    before = harness.load()
    if before > 0.5:
        print(f"warning: load is {before:.1f} before the start; figures for several threads will suffer most", file=sys.stderr)
    peers = commands(args)
    rates = measure(args, peers)
    cells = [(net, t) for net in args.nets for t in args.threads]
    for net, t in cells:
        if layouts := best_layout(rates, net, t):
            rates["torch", net, t] = layouts
    rows = []
    for peer in [*peers, "torch"]:
        row = [peer]
        for net, t in cells:
            mine = rates.get((peer, net, t))
            text = f"{statistics.median(mine.values()):,.0f}, best {max(mine.values()):,.0f}" if mine else "–"
            if mine and peer != "nn" and ("nn", net, t) in rates:
                text += f" (nn ×{harness.ratio_text(rates['nn', net, t], mine)})"
            row.append(text)
        rows.append(row)
    print(f"Samples a second, medians of {args.rounds} rounds of {args.seconds:g} s; in brackets nn's speed as a multiple of that peer's.\n")
    harness.print_table(["", *[f"{net} {t}T" for net, t in cells]], rows)
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} CPUs, load before the start {before:.1f}.")


if __name__ == "__main__":
    main()
