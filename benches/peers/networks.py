"""The image networks of `vision.py`, `infer.py` and `memory.py` in PyTorch, with the names of parameters that ours have, and their data."""

import torch
import torch.nn.functional as F
from torch import nn

from harness import JOBS

CLASSES = 10
BATCHES = 4


class MnistCnn(nn.Module):
    """The network of PyTorch's `examples/mnist`, logits out."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(9216, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = self.dropout1(F.max_pool2d(x, 2)).flatten(1)
        return self.fc2(self.dropout2(F.relu(self.fc1(x))))


class Subsample(nn.Module):
    """He et al.'s option A: every second pixel, new channels zero."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.channels - x.shape[1]))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if stride == 1 else Subsample(outputs)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class CifarResNet(nn.Module):
    """He et al. 2015, section 4.2: three stages of `blocks` blocks, 16, 32 and 64 channels."""

    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage in range(3):
            outputs = 16 << stage
            inputs = outputs if stage == 0 else outputs // 2
            layers = [BasicBlock(inputs, outputs, 1 if stage == 0 else 2)]
            layers += [BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))
        return torch.cat([x, y], 1)


class DenseNet(nn.Module):
    """DenseNet-BC of Huang et al. 2016 for 32×32 images: growth 12, compression 0.5."""

    def __init__(self, depth, growth=12):
        super().__init__()
        channels = 2 * growth
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, channels, 3, padding=1, bias=False))
        for block in range(1, 4):
            layers = nn.Sequential()
            for layer in range(1, (depth - 4) // 6 + 1):
                layers.add_module(f"denselayer{layer}", DenseLayer(channels, growth))
                channels += growth
            self.features.add_module(f"denseblock{block}", layers)
            if block < 3:
                half = nn.Sequential()
                half.add_module("norm", nn.BatchNorm2d(channels))
                half.add_module("relu", nn.ReLU())
                half.add_module("conv", nn.Conv2d(channels, channels // 2, 1, bias=False))
                half.add_module("pool", nn.AvgPool2d(2))
                self.features.add_module(f"transition{block}", half)
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, CLASSES)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


def network(name):
    return {"mnist-cnn": MnistCnn, "resnet20": lambda: CifarResNet(3), "densenet40": lambda: DenseNet(40)}[name]()


def optimizer(name, parameters, **how):
    if name == "mnist-cnn":
        return torch.optim.Adam(parameters, lr=1e-3, **how)
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=1e-4, **how)


def batches(name, count=BATCHES):
    """Random but fixed. The second half of a batch repeats the images of the first with another label, so that the
    loss ends near ln 2 and never among subnormal gradients (see common.rs)."""
    size, sample = JOBS[name]
    torch.manual_seed(1)
    first = torch.arange(size // 2) % CLASSES
    labels = torch.cat([first, (first + 1) % CLASSES])
    centres = torch.rand(CLASSES, *sample) * 2 - 1
    images = [centres[first] + torch.rand(size // 2, *sample) * 2 - 1 for _ in range(count)]
    return [(torch.cat([x, x]), labels) for x in images]
