#!/usr/bin/env python3
"""One of the image networks in PyTorch, eager, on the CPU: one JSON line out. What `vision.py`, `infer.py` and `memory.py` start.

    python3 vision_torch.py --net mnist-cnn|resnet20|densenet40 --threads N --seconds S [--mode train|infer|steps]
                            [--layout contiguous|channels_last] [--optimizer default|fused]

`train`: samples a second of whole steps (zero_grad, forward, cross-entropy, backward, optimizer).
`infer`: microseconds a call of batch 1, `eval` and `no_grad`. `steps`: five training steps and the end, for the memory they take.
"""

import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

import networks
from harness import JOBS


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--net", choices=JOBS, default="mnist-cnn")
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seconds", type=float, default=5.0)
    args.add_argument("--mode", choices=["train", "infer", "steps"], default="train")
    args.add_argument("--layout", choices=["contiguous", "channels_last"], default="contiguous")
    args.add_argument("--optimizer", choices=["default", "fused"], default="default")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    net = networks.network(args.net)
    last = torch.channels_last if args.layout == "channels_last" else torch.contiguous_format
    net = net.to(memory_format=last)
    batches = [(x.contiguous(memory_format=last), y) for x, y in networks.batches(args.net)]
    batch = len(batches[0][1])
    line = {"peer": f"torch {args.layout}", "net": args.net, "threads": args.threads}

    if args.mode == "infer":
        print(json.dumps(line | infer(net, batches[0][0][:1].contiguous(memory_format=last), args.seconds)))
        return
    how = {"fused": True} if args.optimizer == "fused" else {}
    optimizer = networks.optimizer(args.net, net.parameters(), **how)

    def step(i):
        x, y = batches[i % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    first, steps, rate = step(0).item(), 1, 0.0
    if args.mode == "steps":
        for steps in range(2, 6):
            last_loss = step(steps).item()
        print(json.dumps(line | {"steps": steps, "first_loss": first, "last_loss": last_loss}))
        return
    warm = time.perf_counter()
    while time.perf_counter() - warm < 0.3 * args.seconds or steps < 3:
        step(steps)
        steps += 1
    spent = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < args.seconds or len(spent) < 3:
        start = time.perf_counter()
        step(steps)
        spent.append(time.perf_counter() - start)
        steps += 1
    # The mean is what a user gets; the median of steps what the machine can do when nobody disturbs it.
    rate = batch * len(spent) / sum(spent)
    print(json.dumps(line | {
        "samples_per_s": round(rate, 1), "median_samples_per_s": round(batch / statistics.median(spent), 1),
        "steps": steps, "first_loss": first, "last_loss": step(0).item(),
    }))


def infer(net, x, seconds):
    net.eval()
    spent = []
    with torch.no_grad():
        begin = time.perf_counter()
        while time.perf_counter() - begin < 1.3 * seconds or len(spent) < 20:
            start = time.perf_counter()
            net(x)
            spent.append(time.perf_counter() - start)
    spent = spent[len(spent) // 4:]
    return {"us_per_call": round(statistics.median(spent) * 1e6, 1), "least_us": round(min(spent) * 1e6, 1), "calls": len(spent)}


if __name__ == "__main__":
    main()
