#!/usr/bin/env python3
"""Golden values of the layers that images pass beside convolution, from PyTorch in f64.

    pip install torch safetensors
    python3 image_layers.py    # writes norms.* and pools.* beside this script

A case names the layer as a recipe does (`layer`), and whether it trains. Its tensors: input, output, grad_output, grad_input;
`param.<name>` the state before, `grad.<name>` its gradient, `after.<name>` the buffers after one training pass.
Every gradient is the derivative of sum(output * grad_output).
"""

import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = torch.Generator().manual_seed(11)


class Group:
    def __init__(self, name):
        self.name, self.tensors, self.cases = name, {}, []

    def draw(self, shape):
        """The state before: positive, as variances must be."""
        return torch.rand(shape, generator=rng) + 0.5

    def add(self, module, shape, layer, train=True, distinct=False, shift=0.0):
        case = str(len(self.cases))
        put = lambda role, t: self.tensors.__setitem__(f"{case}.{role}", t.detach().clone().contiguous())
        if isinstance(module, nn.Module):
            module.train(train)
            for name, t in module.state_dict().items():
                if t.is_floating_point():
                    t.copy_(self.draw(t.shape))
                put(f"param.{name}", t)
        if distinct:  # for maxima: no two elements alike
            numel = torch.Size(shape).numel()
            x = (torch.randperm(numel, generator=rng).double() / numel * 6 - 3).reshape(shape)
        else:
            x = torch.randn(shape, generator=rng) * 1.5 + 0.3 + shift
        x.requires_grad_(True)
        y = module(x)
        up = torch.randn(y.shape, generator=rng)
        y.backward(up)
        put("input", x), put("output", y), put("grad_output", up), put("grad_input", x.grad)
        if isinstance(module, nn.Module):
            for name, p in module.named_parameters():
                put(f"grad.{name}", p.grad)
            for name, b in module.named_buffers():
                put(f"after.{name}", b)
        self.cases.append({"layer": layer, "train": train})

    def save(self):
        save_file(self.tensors, HERE / f"{self.name}.safetensors")
        out = {"made_with": {"torch": torch.__version__.split("+")[0]}, "cases": self.cases}
        (HERE / f"{self.name}.json").write_text(json.dumps(out, indent=1) + "\n")
        print(f"{self.name}: {len(self.cases)} cases, {(HERE / f'{self.name}.safetensors').stat().st_size} bytes")


def norms():
    g = Group("norms")
    batch = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d, 4: nn.BatchNorm3d}
    instance = {2: nn.InstanceNorm1d, 3: nn.InstanceNorm2d, 4: nn.InstanceNorm3d}
    for shape in [(5, 3), (4, 7, 3), (3, 5, 4, 3), (2, 3, 3, 2, 2)]:
        c, rank = shape[1], len(shape) - 1
        for train in [True, False]:
            for options in [
                {},
                {"affine": False, "momentum": 0.3},
                {"track_running_stats": False, "eps": 1e-3},
            ]:
                g.add(batch[rank](c, **options), shape, {"type": "batch_norm", **options}, train)
            g.add(batch[rank](c, momentum=None), shape, {"type": "batch_norm", "cumulative": True}, train)
            if rank > 1:
                for options in [{}, {"affine": True, "eps": 1e-2}, {"affine": True, "track_running_stats": True, "momentum": 0.2}]:
                    g.add(instance[rank](c, **options), shape, {"type": "instance_norm", **options}, train)
    g.add(nn.BatchNorm2d(4), (2, 4, 3, 3), {"type": "batch_norm"}, True, shift=100.0)
    for shape in [(3, 6), (2, 6, 5), (2, 6, 3, 2), (1, 6, 2, 2, 2)]:
        for groups in [1, 2, 3, 6]:
            if len(shape) > 2 or groups < 6:
                g.add(nn.GroupNorm(groups, 6), shape, {"type": "group_norm", "num_groups": groups})
    g.add(nn.GroupNorm(2, 4, eps=1e-2, affine=False), (2, 4, 3), {"type": "group_norm", "num_groups": 2, "eps": 1e-2, "affine": False})
    for shape, dims in [((4, 7), [7]), ((2, 3, 5), [5]), ((2, 3, 5), [3, 5]), ((3, 2, 3, 4), [2, 3, 4]), ((3, 33), [33]), ((2, 50), [50])]:
        given = {"normalized_shape": dims}
        g.add(nn.LayerNorm(dims), shape, {"type": "layer_norm", **given})
        g.add(nn.RMSNorm(dims, eps=1e-4), shape, {"type": "rms_norm", "eps": 1e-4, **given})
    g.add(nn.LayerNorm([7], bias=False, eps=1e-3), (4, 7), {"type": "layer_norm", "bias": False, "eps": 1e-3})
    g.add(nn.LayerNorm([7], elementwise_affine=False), (4, 7), {"type": "layer_norm", "elementwise_affine": False})
    g.add(nn.RMSNorm([7], elementwise_affine=False), (4, 7), {"type": "rms_norm", "elementwise_affine": False})
    for shape in [(2, 9), (2, 9, 4), (2, 7, 3, 2), (1, 4, 2, 2, 2)]:
        for options in [{"size": 5}, {"size": 2, "alpha": 0.3, "beta": 0.5, "k": 2.0}, {"size": 3, "alpha": 0.5, "beta": 1.3}]:
            # PyTorch wants a place axis; a row is a place of its own.
            module = nn.LocalResponseNorm(**options)
            if len(shape) == 2:
                inner, module = module, lambda x, inner=module: inner(x.unsqueeze(-1)).squeeze(-1)
            g.add(module, shape, {"type": "local_response_norm", **options})
    g.save()


def pools():
    g = Group("pools")
    maxima = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
    means = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
    windows = [
        ((2, 3, 7), {"kernel_size": 2}),
        ((2, 3, 11), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ((1, 5, 12), {"kernel_size": 3, "stride": 1, "dilation": 3}),
        ((1, 2, 10), {"kernel_size": 3, "stride": 4, "ceil_mode": True, "padding": 1}),
        ((2, 3, 6, 8), {"kernel_size": 2}),
        ((2, 17, 5, 7), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ((1, 3, 7, 6), {"kernel_size": [3, 2], "stride": [2, 3], "padding": [1, 0], "ceil_mode": True}),
        ((1, 2, 9, 8), {"kernel_size": [2, 3], "stride": [1, 2], "padding": 1, "dilation": [3, 2]}),
        ((1, 33, 5, 5), {"kernel_size": 5, "stride": 1, "padding": 2}),
        ((1, 4, 5, 5), {"kernel_size": 3, "stride": 3, "ceil_mode": True}),
        ((1, 3, 4, 5, 6), {"kernel_size": 2}),
        ((1, 2, 5, 4, 7), {"kernel_size": [3, 2, 3], "stride": [2, 1, 2], "padding": [1, 1, 0], "ceil_mode": True}),
        ((1, 2, 17, 16), {"kernel_size": 16, "stride": 1}),
    ]
    for shape, options in windows:
        rank = len(shape) - 2
        g.add(maxima[rank](**options), shape, {"type": "max_pool", **options}, distinct=True)
        if "dilation" in options:
            continue
        for include in [True, False]:
            module = means[rank](**options, count_include_pad=include)
            g.add(module, shape, {"type": "avg_pool", **options, "count_include_pad": include})
    adaptive = [
        (nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d, (2, 3, 7), [1, 3, 7, 10]),
        (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, (2, 5, 7, 6), [1, 3, [2, 5], [7, 6], [9, 4]]),
        (nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d, (1, 2, 5, 4, 3), [[2, 3, 2]]),
    ]
    for mean, largest, shape, sizes in adaptive:
        for size in sizes:
            g.add(mean(size), shape, {"type": "adaptive_avg_pool", "output_size": size})
            g.add(largest(size), shape, {"type": "adaptive_max_pool", "output_size": size}, distinct=True)
    for shape in [(2, 3, 5), (2, 17, 4, 3), (1, 2, 3, 2, 2)]:
        axes = list(range(2, len(shape)))
        g.add(lambda x: x.mean(axes), shape, {"type": "global_avg_pool"})
        g.add(lambda x: x.amax(axes), shape, {"type": "global_max_pool"}, distinct=True)

    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}
    for shape, options in [
        ((2, 3, 5), {"scale_factor": 2}),
        ((2, 3, 5), {"size": 8}),
        ((2, 3, 5), {"size": 3}),
        ((2, 3, 7), {"scale_factor": 1.5}),
        ((1, 17, 3, 4), {"scale_factor": 2}),
        ((2, 3, 5, 4), {"size": [7, 9]}),
        ((2, 3, 5, 4), {"size": [2, 4]}),
        ((1, 2, 5, 4), {"scale_factor": [2.5, 0.75]}),
        ((1, 2, 1, 3), {"scale_factor": 3}),
        ((1, 2, 3, 2, 2), {"scale_factor": 2}),
        ((1, 2, 3, 2, 4), {"size": [4, 5, 3]}),
    ]:
        as_tuple = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
        mode = linear[len(shape) - 2]
        g.add(nn.Upsample(**as_tuple, mode="nearest"), shape, {"type": "upsample", **options})
        for align in [False, True]:
            module = nn.Upsample(**as_tuple, mode=mode, align_corners=align)
            g.add(module, shape, {"type": "upsample", **options, "mode": "linear", "align_corners": align})

    for shape, padding in [((2, 3, 5), [2, 1]), ((2, 3, 4, 5), [1, 2, 3, 0]), ((1, 17, 3, 3), [2, 2, 2, 2]), ((1, 2, 3, 4, 5), [1, 0, 2, 1, 0, 2])]:
        pairs = [padding[i : i + 2] for i in range(0, len(padding), 2)][::-1]
        for ours, theirs in [("zeros", "constant"), ("reflect", "reflect"), ("replicate", "replicate")]:
            g.add(lambda x: F.pad(x, padding, mode=theirs), shape, {"type": "pad", "padding": pairs, "mode": ours})
    g.save()


if __name__ == "__main__":
    norms()
    pools()
