from __future__ import annotations

import pytest

from rtseg.models.optimiser import learning_rate, parameter_groups
from rtseg.models.recipe import Recipe
from rtseg.models.zoo import build_network


@pytest.mark.parametrize(("schedule", "peak"), [("poly", 3), ("one-cycle", 8)])
def test_the_learning_rate_rises_and_falls_to_nothing(schedule: str, peak: int) -> None:
    recipe = Recipe(warm_up=0.1, schedule=schedule)
    rates = [learning_rate(recipe, step / 24) for step in range(24)]
    assert rates[0] < 0.05 * max(rates)
    # A tenth of 24 steps of warm-up, three tenths of one cycle: the first step past either.
    assert rates.index(max(rates)) in (peak, peak - 1)
    assert rates[-1] < 0.1 * max(rates)


def test_without_a_warm_up_training_starts_at_the_full_rate() -> None:
    assert learning_rate(Recipe(warm_up=0.0, learning_rate=0.5), 0.0) == 0.5


def test_the_encoder_learns_at_its_own_rate() -> None:
    recipe = Recipe(network="roadlite-0", encoder="efficientnet-lite0", encoder_rate=0.25)
    network = build_network("roadlite-0", 3)
    groups = parameter_groups(network, recipe)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    encoder = {id(each) for each in network.get_submodule("encoder").parameters()}
    for group in groups:
        members = {id(each) in encoder for each in group["params"]}
        assert members == {group["rate"] == 0.25}
        assert {each.ndim > 1 for each in group["params"]} == {group["weight_decay"] > 0}
