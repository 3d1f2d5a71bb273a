#!/usr/bin/env python3
"""Principal components of MNIST, side by side with scikit-learn, in one run.

    cargo build --release -p nn-benches --bin prepare
    python benches/peers/prepare.py [--mnist DIR] [--dense] [--rounds 7] [--threads 2] [--json out.json]

The work: fit on 60 000 × 784 floats in memory and transform the same data. `whiten`: all components, whitened. `fifty`: the first
50, ours the randomised way, theirs `svd_solver="auto"` and `"randomized"`, of which the faster counts. Both in 32 bits, in turns;
the median over the rounds counts, and the median of the rounds' ratios. `--check` compares the values as well.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
parser.add_argument("--binary", default=str(target / "release/prepare"))
parser.add_argument("--mnist", default=str(ROOT.parent / "shared/data/mnist"))
parser.add_argument("--dense", action="store_true", help="numbers of which none is zero instead of MNIST, as many")
parser.add_argument("--rounds", type=int, default=7)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--check", action="store_true", help="compare the values, too")
parser.add_argument("--json", help="write the readings to this file")
args = parser.parse_args()
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = str(args.threads)

import numpy as np  # noqa: E402: after the threads are set
import sklearn  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402

if args.dense:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60_000, 784), np.float32)
    X[:, 1:] += 0.5 * X[:, :-1]
    X *= np.linspace(2, 0.1, 784, dtype=np.float32)
    X += 3
else:
    raw = gzip.decompress((pathlib.Path(args.mnist) / "train-images-idx3-ubyte.gz").read_bytes())
    X = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784).astype(np.float32) / 255

# Seconds before each measurement: threads that wait by spinning, after the one before, go to sleep.
PAUSE = 0.25

PATHS = {
    "whiten": {"auto": lambda: PCA(whiten=True)},
    "fifty": {
        "auto": lambda: PCA(50),
        "randomized": lambda: PCA(50, svd_solver="randomized", random_state=0),
    },
}


def theirs(make):
    """Milliseconds, by whichever of the two ways to write it is faster, and the share of the variance that is explained."""
    begin = time.perf_counter()
    pca = make()
    pca.fit(X)
    fit = time.perf_counter() - begin
    pca.transform(X)
    apart = time.perf_counter() - begin
    begin = time.perf_counter()
    pca = make()
    pca.fit_transform(X)
    return 1e3 * min(apart, time.perf_counter() - begin), 1e3 * fit, float(pca.explained_variance_ratio_.sum())


def check(data):
    """The largest difference of the values, the signs of components aside, beyond the noise of the last directions."""
    for work, pca in [("whiten", PCA(whiten=True)), ("fifty", PCA(50))]:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/out.npy"
            subprocess.run([args.binary, data, work, path], check=True)
            ours = np.load(path)
        expected = pca.fit_transform(X.astype(np.float64))
        expected *= np.sign((ours[:, : expected.shape[1]].astype(np.float64) * expected).sum(0))
        share = pca.explained_variance_ / pca.explained_variance_[0]
        for least in [1e-1, 1e-2, 1e-3, 1e-4]:
            kept = share > least
            scale = expected[:, kept].std(0)
            difference = np.abs(ours[:, kept] - expected[:, kept]) / scale
            print(f"{work}: {kept.sum()} components above {least} of the first: largest difference {difference.max():.1e}, "
                  f"median over components of the largest {np.median(difference.max(0)):.1e} deviations")


def main():
    with tempfile.TemporaryDirectory() as folder:
        data = args.mnist
        if args.dense:
            data = f"{folder}/dense.npy"
            np.save(data, X)
        measure(data)
        if args.check:
            check(data)


def measure(data):
    server = subprocess.Popen([args.binary, data, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours(work):
        server.stdin.write(f"{work} {args.threads}\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["fit_ms"] + answer["transform_ms"], answer["fit_ms"], answer["explained"]

    print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, {args.threads} thread(s), {args.rounds} rounds\n")
    report = {}
    for work, paths in PATHS.items():
        readings = {name: [] for name in ["nn", *paths]}
        for _ in range(args.rounds + 1):
            time.sleep(PAUSE)
            readings["nn"].append(ours(work))
            for name, make in paths.items():
                time.sleep(PAUSE)
                readings[name].append(theirs(make))
        readings = {name: values[1:] for name, values in readings.items()}  # the first round warms up
        print(f"{work:12} {'median ms':>10} {'least ms':>9} {'of it fit':>9}   {'variance explained':>18}   ratio to ours")
        medians = {}
        for name, values in readings.items():
            times = [value for value, _, _ in values]
            medians[name] = statistics.median(times)
            ratios = [value / own for (value, _, _), (own, _, _) in zip(values, readings["nn"])]
            print(f"{name:12} {medians[name]:10.0f} {min(times):9.0f} {statistics.median(fit for _, fit, _ in values):9.0f}   "
                  f"{values[-1][2]:18.6f}   {statistics.median(ratios):.2f}")
        best = min(paths, key=medians.get)
        least = {name: min(value for value, _, _ in values) for name, values in readings.items()}
        print(f"{work}: the best of scikit-learn ({best}) takes "
              f"{statistics.median(v / o for (v, _, _), (o, _, _) in zip(readings[best], readings['nn'])):.2f} times as long "
              f"(least times: {least[best] / least['nn']:.2f})\n")
        report[work] = readings
    server.stdin.close()
    server.wait()
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(report) + "\n")


if __name__ == "__main__":
    sys.exit(main())
