"""Wrapped networks of segmentation-models-pytorch: the stride of their heads, and their trunk."""

from __future__ import annotations

import pytest
import torch

from rtseg.models.networks.smp_nets import SmpNet
from rtseg.models.torchvision_import import torchvision


@pytest.mark.parametrize(
    ("model", "encoder", "stride"),
    [("deeplabv3plus", "resnet18", 4), ("unet", "resnet18", 1), ("segformer", "mit_b0", 4)],
)
def test_logits_come_at_the_stride_of_the_head(model: str, encoder: str, stride: int) -> None:
    network = SmpNet(5, model=model, encoder=encoder).eval()
    with torch.inference_mode():
        logits = network(torch.rand(1, 3, 64, 96))
    assert logits.shape == (1, 5, 64 // stride, 96 // stride)


def test_encoders_take_the_weights_of_torchvision() -> None:
    reference = torchvision.models.resnet18(weights=None).state_dict()
    encoder = SmpNet(5, model="unet", encoder="resnet18").network.encoder
    state = {k: v for k, v in reference.items() if not k.startswith("fc.")}
    assert set(encoder.state_dict()) == set(state)
