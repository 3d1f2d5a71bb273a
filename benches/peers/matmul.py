#!/usr/bin/env python3
"""Matrix products, side by side with PyTorch's, in one run.

    cargo build --release -p nn-benches --bin matmul
    python benches/peers/matmul.py [--threads 1,2] [--class mlp] [--rounds 5] [--json out.json]

Each case is measured in turns by both sides, with the same layouts, the result given (`out=`), warm, in f32; the least
time of all rounds counts. A ratio above 1 means that the product of this toolkit is faster.
"""

import argparse
import json
import math
import pathlib
import subprocess
import time

import torch


def torch_call(case):
    b, m, k, n = case["batch"], case["m"], case["k"], case["n"]
    lead = (b,) if b > 1 else ()
    a = torch.randn(*lead, *((k, m) if case["form"] == "tn" else (m, k)))
    w = torch.randn(*lead, *((n, k) if case["form"] == "nt" else (k, n)))
    a = a.transpose(-1, -2) if case["form"] == "tn" else a
    w = w.transpose(-1, -2) if case["form"] == "nt" else w
    out = torch.empty(*lead, m, n)
    product = torch.bmm if b > 1 else torch.mm
    return lambda: product(a, w, out=out)


def torch_least(call, millis):
    for _ in range(3):
        call()
    start = time.perf_counter_ns()
    call()
    once = max(time.perf_counter_ns() - start, 1)
    calls = min(max(20_000 // once, 1), 1000)
    least, end, readings = math.inf, time.perf_counter_ns() + millis * 1_000_000, 0
    while time.perf_counter_ns() < end or readings < 5:
        start = time.perf_counter_ns()
        for _ in range(calls):
            call()
        least = min(least, (time.perf_counter_ns() - start) / calls)
        readings += 1
    return least


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(root / "target/release/matmul"))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--class", dest="kind", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--millis", type=int, default=12, help="per side and round")
    parser.add_argument("--json", help="write the results to this file, one JSON object a line")
    args = parser.parse_args()

    listing = subprocess.run([args.binary, "list"], capture_output=True, text=True, check=True).stdout
    cases = [json.loads(line) for line in listing.splitlines()]
    cases = [case for case in cases if args.kind in case["class"]]
    server = subprocess.Popen([args.binary, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours_least(case, threads):
        fields = [case[key] for key in ("form", "batch", "m", "k", "n")] + [threads, args.millis]
        server.stdin.write(" ".join(map(str, fields)) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())["min_ns"]

    rows = []
    for threads in map(int, args.threads.split(",")):
        torch.set_num_threads(threads)
        print(f"\n{threads} thread(s){'':35}   ours us  torch us    ours  torch GFLOP/s   ratio")
        for case in cases:
            call, ours, theirs = torch_call(case), math.inf, math.inf
            for _ in range(args.rounds):
                theirs = min(theirs, torch_least(call, args.millis))
                # Torch's threads spin for a while after a call.
                time.sleep(0.003)
                ours = min(ours, ours_least(case, threads))
            flops = 2 * case["batch"] * case["m"] * case["k"] * case["n"]
            row = dict(case, threads=threads, ours_ns=ours, torch_ns=theirs, ratio=theirs / ours)
            rows.append(row)
            shape = f"{case['m']}x{case['k']}x{case['n']}" + (f" ({case['batch']})" if case["batch"] > 1 else "")
            print(
                f"{case['class']:12} {case['form']} {shape:24} {ours / 1e3:16.2f} {theirs / 1e3:9.2f} "
                f"{flops / ours:7.1f} {flops / theirs:7.1f}      {row['ratio']:8.2f}",
                flush=True,
            )
    server.stdin.close()
    server.wait()

    print()
    for threads in sorted({row["threads"] for row in rows}):
        for kind in sorted({row["class"] for row in rows}) + [""]:
            ratios = [r["ratio"] for r in rows if r["threads"] == threads and kind in r["class"]]
            if ratios:
                mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
                print(f"{threads} thread(s)  {kind or 'ALL':12} geometric mean {mean:5.2f}   least {min(ratios):5.2f}")
    if args.json:
        with open(args.json, "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
