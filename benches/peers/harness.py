"""What the scripts share that run programs in turn: building ours, running a process, medians, the table, the image networks' sizes."""

import os
import pathlib
import subprocess
import sys

from run import ROOT, TARGET, load, peak_memory, print_table, ratio_text, run, turned  # noqa: F401

# name: (batch, shape of a sample)
JOBS = {"mnist-cnn": (64, (1, 28, 28)), "resnet20": (128, (3, 32, 32)), "densenet40": (64, (3, 32, 32))}


def build_own(binary, no_build=False):
    """Builds one of `benches/src/bin`; whether it is there."""
    path = pathlib.Path(TARGET) / "release" / binary
    if not no_build:
        command = ["cargo", "build", "--release", "--quiet", "-p", "nn-benches", "--bin", binary]
        if subprocess.run(command, cwd=ROOT, env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)}).returncode:
            print(f"{binary} does not build", file=sys.stderr)
    if not path.exists():
        print(f"{path} is missing: ours is left out", file=sys.stderr)
    return path.exists()
