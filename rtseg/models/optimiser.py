"""How fast each parameter learns, and when."""

from __future__ import annotations

import math
from typing import Any

from torch import nn

from rtseg.models.recipe import Recipe


def learning_rate(recipe: Recipe, progress: float) -> float:
    """progress: 0..1, the share of the steps that is done. Both schedules end at next to 0."""
    if recipe.schedule == "one-cycle":
        rising = 0.3
        if progress < rising:
            share = 0.04 + 0.96 * (1 - math.cos(math.pi * progress / rising)) / 2
        else:
            share = (1 + math.cos(math.pi * (progress - rising) / (1 - rising))) / 2
        return recipe.learning_rate * share
    warm = min(1.0, (progress + 1e-3) / max(recipe.warm_up, 1e-3))
    return float(recipe.learning_rate * warm * (1.0 - progress) ** 0.9)


def parameter_groups(network: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """No decay on biases and norms: pulling a batch norm's gain to zero only slows it.

    rate: of every group, relative to the recipe's learning rate.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        rate = recipe.encoder_rate if recipe.encoder and name.startswith("encoder.") else 1.0
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay, "rate": rate}
        for (rate, decay), parameters in groups.items()
    ]
