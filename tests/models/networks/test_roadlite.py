from __future__ import annotations

import pytest
import torch
from torch import nn

from rtseg.models.networks.depthwise import DepthwiseConv2d
from rtseg.models.networks.roadlite import RoadLite
from rtseg.models.zoo import build_network, parameter_count


def test_logits_come_at_a_quarter_of_the_size() -> None:
    with torch.inference_mode():
        logits = RoadLite(11).eval()(torch.zeros(1, 3, 96, 160))
    assert logits.shape == (1, 11, 24, 40)


def test_training_adds_the_coarse_logits_of_stride_sixteen() -> None:
    logits, (coarse,), _ = RoadLite(5).train()(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 5, 16, 24)
    assert coarse.shape == (2, 5, 4, 6)


@pytest.mark.parametrize(("name", "millions"), [("roadlite-0", 3.504), ("roadlite-2", 4.93)])
def test_a_network_is_as_large_as_it_says(name: str, millions: float) -> None:
    assert parameter_count(build_network(name, 11)) / 1e6 == pytest.approx(millions, abs=0.005)


def test_every_depthwise_convolution_takes_the_fast_way() -> None:
    layers = [each for each in RoadLite(5).modules() if isinstance(each, nn.Conv2d)]
    grouped = [each for each in layers if each.groups > 1]
    assert len(grouped) == 16  # one in every block of EfficientNet-Lite0
    assert all(type(each) is DepthwiseConv2d for each in grouped)
