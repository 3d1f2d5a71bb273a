#!/usr/bin/env python3
"""Golden values for clusters and maps, from scikit-learn.

    pip install scikit-learn numpy
    python3 clusters.py        # writes clusters.json beside this script

The data are those that travel with the crate (../../assets). k-means starts from given rows; t-SNE is described by its divergence.
"""

import gzip
import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.manifold import TSNE

HERE = pathlib.Path(__file__).resolve().parent
ASSETS = HERE.parent.parent / "assets"


def table(name):
    rows = [line.split(",") for line in (ASSETS / name).read_text().splitlines()]
    body = rows[1:] if not rows[0][0].replace(".", "").isdigit() else rows
    return np.array([[float(v) for v in row[:-1]] for row in body])


def digits(count):
    raw = gzip.open(ASSETS / "digits-images-idx3-ubyte.gz").read()
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)[:count].astype(float)


DATA = {"iris": table("iris.csv"), "wine": table("wine.csv"), "digits": digits(300)}

kmeans = []
for name, start in [("iris", [0, 50, 100]), ("wine", [3, 70, 150]), ("digits", [0, 1, 2, 3, 5, 7, 11, 13])]:
    x = DATA[name]
    fitted = KMeans(len(start), init=x[start], n_init=1, algorithm="lloyd", tol=0).fit(x)
    kmeans.append({"name": name, "start": start, "inertia": fitted.inertia_, "labels": fitted.labels_.tolist()})

tsne = []
for name, perplexity in [("iris", 30), ("wine", 10), ("digits", 20)]:
    for method in ["exact", "barnes_hut"]:
        fitted = TSNE(perplexity=perplexity, init="pca", method=method, random_state=0, max_iter=1000).fit(DATA[name])
        tsne.append({"name": name, "perplexity": perplexity, "method": method, "divergence": float(fitted.kl_divergence_)})

content = {"made_with": {"scikit-learn": sklearn.__version__}, "kmeans": kmeans, "tsne": tsne}
(HERE / "clusters.json").write_text(json.dumps(content).replace('{"name"', '\n {"name"') + "\n")
