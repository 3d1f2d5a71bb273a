"""Describes tables with pandas: writes describe.json beside this file, and the table with gaps, describe.csv.

    python describe.py          (pandas, numpy)
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
ASSETS = HERE.parent.parent / "assets"


def gaps():
    rng = np.random.default_rng(5)
    n = 60
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n).astype(float),
            "income": np.round(np.exp(rng.normal(10, 0.8, n)), 2),
            "town": rng.choice(["Ulm", "Jena", "Kiel"], n),
            "height": np.round(rng.normal(170, 9, n), 1),
        }
    )
    frame["weight"] = np.round(0.9 * frame.height - 90 + rng.normal(0, 6, n), 1)
    frame["ill"] = np.where(frame.weight + rng.normal(0, 8, n) > 68, "yes", "no")
    for column, share in [("age", 0.1), ("income", 0.2), ("town", 0.05), ("height", 0.1)]:
        frame.loc[rng.random(n) < share, column] = np.nan
    frame.loc[7, "income"] = 9_000_000.0
    frame = pd.concat([frame, frame.iloc[[3, 3, 9]]], ignore_index=True)
    frame.loc[len(frame) - 1, "ill"] = "no" if frame.ill.iloc[-1] == "yes" else "yes"
    return frame


def described(frame, target):
    inputs = frame.drop(columns=[target])
    numbers = inputs.select_dtypes("number")
    columns = {}
    for name in inputs.columns:
        column = inputs[name]
        about = {"missing": int(column.isna().sum()), "distinct": int(column.nunique())}
        if name in numbers:
            q1, q2, q3 = column.quantile([0.25, 0.5, 0.75])
            far = (column < q1 - 1.5 * (q3 - q1)) | (column > q3 + 1.5 * (q3 - q1))
            about |= {
                "min": column.min(),
                "mean": column.mean(),
                "deviation": column.std(),
                "max": column.max(),
                "quartiles": [q1, q2, q3],
                "outliers": int(far.sum()),
            }
        columns[name] = about
    if pd.api.types.is_float_dtype(frame[target]) or frame[target].nunique() > 20:
        with_target = {name: numbers[name].corr(frame[target]) for name in numbers}
        correlations = frame.select_dtypes("number").corr()
    else:

        def eta(column):
            known = frame[target].notna() & column.notna()
            values, groups = column[known], frame[target][known]
            means = values.groupby(groups).transform("mean")
            return float(np.sqrt(((means - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum()))

        with_target = {name: eta(numbers[name]) for name in numbers}
        correlations = numbers.corr()
    copies = inputs.duplicated()
    groups = frame[inputs.duplicated(keep=False)].groupby(list(inputs.columns), dropna=False)[target].nunique()
    return {
        "samples": len(frame),
        "columns": columns,
        "with_target": with_target,
        "correlations": correlations.to_numpy().ravel().tolist(),
        "copies": int(copies.sum()),
        "repeated": len(groups),
        "conflicting": int((groups > 1).sum()),
    }


frame = gaps()
frame.to_csv(HERE / "describe.csv", index=False)
golden = {"gaps": described(pd.read_csv(HERE / "describe.csv"), "ill")}
for name, target in [("iris", None), ("wine", None), ("diabetes", None)]:
    frame = pd.read_csv(ASSETS / f"{name}.csv")
    golden[name] = described(frame, target or frame.columns[-1])
(HERE / "describe.json").write_text(json.dumps(golden, indent=1, default=float) + "\n")
