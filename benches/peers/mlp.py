#!/usr/bin/env python3
"""The two benchmark networks trained with PyTorch, eager, on the CPU: one JSON line out.

    python3 mlp.py --net tiny|mlp --threads N --seconds S [--optimizer default|foreach|fused]

The step is the one everybody writes: zero_grad(set_to_none), forward, F.cross_entropy, backward, optimizer step,
on sixteen batches that are already in memory (class centres plus noise, as in common.rs). `default` is the optimizer as everybody
constructs it; `fused` is PyTorch's fastest on the CPU (fused=True), 1.3 to 1.7 times as fast for Adam on the larger network.
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F

NETS = {"tiny": ([4, 16, 3], 16), "mlp": ([784, 512, 256, 10], 128)}
BATCHES = 16


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--net", choices=NETS, default="mlp")
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seconds", type=float, default=5.0)
    args.add_argument("--optimizer", choices=["default", "foreach", "fused"], default="default")
    args = args.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)

    widths, batch = NETS[args.net]
    classes = widths[-1]
    centres = torch.rand(classes, widths[0]) * 2 - 1
    # Two labels for every input: the loss ends near ln 2, never in subnormal gradients (see common.rs).
    first = torch.arange(batch // 2) % classes
    labels = torch.cat([first, (first + 1) % classes])
    batches = []
    for _ in range(BATCHES):
        x = centres[first] + torch.rand(batch // 2, widths[0]) * 2 - 1
        batches.append((torch.cat([x, x]), labels.clone()))

    layers = []
    for n_in, n_out in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    how = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}[args.optimizer]
    if args.net == "tiny":
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, **how)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, **how)

    def step(i):
        x, y = batches[i % BATCHES]
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    first = step(0).item()
    steps, rate = 0, 0.0
    if args.seconds > 0:
        warm = time.perf_counter()
        while time.perf_counter() - warm < 0.2 * args.seconds:
            step(steps)
            steps += 1
        start, counted = time.perf_counter(), 0
        while (spent := time.perf_counter() - start) < args.seconds:
            step(steps)
            steps += 1
            counted += 1
        rate = counted * batch / spent
    last = step(0).item()
    print(json.dumps({
        "peer": "torch" if args.optimizer == "default" else f"torch-{args.optimizer}", "net": args.net, "threads": args.threads, "samples_per_s": round(rate, 1),
        "steps": steps + 2, "first_loss": first, "last_loss": last,
    }))


if __name__ == "__main__":
    main()
