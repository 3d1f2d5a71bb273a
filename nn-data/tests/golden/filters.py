#!/usr/bin/env python3
"""Golden values for nn_data::filter, from scipy.ndimage and OpenCV.

    pip install scipy opencv-python-headless numpy
    python3 filters.py            # writes filters.json beside this script

Images of whole numbers from 0 to 255, and every filter on them for every border. scipy computes in f64; OpenCV is asked only for what scipy
lacks (Scharr, Canny, a Gaussian of a given size) or as a second opinion (the names in "opencv"). Canny's edges are written as a row of 0 and 1.
"""

import json
import pathlib

import cv2
import numpy as np
import scipy
from scipy import ndimage as nd

HERE = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(33)
# Our names of the borders, and theirs.
BORDERS = {
    "zero": ("constant", cv2.BORDER_CONSTANT),
    "replicate": ("nearest", cv2.BORDER_REPLICATE),
    "reflect": ("mirror", cv2.BORDER_REFLECT_101),
}
MATRICES = {
    "0 -1 0; -1 5 -1; 0 -1 0": None,
    "1 2 0; -3 4 1; 2 2 -5": None,
    "1 0 -2 3 1": None,
    "1 2 3; 2 4 6; 1 2 3; 3 6 9; 1 2 3": None,
    "1 4 6 4 1; 4 16 24 16 4; 6 24 36 24 6; 4 16 24 16 4; 1 4 6 4 1": None,
}


def picture(height, width):
    """Shapes with edges, a slope and noise."""
    y, x = np.mgrid[:height, :width]
    image = 60 + 2.0 * x + 90 * (((x - width / 2) ** 2 + (y - height / 2) ** 2) < (height / 3) ** 2) - 50 * (x + y < height / 2)
    return np.clip(np.round(image + rng.normal(0, 8, image.shape)), 0, 255)


def matrix(text):
    return np.array([[float(v) for v in row.split()] for row in text.split(";")])


def cases(image):
    f32 = image.astype(np.float32)
    for border, (mode, code) in BORDERS.items():
        def case(kind, values, **settings):
            return {"kind": kind, "border": border, **settings, "values": np.asarray(values, np.float64)}

        for size in (1, 3, 5, 9):
            yield case("mean", nd.uniform_filter(image, size, mode=mode), size=size)
            yield case("median", nd.median_filter(image, size, mode=mode), size=size)
        for sigma in (0.4, 1.0, 2.3):
            yield case("gaussian", nd.gaussian_filter(image, sigma, mode=mode, truncate=4.0), sigma=sigma)
        weights = cv2.getGaussianKernel(5, 1.3)
        yield case("gaussian", cv2.sepFilter2D(image, cv2.CV_64F, weights, weights, borderType=code), sigma=1.3, size=5)
        yield case("laplacian", nd.laplace(image, mode=mode))
        yield case("laplacian8", nd.correlate(image, np.array([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]]), mode=mode))
        yield case("sharpen", image - 0.7 * nd.laplace(image, mode=mode), amount=0.7)
        yield case("unsharp", image + 1.5 * (image - nd.gaussian_filter(image, 1.2, mode=mode)), sigma=1.2, amount=1.5)
        for name, f in (("sobel", nd.sobel), ("prewitt", nd.prewitt)):
            x, y = f(image, axis=1, mode=mode), f(image, axis=0, mode=mode)
            yield case(name, x, gradient="x")
            yield case(name, y, gradient="y")
            yield case(name, np.hypot(x, y), gradient="magnitude")
        x, y = (cv2.Scharr(f32, cv2.CV_32F, dx, 1 - dx, borderType=code) for dx in (1, 0))
        yield case("scharr", x, gradient="x")
        yield case("scharr", y, gradient="y")
        yield case("scharr", np.hypot(x.astype(float), y), gradient="magnitude")
        yield case("emboss", nd.correlate(image, np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]]), mode=mode))
        for text in MATRICES:
            yield case("matrix", nd.correlate(image, matrix(text), mode=mode), matrix=text)
        # A second opinion where both have the filter.
        assert np.allclose(cv2.Sobel(f32, cv2.CV_32F, 1, 0, borderType=code), nd.sobel(image, axis=1, mode=mode))
        assert np.allclose(cv2.Laplacian(f32, cv2.CV_32F, ksize=1, borderType=code), nd.laplace(image, mode=mode))
        assert np.allclose(cv2.blur(f32, (5, 5), borderType=code), nd.uniform_filter(image, 5, mode=mode), atol=1e-3)
        kernel = matrix("1 2 0; -3 4 1; 2 2 -5")
        assert np.allclose(cv2.filter2D(f32, cv2.CV_32F, kernel, borderType=code), nd.correlate(image, kernel, mode=mode), atol=1e-2)


def canny():
    for height, width, low, high in ((24, 31, 60, 200), (40, 40, 100, 100), (33, 20, 20, 260)):
        image = picture(height, width)
        smooth = np.round(nd.gaussian_filter(image, 1.0))
        for pixels in (image, smooth):
            edges = cv2.Canny(pixels.astype(np.uint8), low, high, L2gradient=True) > 0
            assert 10 < edges.sum() < edges.size / 2, edges.sum()
            yield {"shape": [height, width], "image": pixels.astype(int).ravel(), "low": low, "high": high,
                   "edges": "".join("01"[int(e)] for e in edges.ravel())}


def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, np.ndarray):
        return [int(x) if float(x).is_integer() else float(f"{x:.7g}") for x in v.ravel()]
    return v


def main():
    images = []
    for height, width in ((7, 10), (1, 6), (5, 2)):
        image = picture(height, width)
        images.append({"shape": [height, width], "image": image, "cases": list(cases(image))})
    content = {"made_with": {"scipy": scipy.__version__, "opencv": cv2.__version__}, "images": images, "canny": list(canny())}
    text = json.dumps(plain(content), separators=(",", ":"), allow_nan=False)
    # One case a line.
    text = text.replace('{"kind"', '\n{"kind"').replace('{"shape"', '\n{"shape"')
    (HERE / "filters.json").write_text(text + "\n")
    print("filters.json", len(text), "bytes")


main()
