#!/usr/bin/env python3
"""Golden values of convolution layers, from PyTorch in f64; written as image_layers.py says.

    pip install torch safetensors
    python3 convolutions.py    # writes convolutions.* beside this script
"""

import torch
import torch.nn as nn

from image_layers import Group, rng


class Signed(Group):
    """Weights of either sign, so that sums cancel as they do in use."""

    def draw(self, shape):
        return torch.randn(shape, generator=rng) * 0.4


def each(value, n):
    return value if isinstance(value, (list, str)) else [value] * n


def main():
    g = Signed("convolutions")
    kinds = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
    transposed = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d}

    def conv(rank, shape, filters, kernel, **options):
        named = {k: (tuple(v) if isinstance(v, list) else v) for k, v in options.items()}
        module = kinds[rank](shape[1], filters, tuple(each(kernel, rank)), **named)
        g.add(module, shape, {"type": f"conv{rank}d", "filters": filters, "kernel": kernel, **options})

    def back(rank, shape, filters, kernel, **options):
        named = {k: (tuple(v) if isinstance(v, list) else v) for k, v in options.items()}
        module = transposed[rank](shape[1], filters, tuple(each(kernel, rank)), **named)
        g.add(module, shape, {"type": f"conv_transpose{rank}d", "filters": filters, "kernel": kernel, **options})

    # One axis: strides, dilations, groups, every kind of padding.
    conv(1, (2, 3, 9), 4, 3)
    conv(1, (2, 4, 11), 6, 4, stride=2, padding=3, dilation=2, groups=2)
    conv(1, (1, 3, 8), 5, 4, padding="same")
    conv(1, (1, 2, 7), 3, 3, padding=2, padding_mode="reflect", bias=False)
    # Images: odd sizes, few and many channels, strides against dilations.
    for channels, filters in [(1, 5), (3, 7), (5, 1), (17, 3)]:
        conv(2, (2, channels, 7, 5), filters, 3, padding=1)
    for stride, padding, dilation in [(2, 1, 1), (1, 2, 2), (3, 0, 1), (2, 3, 2), ([1, 2], [2, 0], [2, 1])]:
        conv(2, (1, 3, 9, 8), 4, 3, stride=stride, padding=padding, dilation=dilation)
        conv(2, (1, 4, 9, 8), 6, [2, 3], stride=stride, padding=padding, dilation=dilation, groups=2)
    conv(2, (2, 6, 5, 4), 8, 1)
    conv(2, (2, 6, 5, 4), 4, 1, stride=2, bias=False)
    conv(2, (1, 5, 6, 7), 3, [1, 4], padding="same")
    conv(2, (1, 3, 6, 5), 4, 3, padding=[2, 1], padding_mode="replicate")
    conv(2, (1, 3, 6, 5), 4, 5, padding=2, padding_mode="reflect", stride=2)
    # Depthwise, one filter and two for each channel.
    conv(2, (2, 9, 6, 5), 9, 3, padding=1, groups=9)
    conv(2, (1, 18, 7, 5), 18, [5, 3], stride=2, padding=[2, 1], groups=18, bias=False)
    conv(2, (1, 4, 6, 5), 8, 3, padding=1, groups=4)
    # Enough channels for the way by Winograd: whole tiles and parts, with and without padding.
    conv(2, (1, 16, 8, 8), 16, 3, padding=1)
    conv(2, (1, 9, 7, 6), 20, 3, padding=1, bias=False)
    conv(2, (1, 12, 9, 5), 8, 3)
    conv(2, (1, 8, 5, 6), 10, 3, padding=2)
    # Volumes.
    conv(3, (1, 2, 4, 5, 6), 3, 3, padding=1)
    conv(3, (1, 4, 5, 4, 5), 2, [3, 2, 3], stride=[2, 1, 2], groups=2, dilation=[1, 2, 1])

    back(1, (2, 3, 5), 4, 3, stride=2, output_padding=1)
    back(1, (1, 4, 4), 6, 4, stride=3, padding=2, groups=2, bias=False)
    back(2, (2, 3, 4, 3), 5, 3)
    back(2, (1, 4, 4, 3), 6, 3, stride=2, padding=1, output_padding=[1, 0], groups=2)
    back(2, (1, 3, 3, 4), 2, [2, 3], stride=[1, 2], dilation=[2, 1], padding=[1, 0])
    back(2, (1, 10, 6, 5), 9, 3, padding=1)
    back(2, (1, 8, 4, 4), 8, 2, stride=2)
    g.save()


if __name__ == "__main__":
    main()
