#!/usr/bin/env python3
"""One of the image networks in ONNX Runtime, exported from PyTorch, batch 1: one JSON line out. What `infer.py` starts.

    python3 infer_onnx.py --net mnist-cnn|resnet20 --threads N --seconds S --model FILE [--export]

With --export it writes FILE and ends; needs torch, onnx and onnxscript. Without, it needs only numpy and onnxruntime.
"""

import argparse
import json
import statistics
import time

from harness import JOBS


def export(net, file):
    import torch

    import networks

    torch.manual_seed(0)
    model = networks.network(net).eval()
    torch.onnx.export(model, (torch.zeros(1, *JOBS[net][1]),), file, dynamo=True, external_data=False)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--net", choices=JOBS, default="mnist-cnn")
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seconds", type=float, default=3.0)
    args.add_argument("--model", required=True)
    args.add_argument("--export", action="store_true")
    args = args.parse_args()
    if args.export:
        export(args.net, args.model)
        return
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(args.model, options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).uniform(-1, 1, (1, *JOBS[args.net][1])).astype("float32")
    feed = {session.get_inputs()[0].name: x}
    spent = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < 1.3 * args.seconds or len(spent) < 20:
        start = time.perf_counter()
        session.run(None, feed)
        spent.append(time.perf_counter() - start)
    spent = spent[len(spent) // 4:]
    print(json.dumps({
        "peer": "onnxruntime", "net": args.net, "threads": args.threads, "us_per_call": round(statistics.median(spent) * 1e6, 1),
        "least_us": round(min(spent) * 1e6, 1), "calls": len(spent),
    }))


if __name__ == "__main__":
    main()
