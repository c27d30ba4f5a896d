from __future__ import annotations

import pytest
import torch

from rtseg.models.networks.roadnet import RoadNet
from rtseg.models.zoo import build_network, parameter_count


@pytest.mark.parametrize("name", ["roadnet-s", "roadnet-m"])
@pytest.mark.parametrize(("height", "width"), [(32, 64), (96, 160)])
def test_logits_come_at_half_the_size(name: str, height: int, width: int) -> None:
    network = build_network(name, 11).eval()
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3, height, width))
    assert logits.shape == (1, 11, height // 2, width // 2)


def test_training_adds_the_coarse_logits_of_stride_sixteen() -> None:
    logits, (coarse,), _ = RoadNet(5).train()(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 5, 32, 48)
    assert coarse.shape == (2, 5, 4, 6)


@pytest.mark.parametrize(("name", "millions"), [("roadnet-s", 1.87), ("roadnet-m", 3.70)])
def test_a_network_is_as_large_as_it_says(name: str, millions: float) -> None:
    assert parameter_count(build_network(name, 11)) / 1e6 == pytest.approx(millions, abs=0.005)


def test_the_same_seed_builds_the_same_network() -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        weights.append(build_network("roadnet-s", 2).state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_every_parameter_of_the_network_is_trained() -> None:
    network = RoadNet(3).train()
    logits, (coarse,), _ = network(torch.rand(2, 3, 64, 64))
    (logits.square().mean() + coarse.square().mean()).backward()
    idle = [name for name, value in network.named_parameters() if value.grad is None]
    assert idle == []
