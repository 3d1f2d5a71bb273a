#!/usr/bin/env python3
"""Judging ten million scores, side by side with scikit-learn, in one run.

    cargo build --release -p nn-benches --bin metrics
    python3 benches/peers/metrics.py [--rounds 5] [--samples 10000000] [--positives 0.1] [--json out.json]

The work: ROC AUC and average precision, both curves with all their points, F1 at its best threshold, log loss, Brier score,
expected calibration error in 15 bins, Matthews' correlation and balanced accuracy at the threshold 0.5; the same numbers on both
sides, compared. Two ways of using scikit-learn: its functions by name, each of which sorts again, and the least work that gives
the same: each curve once and the areas from it, one confusion matrix for both scores of decisions, numpy for the bins. The
faster one counts. scikit-learn works on one thread; ours is timed with one and with two. Everything in turns.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import sklearn
import sklearn.metrics as M


def ece(truth, p, bins=15):
    edges = np.linspace(0, 1, bins + 1)
    which = np.searchsorted(edges[1:-1], p)
    total = np.bincount(which, minlength=bins)
    score, positive = np.bincount(which, p, bins), np.bincount(which, truth, bins)
    return np.abs(positive - score).sum() / total.sum()


def by_name(truth, p):
    fpr, _, _ = M.roc_curve(truth, p)
    precision, recall, _ = M.precision_recall_curve(truth, p)
    said = p >= 0.5
    with np.errstate(invalid="ignore"):
        best = np.nanmax(2 * precision * recall / (precision + recall))
    return {
        "roc_auc": M.roc_auc_score(truth, p), "average_precision": M.average_precision_score(truth, p),
        "roc_points": len(fpr), "precision_recall_points": len(recall), "best_f1": best,
        "log_loss": M.log_loss(truth, p), "brier": M.brier_score_loss(truth, p), "ece": ece(truth, p),
        "mcc": M.matthews_corrcoef(truth, said), "balanced_accuracy": M.balanced_accuracy_score(truth, said),
    }


def least_work(truth, p):
    fpr, tpr, _ = M.roc_curve(truth, p)
    precision, recall, _ = M.precision_recall_curve(truth, p)
    (tn, fp), (fn, tp) = M.confusion_matrix(truth, p >= 0.5).astype(float)
    with np.errstate(invalid="ignore"):
        best = np.nanmax(2 * precision * recall / (precision + recall))
    return {
        "roc_auc": M.auc(fpr, tpr), "average_precision": -np.sum(np.diff(recall) * precision[:-1]),
        "roc_points": len(fpr), "precision_recall_points": len(recall), "best_f1": best,
        "log_loss": M.log_loss(truth, p), "brier": M.brier_score_loss(truth, p), "ece": ece(truth, p),
        "mcc": (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        "balanced_accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
    }


WAYS = {"scikit-learn, by name": by_name, "scikit-learn, least work": least_work}


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(root / "target/release/metrics"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=10_000_000)
    parser.add_argument("--positives", type=float, default=0.1, help="share of positives")
    parser.add_argument("--json", help="write the medians to this file")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    truth = (rng.random(args.samples) < args.positives).astype(np.uint8)
    p = 1 / (1 + np.exp(1 - rng.normal(size=args.samples) - 1.5 * truth))
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/scores.npy", f"{folder}/truth.npy"]
        np.save(files[0], p)
        np.save(files[1], truth)
        compare(args, truth.astype(np.int64), p, files)


def compare(args, truth, p, files):
    server = subprocess.Popen([args.binary, "serve", *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours(threads):
        server.stdin.write(f"{threads}\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["seconds"], answer["values"]

    ours(2)
    times = {name: [] for name in ["nn, 1 thread", "nn, 2 threads", *WAYS]}
    values = {}
    for _ in range(args.rounds):
        for threads in (1, 2):
            name = f"nn, {threads} thread" + "s" * (threads > 1)
            seconds, values[name] = ours(threads)
            times[name].append(seconds)
        for name, way in WAYS.items():
            start = time.perf_counter()
            values[name] = way(truth, p)
            times[name].append(time.perf_counter() - start)
    server.stdin.close()
    server.wait()

    worst = max(abs(values["nn, 1 thread"][key] - float(value[key])) for value in values.values() for key in value)
    print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, {args.samples} scores, {args.positives:.1%} positive, {args.rounds} rounds")
    print(f"the largest difference of any value: {worst:.1e}\n")
    best = [min(pair) for pair in zip(*(times[name] for name in WAYS))]
    print(f"{'seconds':26} {'median':>8} {'least':>8}   scikit-learn's better way takes")
    for name, seconds in times.items():
        ratio = statistics.median(theirs / own for theirs, own in zip(best, seconds))
        text = f"{ratio:.1f}× as long" if name.startswith("nn") else ""
        print(f"{name:26} {statistics.median(seconds):8.2f} {min(seconds):8.2f}   {text}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"seconds": times, "values": values}, default=float) + "\n")


if __name__ == "__main__":
    main()
