"""Which networks there are. Adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from rtseg.errors import UsageError
from rtseg.models.roadnet import RoadNet

NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "roadnet-s": partial(RoadNet, widths=(24, 48, 96, 192), depths=(2, 2, 2, 2), decoder_width=48),
    "roadnet-m": RoadNet,
}


def build_network(name: str, classes: int) -> nn.Module:
    """A freshly initialised network, in training mode."""
    if name not in NETWORKS:
        raise UsageError(f"no network named {name!r}; there are: {', '.join(NETWORKS)}")
    return NETWORKS[name](classes)
