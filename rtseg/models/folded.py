"""Weights of a model package, back in a network that can be trained on.

An exported graph holds every batch norm folded into the convolution before it. Here each norm
gets statistics of its own again, measured on pictures, and the scale and shift that undo them:
the network computes what the graph computes, and can go on learning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from rtseg.engine.graph import constants, plain, read_graph
from rtseg.errors import EngineError

Norm = nn.BatchNorm2d


def load_folded(network: nn.Module, path: Path, pictures: Sequence[Tensor]) -> list[str]:
    """Fill ``network`` from the FP32 file of a package; returns the layers that stay as they are.

    Those are layers that the file lacks, or has in another shape: a head of other classes, say.
    pictures: what the network will see, each (N, 3, h, w) and normalised; a few dozen.
    Raises EngineError where the file is unreadable or shares no layer with the network.
    """
    found = _convolutions(path)
    layers = list(_layers(network))
    fresh, filled = [], []
    for name, convolution, norm in layers:
        weight, bias = found.get(name, (None, None))
        if weight is None or weight.shape != convolution.weight.shape:
            fresh.append(name)
            continue
        _fill(convolution, norm, weight=weight, bias=bias)
        if norm is not None:
            filled.append(norm)
    if len(fresh) == len(layers):
        raise EngineError(
            f"{str(path)!r} has no layer of this network: expected a package that `rtseg export` "
            "made of the same network"
        )
    _measure(network, filled, pictures)
    return fresh


def _layers(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d, Norm | None]]:
    """Every convolution with the batch norm that follows it, which one without a bias has."""
    layers = [
        (name, each)
        for name, each in network.named_modules()
        if isinstance(each, (nn.Conv2d, Norm))
    ]
    for (name, layer), (_, after) in zip(layers, [*layers[1:], ("", None)], strict=True):
        if not isinstance(layer, nn.Conv2d):
            continue
        paired = isinstance(after, Norm) and after.num_features == layer.out_channels
        yield name, layer, after if paired and layer.bias is None else None  # type: ignore[misc]


@torch.no_grad()
def _fill(
    convolution: nn.Conv2d, norm: Norm | None, *, weight: Tensor, bias: Tensor | None
) -> None:
    """The norm adds the bias and does nothing else, until it is measured."""
    convolution.weight.copy_(weight)
    shift = torch.zeros(len(weight)) if bias is None else bias
    if norm is None:
        if convolution.bias is not None:
            convolution.bias.copy_(shift)
        return
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0 - norm.eps)
    norm.weight.fill_(1.0)
    norm.bias.copy_(shift)


@torch.no_grad()
def _measure(network: nn.Module, norms: list[Norm], pictures: Sequence[Tensor]) -> None:
    """Statistics of what every norm is given; its output stays what it was."""
    sums: dict[nn.Module, Tensor] = {}

    def add(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].double()
        count = torch.full_like(x[0, :, 0, 0], x.numel() / x.shape[1])
        moments = torch.stack([count, x.sum((0, 2, 3)), x.square().sum((0, 2, 3))])
        sums[norm] = sums[norm] + moments if norm in sums else moments

    hooks = [norm.register_forward_pre_hook(add) for norm in norms]
    training = network.training
    network.eval()
    for picture in pictures:
        network(picture)
    network.train(training)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        if norm in sums:  # not in a part that only training runs
            _undo(norm, sums[norm])


def _undo(norm: Norm, moments: Tensor) -> None:
    """weight and bias that give back what the statistics take away.

    moments: (3, C) number, sum and sum of squares.
    """
    count, total, squares = moments
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0.0)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.add_(mean)


def _convolutions(path: Path) -> dict[str, tuple[Tensor, Tensor | None]]:
    """Weight and bias by the module's name, which the exporter wrote into the graph."""
    model = plain(read_graph(path))
    known = constants(model)
    found = {}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[1] in known:
            weight, *bias = (torch.tensor(known[each]) for each in node.input[1:])
            found[_module(node.name)] = (weight, bias[0] if bias else None)
    return found


def _module(node: str) -> str:
    """``/network/blocks/blocks.0/blocks.0.1/conv/Conv`` -> ``blocks.0.1.conv``.

    A container's part carries the container's name again.
    """
    parts: list[str] = []
    for part in node.strip("/").split("/")[:-1]:
        if part == "network" and not parts:
            continue
        if parts and part.startswith(parts[-1] + "."):
            parts.pop()
        parts.append(part)
    return ".".join(parts)
