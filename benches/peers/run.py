#!/usr/bin/env python3
"""Runs ours and the peers in turn and prints the side-by-side table.

    python3 run.py [--rounds 7] [--seconds 3] [--threads 1 2] [--nets tiny mlp] [--peers torch torch-fused burn candle]
                   [--python PYTHON] [--json FILE] [--no-build]

One round runs every peer once, in an order that turns round by round, so that a slow spell of the machine hits all of them.
A cell is the median over the rounds; a ratio is the median of the ratios within each round. Missing binaries are built first
(`cargo build --release`); PyTorch must be importable by --python (default: the Python that runs this script).
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

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Heavy dependencies of their own; not mixed with ours.
PEER_TARGET = pathlib.Path(os.environ.get("PEERS_TARGET_DIR", HERE / "target"))
OURS = "nn"
PEERS = ["torch", "torch-fused", "burn", "candle"]


def build(args):
    jobs = [(OURS, TARGET, ["-p", "nn-benches", "--bin", "train_step"], ROOT, {})]
    for peer in ("burn", "candle"):
        if peer in args.peers:
            # The rivals may use all this processor has; ours chooses at run time and needs no flag.
            jobs.append((peer, PEER_TARGET, [], HERE / peer, {"RUSTFLAGS": "-C target-cpu=native"}))
    for peer, target, extra, folder, env in jobs:
        binary = target / "release" / (extra[-1] if peer == OURS else f"peer-{peer}")
        if args.no_build or (peer != OURS and binary.exists()):
            continue
        print(f"building {peer} ...", file=sys.stderr)
        command = ["cargo", "build", "--release", "--quiet", *extra]
        if subprocess.run(command, cwd=folder, env=os.environ | env | {"CARGO_TARGET_DIR": str(target)}).returncode:
            print(f"{peer} does not build and is left out", file=sys.stderr)


def command(peer, args):
    """The program and its first arguments, or None where it is missing."""
    if peer == "torch":
        return [args.python, str(HERE / "mlp.py")]
    if peer == "torch-fused":
        return [args.python, str(HERE / "mlp.py"), "--optimizer", "fused"]
    binary = TARGET / "release" / "train_step" if peer == OURS else PEER_TARGET / "release" / f"peer-{peer}"
    return [str(binary)] if binary.exists() else None


def peak_memory(pid):
    """The most memory the process ever held, in MB, as far as it has come."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def run(argv, threads, watch_memory=True):
    """Runs to the end: (first JSON line, wall seconds, peak memory in MB), or None if it failed."""
    names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NN_THREADS")
    env = os.environ | {name: str(threads) for name in names}
    peak = 0.0
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, env=env)
        # Not ru_maxrss: that starts from the memory of this script. Looking costs microseconds, ten times a second.
        while watch_memory and child.poll() is None:
            peak = max(peak, peak_memory(child.pid))
            time.sleep(0.1)
        code = child.wait()
        wall = time.perf_counter() - start
        out.seek(0)
        lines = [json.loads(line) for line in out.read().decode().splitlines() if line.startswith("{")]
    if code or not lines:
        print(f"failed: {' '.join(argv)}", file=sys.stderr)
        return None
    return lines[0], wall, peak


def load():
    return os.getloadavg()[0]


def turned(peers, i):
    i %= len(peers)
    return peers[i:] + peers[:i]


def ratio_text(ours, theirs):
    """Median over rounds of ours/theirs; both are {round: value}."""
    both = [ours[r] / theirs[r] for r in ours if theirs.get(r)]
    return f"{statistics.median(both):.2f}" if both else "–"


def print_table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def train(args, peers):
    rates = {}  # (peer, net, threads) -> {round: samples/s}
    memory, startup, log = {}, {}, []
    for i in range(args.rounds):
        for net in args.nets:
            for threads in args.threads:
                for peer in turned(list(peers), i):
                    argv = peers[peer] + ["--net", net, "--threads", str(threads), "--seconds", str(args.seconds)]
                    done = run(argv, threads)
                    if done is None:
                        continue
                    line, _, peak = done
                    rates.setdefault((peer, net, threads), {})[i] = line["samples_per_s"]
                    memory.setdefault((peer, net), []).append(peak)
                    log.append(line | {"peer": peer, "round": i, "peak_mb": round(peak, 1), "load": load()})
                    print(f"round {i + 1}/{args.rounds} {peer} {net} {threads}T: {line['samples_per_s']:,.0f}/s", file=sys.stderr)
    for peer, argv in peers.items():
        spent = [run(argv + ["--net", "tiny", "--threads", "1", "--seconds", "0"], 1, watch_memory=False) for _ in range(3)]
        startup[peer] = min((s[1] for s in spent if s), default=None)

    cells = [(net, t) for net in args.nets for t in args.threads]
    header = ["", *[f"{net} {t}T" for net, t in cells], *[f"peak MB, {net}" for net in args.nets], "start and two steps, ms"]
    rows = []
    for peer in peers:
        row = [peer]
        for net, t in cells:
            mine = rates.get((peer, net, t))
            text = f"{statistics.median(mine.values()):,.0f}" if mine else "–"
            if mine and peer != OURS and (OURS, net, t) in rates:
                text += f" (nn ×{ratio_text(rates[OURS, net, t], mine)})"
            row.append(text)
        row += [f"{statistics.median(memory[peer, net]):.0f}" if (peer, net) in memory else "–" for net in args.nets]
        row.append(f"{startup[peer] * 1000:.0f}" if startup[peer] is not None else "–")
        rows.append(row)
    print(f"Samples a second, medians of {args.rounds} rounds of {args.seconds:g} s; in brackets nn's speed as a multiple of that peer's.\n")
    print_table(header, rows)
    return log


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--rounds", type=int, default=7)
    args.add_argument("--seconds", type=float, default=3.0, help="a measurement")
    args.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args.add_argument("--nets", nargs="+", choices=["tiny", "mlp"], default=["tiny", "mlp"])
    args.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--json", type=pathlib.Path, help="write every single measurement here")
    args.add_argument("--no-build", action="store_true")
    args = args.parse_args()
    before = load()
    if before > 0.5:
        print(f"warning: load is {before:.1f} before the start; figures for several threads will suffer most", file=sys.stderr)
    build(args)
    peers = {}
    for peer in [OURS, *args.peers]:
        argv = command(peer, args)
        if argv is None:
            print(f"{peer}: no binary, left out", file=sys.stderr)
        else:
            peers[peer] = argv
    log = train(args, peers)
    print(f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} CPUs, load before the start {before:.1f}.")
    if args.json:
        args.json.write_text("\n".join(map(json.dumps, log)) + "\n")


if __name__ == "__main__":
    main()
