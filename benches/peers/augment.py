#!/usr/bin/env python3
"""Augmentation of 32×32 colour pictures, side by side with torchvision, in one run.

    cargo build --release -p nn-benches --bin augment
    python benches/peers/augment.py [--rounds 9] [--millis 300] [--json out.json]

The work: crop of 32 with padding 4, flip with probability 0.5, rotation by −15 to 15 degrees with bilinear interpolation,
bytes to floats, minus mean, divided by deviation; each picture drawn by itself. One thread each, in turns. Groups of pictures that take
about a millisecond are timed; the median over them and over the rounds counts. Ours is the loader whole: picking the bytes of shuffled samples and putting batches of 128 together is in its time. Theirs is the
transforms alone, each picture in memory in the form that suits the path best, without the collation into batches. The paths: PIL pictures
(classic and v2 transforms), and v2 on tensors of bytes and of floats.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import time

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision import transforms as v1
from torchvision.transforms import InterpolationMode, v2

MEAN, STD = [0.5] * 3, [0.25] * 3
torch.set_num_threads(1)
torch.manual_seed(0)

pixels = np.random.default_rng(1).integers(0, 256, (512, 32, 32, 3)).astype(np.uint8)
pil = [Image.fromarray(picture) for picture in pixels]
byte_tensors = [torch.from_numpy(picture).permute(2, 0, 1).contiguous() for picture in pixels]


def moves(library):
    return [
        library.RandomCrop(32, padding=4),
        library.RandomHorizontalFlip(),
        library.RandomRotation(15, interpolation=InterpolationMode.BILINEAR),
    ]


PATHS = {
    "PIL": (pil, v1.Compose([*moves(v1), v1.ToTensor(), v1.Normalize(MEAN, STD, inplace=True)])),
    "PIL, v2": (pil, v2.Compose([
        *moves(v2), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD, inplace=True)])),
    "tensor v2, bytes": (byte_tensors, v2.Compose([
        *moves(v2), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD, inplace=True)])),
    "tensor v2, floats": (byte_tensors, v2.Compose([
        v2.ToDtype(torch.float32, scale=True), *moves(v2), v2.Normalize(MEAN, STD, inplace=True)])),
}


def theirs(path, millis):
    """Nanoseconds a picture over groups of 4: the least and the median."""
    pictures, transform = PATHS[path]
    times, at, end = [], 0, time.perf_counter_ns() + millis * 1_000_000
    while time.perf_counter_ns() < end or len(times) < 3:
        group = [pictures[(at + i) % len(pictures)] for i in range(4)]
        at += 4
        start = time.perf_counter_ns()
        for picture in group:
            transform(picture)
        times.append((time.perf_counter_ns() - start) / 4)
    return min(times), statistics.median(times)


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(root / "target/release/augment"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--millis", type=int, default=300, help="per path and round")
    parser.add_argument("--json", help="write the medians to this file")
    args = parser.parse_args()
    server = subprocess.Popen([args.binary, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ours():
        server.stdin.write(f"1 {args.millis}\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["min_ns"], answer["median_ns"]

    readings = {name: [] for name in ["nn", *PATHS]}
    ratios = []
    for _ in range(args.rounds):
        readings["nn"].append(ours())
        for path in PATHS:
            readings[path].append(theirs(path, args.millis))
        ratios.append(min(readings[path][-1][1] for path in PATHS) / readings["nn"][-1][1])
    server.stdin.close()
    server.wait()

    least = {name: min(value for value, _ in values) for name, values in readings.items()}
    medians = {name: statistics.median(value for _, value in values) for name, values in readings.items()}
    print(f"torchvision {torchvision.__version__}, torch {torch.__version__}, one thread each, {args.rounds} rounds\n")
    print(f"{'µs a picture':18} {'median':>9} {'least':>9}   {'median, as a multiple of ours':>30}")
    for name, nanos in medians.items():
        print(f"{name:18} {nanos / 1000:9.2f} {least[name] / 1000:9.2f}   {nanos / medians['nn']:30.1f}")
    best = min(least[path] for path in PATHS) / least["nn"]
    print(f"\nthe best of torchvision takes {statistics.median(ratios):.1f} times as long (median of the rounds' ratios; of the least times {best:.1f})")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"median_ns": medians, "least_ns": least, "ratio": statistics.median(ratios)}) + "\n")


if __name__ == "__main__":
    main()
