#!/usr/bin/env python3
"""Golden values of whole networks and of the containers, from PyTorch in f64.

    pip install torch numpy safetensors
    python3 make_models.py            # writes models.json and models.safetensors beside this script

Weights and inputs are not stored: both sides make them from the name and the index of each element (`numbers`). Stored are, for each
network, the names and shapes of its state, its output in evaluation (and in training, where nothing is random), and for each
parameter one number: the sum of its gradient times fixed weights. The loss is the sum of the output times fixed weights.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "benches" / "peers"))
import networks  # noqa: E402

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def numbers(name, shape):
    """Fixed numbers in [−1, 1): a hash of the name (FNV-1a) and of the index, 24 bits of it."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    i = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        mixed = (np.uint64(h) ^ (i * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return torch.from_numpy((mixed >> np.uint64(40)).astype(np.float64) / 2**23 - 1).reshape(shape)


def value(name, shape):
    """The value of the part `name` of a state."""
    u = numbers(name, shape)
    if len(shape) > 1:
        # As large as He et al.'s first weights; a transposed convolution has its inputs in front, which does not matter here.
        return u * math.sqrt(6 / math.prod(shape[1:]))
    if name.endswith("running_var"):
        return 1 + 0.5 * u
    if name.endswith(".weight"):
        return 1 + 0.25 * u
    return 0.1 * u


class Branches(nn.Module):
    def __init__(self, branches, join):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(str(i), branch)
        self.join = join

    def forward(self, x):
        return self.join([branch(x) for branch in self.children()])


class Residual(nn.Sequential):
    """The branch's layers by their places, the shortcut as `downsample`."""

    def __init__(self, *branch, downsample=None):
        super().__init__(*branch)
        self.depth = len(branch)
        if downsample is not None:
            self.downsample = downsample

    def forward(self, x):
        y = x
        for i in range(self.depth):
            y = self[i](y)
        return F.gelu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Dense(nn.Sequential):
    def forward(self, x):
        for layer in self:
            x = torch.cat([x, layer(x)], 1)
        return x


class Lenet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


class VggSmall(nn.Module):
    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for channels in (32, 64, 128):
            for _ in range(2):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
                inputs = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(2048, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class WideBlock(networks.BasicBlock):
    """torchvision's BasicBlock: the shortcut is a 1×1 convolution."""

    def __init__(self, inputs, outputs, stride):
        super().__init__(inputs, outputs, stride)
        self.shortcut = nn.Identity()
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class Resnet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        for stage, channels in enumerate((64, 128, 256, 512)):
            stride = 1 if stage == 0 else 2
            blocks = [WideBlock(channels // stride, channels, stride), WideBlock(channels, channels, 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean((2, 3)))


class MobilenetSmall(nn.Module):
    def __init__(self):
        super().__init__()

        def step(inputs, outputs, kernel, stride=1, groups=1):
            conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
            return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

        steps, channels = [nn.Sequential(*step(3, 32, 3))], 32
        for outputs, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]:
            steps.append(nn.Sequential(*step(channels, channels, 3, stride, channels), *step(channels, outputs, 1)))
            channels = outputs
        self.features, self.classifier = nn.Sequential(*steps), nn.Linear(channels, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        relu = nn.ReLU
        self.encoder = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1), relu(), nn.Conv2d(32, 16, 3, 2, 1), relu())
        self.decoder = nn.Sequential(nn.ConvTranspose2d(16, 32, 2, 2), relu(), nn.ConvTranspose2d(32, 1, 2, 2), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs)


CASES = {
    "residual": (lambda: nn.Sequential(Residual(linear(6, 9), nn.Tanh(), linear(9, 4), downsample=nn.Sequential(linear(6, 4)))), [5, 6]),
    "residual-identity": (lambda: nn.Sequential(Residual(linear(6, 9), nn.Tanh(), linear(9, 6))), [5, 6]),
    "dense-block": (lambda: nn.Sequential(Dense(nn.Sequential(linear(6, 4), nn.Tanh()), linear(10, 3), linear(13, 2))), [5, 6]),
    "parallel-concat": (lambda: nn.Sequential(Branches([nn.Sequential(linear(6, 4)), nn.Sequential(linear(6, 3), nn.Tanh())], lambda y: torch.cat(y, 1))), [5, 6]),
    "parallel-mean": (lambda: nn.Sequential(Branches([nn.Sequential(linear(6, 3)), nn.Sequential(linear(6, 3), nn.Tanh())], lambda y: sum(y) / len(y))), [5, 6]),
    "lenet5": (Lenet5, [2, 1, 28, 28]),
    "mnist-cnn": (networks.MnistCnn, [2, 1, 28, 28]),
    "vgg-small": (VggSmall, [2, 3, 32, 32]),
    "resnet20": (lambda: networks.CifarResNet(3), [2, 3, 32, 32]),
    "resnet18": (Resnet18, [2, 3, 64, 64]),
    "densenet40": (lambda: networks.DenseNet(40), [2, 3, 32, 32]),
    "mobilenet-small": (MobilenetSmall, [2, 3, 32, 32]),
    "autoencoder": (Autoencoder, [2, 1, 28, 28]),
}


def run(net, shape, names):
    """The output, one number for each parameter's gradient, one for the input's."""
    x = numbers("input", shape).requires_grad_()
    net.zero_grad()
    y = net(x)
    (y * numbers("grad_output", list(y.shape))).sum().backward()
    grads = dict(net.named_parameters())
    sums = [(grads[name].grad * numbers(name, list(grads[name].shape))).sum() for name in names]
    return y.detach(), torch.stack([*sums, (x.grad * numbers("input", shape)).sum()])


def main():
    tensors, cases = {}, []
    for case, (make, shape) in CASES.items():
        net = make()
        state = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
        net.load_state_dict({k: value(k, list(v.shape)) for k, v in state.items()}, strict=False)
        names = [name for name, _ in net.named_parameters()]
        has_dropout = any(isinstance(m, nn.Dropout) for m in net.modules())
        for mode in ["evaluate"] if has_dropout else ["evaluate", "train"]:
            net.train(mode == "train")
            output, gradients = run(net, shape, names)
            tensors[f"{case}.{mode}.output"], tensors[f"{case}.{mode}.gradients"] = output.contiguous(), gradients
        running = {k: v for k, v in net.state_dict().items() if "running" in k}
        if running:
            sums = [(v * numbers(k, list(v.shape))).sum() for k, v in running.items()]
            tensors[f"{case}.running"] = torch.stack(sums)
        cases.append({
            "name": case, "input": shape, "state": {k: list(v.shape) for k, v in state.items()}, "gradients": names,
            "running": list(running) if not has_dropout else [],
        })
        print(case, sum(p.numel() for p in net.parameters()))
    save_file(tensors, HERE / "models.safetensors")
    about = "weights are functions of name and index, see make_models.py; tensors <case>.<mode>.output, .gradients, <case>.running"
    out = {"about": about, "made_with": {"torch": torch.__version__.split("+")[0]}, "cases": cases}
    (HERE / "models.json").write_text(json.dumps(out, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
