"""Building a network by name, and weighing it."""

from __future__ import annotations

from copy import deepcopy
from importlib import import_module

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rtseg.models.catalogue import entry


def build_network(name: str, classes: int) -> nn.Module:
    """A freshly initialised network, in training mode; raises UsageError for an unknown name.

    In evaluation it maps normalised (N, 3, h, w) to logits (N, C, h', w') at whatever stride its
    head has; in training it returns ``Heads``.
    """
    chosen = entry(name)
    module = import_module(f"rtseg.models.networks.{chosen.module}")
    network: nn.Module = getattr(module, chosen.factory)(classes, **chosen.options)
    return network


def parameter_count(network: nn.Module) -> int:
    """Of everything that is used in evaluation and training alike: auxiliary heads included."""
    return sum(each.numel() for each in network.parameters())


def multiply_accumulates(network: nn.Module, height: int, width: int) -> int:
    """For one picture in evaluation: convolutions and matrix products only, as papers count.

    Shapes alone are enough to count: nothing is computed, and ``network`` stays as it is.
    """
    counter = FlopCounterMode(display=False)
    shapes = deepcopy(network).to("meta").eval()
    with torch.inference_mode(), counter:
        shapes(torch.zeros(1, 3, height, width, device="meta"))
    return int(counter.get_total_flops()) // 2
