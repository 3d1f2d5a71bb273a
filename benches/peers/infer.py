#!/usr/bin/env python3
"""Inference of one picture at a time, side by side with PyTorch eager and ONNX Runtime, in one run.

    python3 infer.py [--rounds 5] [--seconds 1.5] [--threads 1 2] [--nets mnist-cnn resnet20] [--python PYTHON] [--json FILE] [--no-build]

A process per library and thread count. A cell is the median over the rounds of the median microseconds a call (and the least), a
ratio the median of the ratios within each round. "torch" is, round by round, the better of PyTorch's two memory layouts.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import harness

HERE = pathlib.Path(__file__).resolve().parent
LAYOUTS = ["contiguous", "channels_last"]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--seconds", type=float, default=1.5, help="a measurement")
    args.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args.add_argument("--nets", nargs="+", choices=harness.JOBS, default=["mnist-cnn", "resnet20"])
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--json", type=pathlib.Path, help="write every single measurement here")
    args.add_argument("--no-build", action="store_true")
    args = args.parse_args()
    before = harness.load()
    if before > 0.5:
        print(f"warning: load is {before:.1f} before the start; figures for several threads will suffer most", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        peers = {}
        if harness.build_own("vision", args.no_build):
            peers["nn"] = [str(harness.TARGET / "release" / "vision"), "--mode", "infer"]
        for layout in LAYOUTS:
            peers[f"torch {layout}"] = [args.python, str(HERE / "vision_torch.py"), "--mode", "infer", "--layout", layout]
        onnx = [args.python, str(HERE / "infer_onnx.py")]
        exported = {net: os.path.join(folder, f"{net}.onnx") for net in args.nets}
        done = [subprocess.run([*onnx, "--net", net, "--model", file, "--export"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for net, file in exported.items()]
        if any(run.returncode for run in done):
            print("the networks cannot be exported (onnx, onnxscript): ONNX Runtime is left out", file=sys.stderr)
        else:
            peers["onnxruntime"] = onnx
        micros, least = measure(args, peers, exported)
    report(args, peers, micros, least)
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} CPUs, load before the start {before:.1f}.")


def measure(args, peers, exported):
    """{(peer, net, threads): {round: µs}} and the least of all calls."""
    micros, least, log = {}, {}, []
    for i in range(args.rounds):
        for net in args.nets:
            for threads in args.threads:
                for peer in harness.turned(list(peers), i):
                    argv = peers[peer] + ["--net", net, "--threads", str(threads), "--seconds", str(args.seconds)]
                    argv += ["--model", exported[net]] if peer == "onnxruntime" else []
                    done = harness.run(argv, threads)
                    if done is None:
                        continue
                    line, key = done[0], (peer, net, threads)
                    micros.setdefault(key, {})[i] = line["us_per_call"]
                    least[key] = min(least.get(key, line["least_us"]), line["least_us"])
                    log.append(line | {"peer": peer, "round": i, "load": harness.load()})
                    print(f"round {i + 1}/{args.rounds} {peer} {net} {threads}T: {line['us_per_call']:,.0f} µs", file=sys.stderr)
                    if args.json:
                        args.json.write_text("\n".join(map(json.dumps, log)) + "\n")
    return micros, least


def report(args, peers, micros, least):
    cells = [(net, t) for net in args.nets for t in args.threads]
    for net, t in cells:
        both = [micros.get((f"torch {layout}", net, t), {}) for layout in LAYOUTS]
        if best := {i: min(m[i] for m in both if i in m) for i in set().union(*both)}:
            micros["torch", net, t] = best
    rows = []
    for peer in [*peers, "torch"]:
        row = [peer]
        for net, t in cells:
            mine = micros.get((peer, net, t))
            text = f"{statistics.median(mine.values()):,.0f}" if mine else "–"
            if mine and peer != "torch":
                text += f", least {least[peer, net, t]:,.0f}"
            if mine and peer != "nn" and ("nn", net, t) in micros:
                # Times, not speeds: theirs over ours.
                text += f" (nn ×{harness.ratio_text(mine, micros['nn', net, t])})"
            row.append(text)
        rows.append(row)
    print(f"Microseconds a call, medians of {args.rounds} rounds of {args.seconds:g} s; in brackets how many times as fast nn is.\n")
    harness.print_table(["", *[f"{net} {t}T" for net, t in cells]], rows)


if __name__ == "__main__":
    main()
