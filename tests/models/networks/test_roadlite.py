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


def test_the_fine_stage_brings_logits_at_half_the_size() -> None:
    with torch.inference_mode():
        logits = RoadLite(11, fine_width=24).eval()(torch.zeros(1, 3, 96, 160))
    assert logits.shape == (1, 11, 48, 80)


def test_the_fine_stage_sees_what_the_coarse_ones_cannot() -> None:
    """A change of two columns in the stage's own input moves the logits right there."""
    torch.manual_seed(0)
    network = RoadLite(5, fine_width=8).eval()
    assert network.fine is not None
    coarse, fine = torch.rand(1, 64, 8, 8), torch.rand(1, 16, 16, 16)
    changed = fine.clone()
    changed[..., 5:7] += 1.0
    with torch.inference_mode():
        moved = (network.fine(coarse, fine) - network.fine(coarse, changed)).abs().sum((0, 1, 2))
    assert (moved[4:8] > 0).all()  # a 3x3 convolution reaches one column further
    assert (moved[:4] == 0).all()
    assert (moved[8:] == 0).all()
