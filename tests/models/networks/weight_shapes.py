"""The names and shapes of a network's weights, as a table that can be read beside the authors'."""

from __future__ import annotations

from torch import nn


def shapes_of_weights(network: nn.Module) -> dict[str, str]:
    """``{"conv1": "64x3x7x7", ...}`` of everything that is called weight."""
    return {
        name.removesuffix(".weight"): "x".join(map(str, value.shape))
        for name, value in network.state_dict().items()
        if name.endswith("weight")
    }


def listed(table: str) -> dict[str, str]:
    """``conv1:64x3x7x7 bn1:64`` as the same."""
    return dict(entry.split(":") for entry in table.split())
