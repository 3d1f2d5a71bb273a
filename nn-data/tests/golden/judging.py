#!/usr/bin/env python3
"""Golden values for the metrics of skewed, ranked, multi-class and multi-label data, from scikit-learn (f64).

    pip install scikit-learn numpy
    python3 judging.py            # writes judging.json beside this script

An undefined ratio (0/0) counts as 0, scikit-learn's zero_division=0. What scikit-learn leaves undefined (NaN) is null.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import sklearn
import sklearn.metrics as M
from sklearn.calibration import calibration_curve
from sklearn.preprocessing import label_binarize

HERE = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(4)
warnings.filterwarnings("ignore")


def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    v = v.tolist() if hasattr(v, "tolist") else v
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, float) and not math.isfinite(v):
        return None
    return v


def ece(truth, p, bins):
    """Written out: scikit-learn has none. Bins are open below and closed above, as in its calibration_curve."""
    edges = np.linspace(0, 1, bins + 1)
    which = np.searchsorted(edges[1:-1], p)
    gaps = [abs(truth[which == b].mean() - p[which == b].mean()) * (which == b).sum() for b in set(which)]
    return sum(gaps) / len(p)


def ranked(name, truth, score):
    truth, score = np.asarray(truth), np.asarray(score, float)
    fpr, tpr, thresholds = M.roc_curve(truth, score)
    precision, recall, pr_thresholds = M.precision_recall_curve(truth, score)
    out = {
        "name": name, "truth": truth, "scores": score,
        "roc_auc": M.roc_auc_score(truth, score), "average_precision": M.average_precision_score(truth, score),
        "roc": {"fpr": fpr, "tpr": tpr, "thresholds": thresholds},
        "precision_recall": {"precision": precision, "recall": recall, "thresholds": pr_thresholds},
    }
    if score.min() >= 0 and score.max() <= 1:
        out["brier"] = M.brier_score_loss(truth, score, pos_label=1)
        out["log_loss"] = M.log_loss(truth, score, labels=[0, 1])
        for strategy, bins in (("uniform", 10), ("quantile", 7)):
            fraction, mean = calibration_curve(truth, score, n_bins=bins, strategy=strategy)
            out[strategy] = {"bins": bins, "fraction": fraction, "mean": mean}
        out["ece"] = ece(truth, score, 10)
    return out


def table(name, truth, predicted, classes):
    labels = list(range(classes))
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    out = {
        "name": name, "classes": classes, "truth": truth, "predicted": predicted,
        "mcc": M.matthews_corrcoef(truth, predicted), "balanced_accuracy": M.balanced_accuracy_score(truth, predicted),
        "kappa": [M.cohen_kappa_score(truth, predicted, labels=labels, weights=w) for w in (None, "linear", "quadratic")],
        "specificity": [M.recall_score(truth != c, predicted != c, zero_division=0) for c in labels],
    }
    for beta in (0.5, 1, 2):
        out[f"f{beta}"] = {
            str(a): M.fbeta_score(truth, predicted, beta=beta, labels=labels, average=a, zero_division=0)
            for a in (None, "micro", "macro", "weighted")}
    return out


def classes(name, n, count, ties):
    truth = np.concatenate([np.arange(count), rng.choice(count, n - count, p=np.arange(1, count + 1) / (count * (count + 1) / 2))])
    p = rng.dirichlet(np.ones(count), n) + 0.5 * np.eye(count)[truth]
    if ties:
        p = np.round(p * 4) + 1
    p /= p.sum(1, keepdims=True)
    onehot = label_binarize(truth, classes=range(count))
    return {
        "name": name, "classes": count, "truth": truth, "scores": p,
        "rest": {a: M.roc_auc_score(truth, p, multi_class="ovr", average=a) for a in ("micro", "macro", "weighted")},
        "each": {a: M.roc_auc_score(truth, p, multi_class="ovo", average=a) for a in ("macro", "weighted")},
        "average_precision": {a: M.average_precision_score(onehot, p, average=a) for a in ("micro", "macro", "weighted")},
        "brier": M.brier_score_loss(truth, p, labels=range(count), scale_by_half=False),
    }


def labels(name, truth, said):
    truth, said = np.asarray(truth, int), np.asarray(said, int)
    out = {"name": name, "labels": truth.shape[1], "truth": truth, "said": said,
           "subset_accuracy": M.accuracy_score(truth, said), "hamming_loss": M.hamming_loss(truth, said)}
    for a in ("micro", "macro", "weighted", "samples"):
        out[a] = M.precision_recall_fscore_support(truth, said, average=a, zero_division=0)[:3]
    return out


def main():
    n = 60
    t = (rng.random(n) < 0.4).astype(int)
    rare = np.zeros(n, int)
    rare[[5, 17, 41]] = 1
    noise = rng.normal(size=n)
    p = 1 / (1 + np.exp(-(noise + 2 * t - 1)))
    t4, t5 = rng.integers(0, 4, n), rng.choice([0, 1, 3], n)
    multi = rng.random((12, 4)) < 0.4
    multi[:, 2] = False
    multi[3] = False
    said = multi ^ (rng.random((12, 4)) < 0.2)
    said[:, 3] = False
    said[3] = False
    content = {
        "about": "ranked: curves, areas, calibration. tables: scores of confusion matrices. classes: areas of several classes. labels: several labels a sample.",
        "made_with": {"scikit-learn": sklearn.__version__},
        "ranked": [
            ranked("plain", t, noise + t), ranked("ties", t, np.round(noise + t)), ranked("all_equal", t, np.full(n, 0.5)),
            ranked("probabilities", t, p), ranked("tied_probabilities", t, np.round(p, 1)), ranked("edges", t, np.where(noise > 0, 1.0, 0.0)),
            ranked("rare", rare, noise + rare), ranked("perfect", t, t.astype(float)), ranked("worst", t, 1.0 - t),
            ranked("large_and_small", t, np.where(t == 1, 1e300, -1e-300) * rng.choice([1, -1, 0], n)),
            ranked("two", [0, 1], [0.25, 0.25]),
            ranked("single_precision", t, p.astype(np.float32).astype(float)),
        ],
        "one_class": [
            {"name": "no_positives", "truth": np.zeros(5, int), "scores": [0.1, 0.4, 0.4, 0.8, 0.9],
             "average_precision": M.average_precision_score(np.zeros(5, int), [0.1, 0.4, 0.4, 0.8, 0.9]),
             "recall": M.precision_recall_curve(np.zeros(5, int), [0.1, 0.4, 0.4, 0.8, 0.9])[1]},
            {"name": "no_negatives", "truth": np.ones(5, int), "scores": [0.1, 0.4, 0.4, 0.8, 0.9],
             "average_precision": M.average_precision_score(np.ones(5, int), [0.1, 0.4, 0.4, 0.8, 0.9]),
             "recall": M.precision_recall_curve(np.ones(5, int), [0.1, 0.4, 0.4, 0.8, 0.9])[1]},
        ],
        "tables": [
            table("four", t4, np.where(rng.random(n) < 0.4, rng.integers(0, 4, n), t4), 4),
            table("class_2_never_true", t5, rng.integers(0, 4, n), 4),
            table("class_2_not_seen", t5, rng.permutation(t5), 4),
            table("class_0_never_predicted", t4, rng.integers(1, 4, n), 4),
            table("always_one", t4, np.ones(n, int), 4),
            table("binary", rare, (noise > 1).astype(int), 2),
            table("binary_nothing_found", rare, np.zeros(n, int), 2),
            table("binary_no_positives", np.zeros(n, int), (noise > 1).astype(int), 2),
            table("perfect", t4, t4, 4), table("all_wrong", t4, (t4 + 1) % 4, 4),
        ],
        "classes": [classes("spread", 40, 4, False), classes("tied", 40, 3, True)],
        "labels": [labels("four_labels", multi, said), labels("perfect", multi, multi), labels("nothing", np.zeros((3, 2)), np.zeros((3, 2)))],
    }
    text = json.dumps(plain(content), allow_nan=False).replace('{"name"', '\n {"name"')
    (HERE / "judging.json").write_text(text + "\n")
    print(len(text), "bytes")


if __name__ == "__main__":
    main()
