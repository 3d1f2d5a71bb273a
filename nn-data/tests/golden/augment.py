#!/usr/bin/env python3
"""Writes augment.json: pictures changed by torchvision and scipy.

    pip install torch torchvision scipy numpy
    python augment.py

Each case holds one step as a recipe writes it, a picture [C, H, W] (0 to 255) and what must come of it.
"""

import json
import math
import pathlib

import numpy as np
import scipy
import scipy.ndimage as ndimage
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

rng = np.random.default_rng(7)
PICTURES = {
    "colour": rng.integers(0, 256, (3, 8, 11)).astype(np.uint8),
    "grey": rng.integers(0, 256, (1, 9, 6)).astype(np.uint8),
    "pixel": rng.integers(0, 256, (3, 1, 1)).astype(np.uint8),
    "column": rng.integers(0, 256, (1, 7, 1)).astype(np.uint8),
}
cases = []


def numbers(values):
    return [round(float(v), 3) for v in np.asarray(values, dtype=np.float64).ravel()]


def case(name, picture, step, expected, **more):
    step = {key: value for key, value in step.items()}
    cases.append({"name": name, "picture": picture, "step": step, "expected": numbers(expected), **more})


def floats(picture):
    return torch.from_numpy(PICTURES[picture].astype(np.float32))


# Changes of place in torchvision. With `fill` its bilinear edge is weighted twice, so only black is compared there.
for picture in ("colour", "grey"):
    x = floats(picture)
    for how, mode in (("bilinear", InterpolationMode.BILINEAR), ("nearest", InterpolationMode.NEAREST)):
        for degrees in (15.0, -37.5, 90.0, 180.0, 200.0):
            if how == "nearest" and degrees == 90.0:
                continue  # these pictures' pixels then fall halfway between two
            step = {"type": "rotate", "degrees": [degrees, degrees], "interpolation": how}
            case(f"torchvision rotate {degrees} {how}", picture, step, F.rotate(x, degrees, mode))
        for scale in (0.7, 1.3):
            step = {"type": "zoom", "scale": [scale, scale], "interpolation": how}
            y = F.affine(x, 0.0, [0, 0], scale, [0.0, 0.0], mode)
            case(f"torchvision zoom {scale} {how}", picture, step, y)
        for along, across in ((20.0, 0.0), (-15.0, 10.0)):
            step = {"type": "shear", "degrees": [along] * 2, "vertical": [across] * 2, "interpolation": how}
            y = F.affine(x, 0.0, [0, 0], 1.0, [along, across], mode)
            case(f"torchvision shear {along} {across} {how}", picture, step, y)

# Rotation with everything that can lie beyond the edge, in scipy.
for picture in PICTURES:
    x = PICTURES[picture].astype(np.float64)
    h, w = x.shape[1:]
    for degrees in (33.0, -100.0):
        turn = math.radians(degrees)
        cos, sin = math.cos(turn), math.sin(turn)
        ys, xs = np.mgrid[0:h, 0:w].astype(np.float64)
        ys, xs = ys - (h - 1) / 2, xs - (w - 1) / 2
        places = [sin * xs + cos * ys + (h - 1) / 2, cos * xs - sin * ys + (w - 1) / 2]
        for fill, mode in ((0.25, "grid-constant"), ("edge", "nearest"), ("reflect", "mirror")):
            if fill == "reflect" and 1 in (h, w):
                continue  # scipy's mirror needs two pixels
            y = [ndimage.map_coordinates(c, places, order=1, mode=mode, cval=0.25 * 255) for c in x]
            step = {"type": "rotate", "degrees": [degrees, degrees], "fill": fill}
            case(f"scipy rotate {degrees} {fill}", picture, step, y)

# Colours in torchvision, of floats and of bytes.
for picture in ("colour", "grey", "pixel"):
    x, b = floats(picture) / 255, torch.from_numpy(PICTURES[picture])
    for factor in (0.0, 0.4, 1.0, 1.7):
        jobs = [("brightness", F.adjust_brightness), ("contrast", F.adjust_contrast)]
        if picture != "grey":
            jobs.append(("saturation", F.adjust_saturation))
        for kind, adjust in jobs:
            step = {"type": kind, "factor": [factor, factor]}
            case(f"torchvision {kind} {factor}", picture, step, 255 * adjust(x, factor), bytes=numbers(adjust(b, factor)))
    if picture != "grey":
        for shift in (-0.5, -0.13, 0.0, 0.25, 0.41):
            step = {"type": "hue", "shift": [shift, shift]}
            case(f"torchvision hue {shift}", picture, step, 255 * F.adjust_hue(x, shift), bytes=numbers(F.adjust_hue(b, shift)))

# Blur in torchvision, which mirrors fewer pixels than the picture has; beyond that in scipy.
for picture in ("colour", "grey"):
    x, b = floats(picture), torch.from_numpy(PICTURES[picture])
    for size, sigma in ((3, 0.6), (5, 1.5), (9, 2.0)):
        step = {"type": "blur", "sigma": sigma, "kernel_size": size}
        case(f"torchvision blur {size} {sigma}", picture, step, F.gaussian_blur(x, [size, size], [sigma, sigma]),
             bytes=numbers(F.gaussian_blur(b, [size, size], [sigma, sigma])))
    y = [ndimage.gaussian_filter(c.astype(np.float64), 3.0, mode="mirror", radius=9) for c in PICTURES[picture]]
    case("scipy blur 3", picture, {"type": "blur", "sigma": 3.0}, y)

out = {
    "made with": {"torchvision": torchvision.__version__, "scipy": scipy.__version__},
    "pictures": {name: {"shape": list(p.shape), "pixels": p.ravel().tolist()} for name, p in PICTURES.items()},
    "cases": cases,
}
path = pathlib.Path(__file__).with_name("augment.json")
path.write_text("{\n" + ",\n".join(
    f'"{key}": ' + ("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in value) + "\n]" if key == "cases" else json.dumps(value, separators=(",", ":")))
    for key, value in out.items()) + "\n}\n")
print(len(cases), "cases,", path.stat().st_size // 1024, "KiB")
