"""Wrapped networks answer as their libraries do, but at their own stride."""

from __future__ import annotations

import pytest
import torch

from rtseg.models.networks.blocks import Heads
from rtseg.models.networks.torchvision_nets import TorchvisionNet


@pytest.mark.parametrize(
    ("model", "auxiliary", "stride"),
    [
        ("lraspp_mobilenet_v3_large", False, 8),
        ("deeplabv3_mobilenet_v3_large", True, 16),
        ("fcn_resnet50", True, 8),
    ],
)
def test_enlarged_logits_are_those_of_torchvision(model: str, auxiliary: bool, stride: int) -> None:
    torch.manual_seed(0)
    wrapped = TorchvisionNet(5, model=model, auxiliary=auxiliary).eval()
    picture = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        logits = wrapped(picture)
        expected = wrapped.network(picture)["out"]
    assert logits.shape == (1, 5, 64 // stride, 96 // stride)
    enlarged = torch.nn.functional.interpolate(logits, (64, 96), mode="bilinear")
    torch.testing.assert_close(enlarged, expected)


def test_the_auxiliary_head_speaks_in_training_only() -> None:
    wrapped = TorchvisionNet(5, model="deeplabv3_mobilenet_v3_large", auxiliary=True)
    heads = wrapped(torch.rand(2, 3, 64, 96))
    assert isinstance(heads, Heads)
    assert [each.shape[1] for each in heads.auxiliary] == [5]
    assert isinstance(wrapped.eval()(torch.rand(1, 3, 64, 96)), torch.Tensor)
