#!/usr/bin/env python3
"""Golden values for nn-data, from scikit-learn (f64).

    pip install scikit-learn numpy
    python3 make.py            # writes beside this script

metrics.json: labels, predictions and scores with every metric on them. scalers.json: fitted parameters and transformed rows.
An undefined ratio (0/0) counts as 0, scikit-learn's zero_division=0.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
import sklearn.metrics as M
from sklearn.decomposition import PCA
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler

HERE = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(21)
# Asked-for corner cases (one class only, a constant target) make scikit-learn talk.
warnings.filterwarnings("ignore")


def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    return v.tolist() if hasattr(v, "tolist") else v


def write(name, about, **content):
    text = json.dumps(plain({"about": about, "made_with": {"scikit-learn": sklearn.__version__}, **content}), allow_nan=False)
    # One case a line: readable differences without one number a line.
    text = text.replace('{"name"', '\n {"name"').replace('"cases"', '\n"cases"')
    (HERE / name).write_text(text + "\n")
    print(name, len(text), "bytes")


def classification(name, truth, predicted, classes):
    labels = list(range(classes))
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    out = {
        "name": name, "classes": classes, "truth": truth, "predicted": predicted,
        "confusion": M.confusion_matrix(truth, predicted, labels=labels),
        "accuracy": M.accuracy_score(truth, predicted),
        "matthews": M.matthews_corrcoef(truth, predicted),
        "cohen_kappa": M.cohen_kappa_score(truth, predicted, labels=labels) if len(set(truth) | set(predicted)) > 1 else None,
    }
    for average in (None, "micro", "macro", "weighted"):
        p, r, f, support = M.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0)
        out[average or "per_class"] = {"precision": p, "recall": r, "f1": f} | ({"support": support} if average is None else {})
    if classes == 2:
        p, r, f, _ = M.precision_recall_fscore_support(truth, predicted, labels=labels, average="binary", pos_label=1, zero_division=0)
        out["binary"] = {"precision": p, "recall": r, "f1": f}
    return out


def noisy(truth, classes, error):
    wrong = rng.random(len(truth)) < error
    return np.where(wrong, rng.integers(0, classes, len(truth)), truth)


def scored(name, n, classes, ties):
    truth = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[truth]
    if ties:
        logits = np.round(logits)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    ranks = range(1, classes)
    top = {str(k): M.top_k_accuracy_score(truth, logits, k=k, labels=range(classes)) for k in ranks} if classes > 2 else None
    return {
        "name": name, "classes": classes, "truth": truth, "scores": logits, "probabilities": p, "ties": ties,
        "top_k": top, "log_loss": M.log_loss(truth, p, labels=range(classes)),
    }


def ranked(name, n, ties):
    truth = rng.integers(0, 2, n)
    score = rng.normal(size=n) + truth
    if ties:
        score = np.round(score * 2) / 2
    return {"name": name, "truth": truth, "scores": score, "roc_auc": M.roc_auc_score(truth, score),
            "average_precision": M.average_precision_score(truth, score)}


def regression(name, truth, predicted):
    truth, predicted = np.asarray(truth, float), np.asarray(predicted, float)
    return {
        "name": name, "truth": truth, "predicted": predicted,
        "mse": M.mean_squared_error(truth, predicted), "rmse": M.root_mean_squared_error(truth, predicted),
        "mae": M.mean_absolute_error(truth, predicted), "r2": M.r2_score(truth, predicted),
        "median_absolute_error": M.median_absolute_error(truth, predicted),
        "explained_variance": M.explained_variance_score(truth, predicted),
    }


def metrics():
    t5 = rng.integers(0, 5, 80)
    t4 = rng.choice([0, 1, 3], 60)
    t2 = (rng.random(50) < 0.2).astype(int)
    t10 = rng.integers(0, 10, 200)
    y, z = rng.normal(size=30), rng.normal(size=(20, 3))
    write(
        "metrics.json",
        "classification: confusion[i][j] counts truth i predicted as j. scored: where scores tie, scikit-learn ranks the higher class first. "
        "regression with two axes: the mean over outputs.",
        classification=[
            classification("five_classes", t5, noisy(t5, 5, 0.3), 5),
            classification("ten_classes", t10, noisy(t10, 10, 0.1), 10),
            classification("class_2_never_true", t4, noisy(t4, 4, 0.4), 4),
            classification("class_2_never_seen_at_all", t4, np.where(noisy(t4, 4, 0.4) == 2, 3, t4), 4),
            classification("class_0_never_predicted", t5, np.where(noisy(t5, 5, 0.3) == 0, 1, noisy(t5, 5, 0.3)).clip(1), 5),
            classification("binary_rare", t2, noisy(t2, 2, 0.3), 2),
            classification("binary_nothing_found", t2, np.zeros_like(t2), 2),
            classification("binary_no_positives", np.zeros(10, int), [0, 0, 1, 0, 0, 1, 0, 0, 0, 0], 2),
            classification("perfect", t5, t5, 5),
            classification("all_wrong", t5, (t5 + 1) % 5, 5),
            classification("one_sample", [2], [2], 3),
        ],
        scored=[scored("scores", 40, 6, False), scored("scores_tied", 40, 6, True), scored("scores_binary", 30, 2, False)],
        ranked=[ranked("ranked", 50, False), ranked("ranked_tied", 60, True)],
        regression=[
            regression("regression", y, y + 0.3 * rng.normal(size=30)),
            regression("regression_bad", y, -2 * y + 1),
            regression("regression_outputs", z, z + 0.5 * rng.normal(size=z.shape)),
            regression("regression_perfect", y, y),
            regression("regression_constant_truth", np.full(8, 2.5), np.linspace(2, 3, 8)),
            regression("regression_constant_both", np.full(8, 2.5), np.full(8, 2.5)),
            regression("regression_far_from_zero", 1e6 + y, 1e6 + y + 0.1 * rng.normal(size=30)),
        ],
    )


def scalers():
    train = rng.normal(size=(12, 5)) * [1.0, 100.0, 1e-3, 1.0, 5.0] + [0.0, 1e4, 2.0, 0.0, -7.0]
    train[:, 3] = 4.25  # a constant column
    test = rng.normal(size=(4, 5)) * [2.0, 150.0, 2e-3, 1.0, 9.0] + [0.0, 1e4, 2.0, 4.0, -7.0]
    standard, minmax = StandardScaler().fit(train), MinMaxScaler().fit(train)
    signed, maxabs = MinMaxScaler((-1, 1)).fit(train), MaxAbsScaler().fit(train)
    centre = StandardScaler(with_std=False).fit(train)
    mixed = rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4)) + [1, 2, 3, 4]
    pca, white = PCA(svd_solver="full").fit(mixed), PCA(whiten=True, svd_solver="full").fit(mixed)
    colours = ["red", "blue", "red", "green", "blue"]
    write(
        "scalers.json",
        "Fitted on train alone. Standard: population standard deviation (divide by n); a constant column is centred and not divided. "
        "Min-max: a constant column maps to the low end. PCA: the covariance divides by n - 1, the sign of a component is free.",
        train=train, test=test,
        cases=[
            {"name": "standard", "mean": standard.mean_, "variance": standard.var_, "scale": standard.scale_,
             "train": standard.transform(train), "test": standard.transform(test)},
            {"name": "mean_removal", "mean": centre.mean_, "test": centre.transform(test)},
            {"name": "min_max", "minimum": minmax.data_min_, "maximum": minmax.data_max_,
             "train": minmax.transform(train), "test": minmax.transform(test)},
            {"name": "min_max_signed", "range": [-1, 1], "train": signed.transform(train), "test": signed.transform(test)},
            {"name": "max_abs", "scale": maxabs.scale_, "test": maxabs.transform(test)},
            {"name": "pca", "input": mixed, "mean": pca.mean_, "explained_variance": pca.explained_variance_,
             "explained_variance_ratio": pca.explained_variance_ratio_, "components": pca.components_, "transformed": pca.transform(mixed)},
            {"name": "pca_whitened", "input": mixed, "transformed": white.transform(mixed)},
            {"name": "one_hot", "input": colours, "categories": sorted(set(colours)),
             "encoded": OneHotEncoder(sparse_output=False).fit_transform(np.array(colours)[:, None])},
        ],
    )


if __name__ == "__main__":
    metrics()
    scalers()
