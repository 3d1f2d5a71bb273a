#!/usr/bin/env python3
"""Writes prepare.json: steps of preparation by scikit-learn and scipy.

    pip install scikit-learn scipy numpy
    python prepare.py

Each case holds a list of steps as a recipe writes them, the samples they are fitted on and others, and what must come of both.
Missing values are null. All input is rounded to 32-bit floats first, as our data sets hold them; computed in 64 bits.
"""

import json
import pathlib

import numpy as np
import sklearn
from scipy import ndimage
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, Normalizer, PolynomialFeatures, RobustScaler, StandardScaler

rng = np.random.default_rng(11)
cases = []


def single(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64)


def table(rows, columns):
    mix = rng.normal(size=(columns, columns))
    return single(rng.normal(size=(rows, columns)) @ mix + rng.normal(size=columns) * 3)


def numbers(x):
    return [None if np.isnan(v) else float(f"{v:.9g}") for v in np.asarray(x, dtype=np.float64).ravel()]


def case(name, steps, train, test, fitted, **more):
    cases.append({
        "name": name, "steps": steps, "shape": list(train.shape[1:]), "train": numbers(train), "test": numbers(test),
        "from_train": numbers(fitted.transform(train)), "from_test": numbers(fitted.transform(test)), **more,
    })


class Function:
    def __init__(self, f):
        self.transform = f


def zca(train, epsilon):
    mean = train.mean(0)
    values, vectors = np.linalg.eigh(np.cov(train.T))
    matrix = vectors @ np.diag(1 / np.sqrt(values + epsilon)) @ vectors.T
    return Function(lambda x: (x - mean) @ matrix)


def local_contrast(window, epsilon):
    """Jarrett et al. 2009, pixel windows cut at the border."""
    at = np.arange(window) - window // 2
    line = np.exp(-0.5 * (at / (window / 4)) ** 2)

    def blur(plane):
        def spread(p):
            return ndimage.convolve1d(ndimage.convolve1d(p, line, axis=0, mode="constant"), line, axis=1, mode="constant")
        return spread(plane) / spread(np.ones_like(plane))

    def one(x):
        v = x - blur(x.mean(0))
        s = np.sqrt(blur((v**2).mean(0)))
        return v / np.maximum(s, max(s.mean(), epsilon))

    return Function(lambda x: np.stack([one(picture) for picture in x]))


train, test = table(30, 4), table(6, 4)
outliers = train.copy()
outliers[3] *= 50
outliers = single(outliers)
outliers[:, 2] = 4.25
case("robust", [{"type": "robust"}], outliers, test, RobustScaler().fit(outliers))
case("robust_deciles", [{"type": "robust", "quantiles": [10, 90]}], train, test, RobustScaler(quantile_range=(10, 90)).fit(train))
case("max_abs", [{"type": "max_abs"}], train, test, MaxAbsScaler().fit(train))
for norm in ["l1", "l2", "max"]:
    case(f"normalize_{norm}", [{"type": "normalize", "norm": norm}], train, test, Normalizer(norm).fit(train))
case("sample_standard", [{"type": "sample_standard"}], train, test, Function(lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)))

for name, options in [("plain", {}), ("interactions", {"interaction_only": True}), ("bias", {"bias": True})]:
    made = PolynomialFeatures(3, interaction_only="interaction_only" in options, include_bias="bias" in options).fit(train)
    case(f"polynomial_{name}", [{"type": "polynomial", "degree": 3, **options}], train[:8], test, made)

holes, more_holes = single(np.round(train, 1)), single(np.round(test, 1))
holes[rng.random(holes.shape) < 0.2] = np.nan
holes[:, 1] = single(np.round(train[:, 1], 1))
more_holes[rng.random(more_holes.shape) < 0.3] = np.nan
for strategy in ["mean", "median", "most_frequent"]:
    case(f"impute_{strategy}", [{"type": "impute", "strategy": strategy}], holes, more_holes, SimpleImputer(strategy=strategy).fit(holes))
case("impute_constant", [{"type": "impute", "strategy": -1.5}], holes, more_holes, SimpleImputer(strategy="constant", fill_value=-1.5).fit(holes))
more_holes = np.where(np.isnan(more_holes) & (np.arange(4) == 1), 0.5, more_holes)
case("impute_indicator", [{"type": "impute", "strategy": "mean", "indicator": True}], holes, more_holes,
     SimpleImputer(strategy="mean", add_indicator=True).fit(holes))

wide, wide_test = table(12, 20), table(4, 20)
for name, x, other, components in [("", train, test, 3), ("_wide", wide, wide_test, 7)]:
    pca = PCA(components, svd_solver="full").fit(x)
    white = PCA(components, whiten=True, svd_solver="full").fit(x)
    explained = {"explained_variance": numbers(pca.explained_variance_), "explained_variance_ratio": numbers(pca.explained_variance_ratio_)}
    case(f"pca{name}", [{"type": "pca", "components": components}], x, other, pca, signs=True, **explained,
         back=numbers(pca.inverse_transform(pca.transform(other))))
    case(f"pca{name}_whitened", [{"type": "pca", "components": components, "whiten": True}], x, other, white, signs=True, **explained,
         back=numbers(white.inverse_transform(white.transform(other))))
case("pca_share", [{"type": "pca", "components": 0.9}], train, test, PCA(0.9, svd_solver="full").fit(train), signs=True)
case("zca", [{"type": "zca", "epsilon": 0.01}], train, test, zca(train, 0.01))
case("in_a_row", [{"type": "impute", "strategy": "median"}, {"type": "standard"}, {"type": "pca", "components": 2, "whiten": True}], holes, more_holes,
     make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(2, whiten=True, svd_solver="full")).fit(holes), signs=True)

pictures = single(rng.integers(0, 256, (3, 2, 7, 6)))
case("local_contrast", [{"type": "local_contrast", "window": 5}], pictures[:2], pictures[2:], local_contrast(5, 1e-4))

text = {"about": f"scikit-learn {sklearn.__version__}; written by prepare.py", "cases": cases}
pathlib.Path(__file__).with_name("prepare.json").write_text(json.dumps(text, separators=(",", ":")) + "\n")
print(len(cases), "cases")
