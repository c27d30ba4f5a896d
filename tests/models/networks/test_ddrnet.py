from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from weight_shapes import listed, shapes_of_weights

from rtseg.models.networks.ddrnet import DAPPM, DDRNet
from rtseg.models.zoo import build_network

WEIGHTS = """
conv1.0:32x3x3x3 conv1.1:32 conv1.3:32x32x3x3 conv1.4:32 layer1.0.conv1:32x32x3x3
layer1.0.bn1:32 layer1.0.conv2:32x32x3x3 layer1.0.bn2:32 layer1.1.conv1:32x32x3x3
layer1.1.bn1:32 layer1.1.conv2:32x32x3x3 layer1.1.bn2:32 layer2.0.conv1:64x32x3x3
layer2.0.bn1:64 layer2.0.conv2:64x64x3x3 layer2.0.bn2:64 layer2.0.downsample.0:64x32x1x1
layer2.0.downsample.1:64 layer2.1.conv1:64x64x3x3 layer2.1.bn1:64 layer2.1.conv2:64x64x3x3
layer2.1.bn2:64 layer3.0.conv1:128x64x3x3 layer3.0.bn1:128 layer3.0.conv2:128x128x3x3
layer3.0.bn2:128 layer3.0.downsample.0:128x64x1x1 layer3.0.downsample.1:128
layer3.1.conv1:128x128x3x3 layer3.1.bn1:128 layer3.1.conv2:128x128x3x3 layer3.1.bn2:128
layer4.0.conv1:256x128x3x3 layer4.0.bn1:256 layer4.0.conv2:256x256x3x3 layer4.0.bn2:256
layer4.0.downsample.0:256x128x1x1 layer4.0.downsample.1:256 layer4.1.conv1:256x256x3x3
layer4.1.bn1:256 layer4.1.conv2:256x256x3x3 layer4.1.bn2:256 compression3.0:64x128x1x1
compression3.1:64 compression4.0:64x256x1x1 compression4.1:64 down3.0:128x64x3x3 down3.1:128
down4.0:128x64x3x3 down4.1:128 down4.3:256x128x3x3 down4.4:256 layer3_.0.conv1:64x64x3x3
layer3_.0.bn1:64 layer3_.0.conv2:64x64x3x3 layer3_.0.bn2:64 layer3_.1.conv1:64x64x3x3
layer3_.1.bn1:64 layer3_.1.conv2:64x64x3x3 layer3_.1.bn2:64 layer4_.0.conv1:64x64x3x3
layer4_.0.bn1:64 layer4_.0.conv2:64x64x3x3 layer4_.0.bn2:64 layer4_.1.conv1:64x64x3x3
layer4_.1.bn1:64 layer4_.1.conv2:64x64x3x3 layer4_.1.bn2:64 layer5_.0.conv1:64x64x1x1
layer5_.0.bn1:64 layer5_.0.conv2:64x64x3x3 layer5_.0.bn2:64 layer5_.0.conv3:128x64x1x1
layer5_.0.bn3:128 layer5_.0.downsample.0:128x64x1x1 layer5_.0.downsample.1:128
layer5.0.conv1:256x256x1x1 layer5.0.bn1:256 layer5.0.conv2:256x256x3x3 layer5.0.bn2:256
layer5.0.conv3:512x256x1x1 layer5.0.bn3:512 layer5.0.downsample.0:512x256x1x1
layer5.0.downsample.1:512 spp.scale1.1:512 spp.scale1.3:128x512x1x1 spp.scale2.1:512
spp.scale2.3:128x512x1x1 spp.scale3.1:512 spp.scale3.3:128x512x1x1 spp.scale4.1:512
spp.scale4.3:128x512x1x1 spp.scale0.0:512 spp.scale0.2:128x512x1x1 spp.process1.0:128
spp.process1.2:128x128x3x3 spp.process2.0:128 spp.process2.2:128x128x3x3 spp.process3.0:128
spp.process3.2:128x128x3x3 spp.process4.0:128 spp.process4.2:128x128x3x3 spp.compression.0:640
spp.compression.2:128x640x1x1 spp.shortcut.0:512 spp.shortcut.2:128x512x1x1 seghead_extra.bn1:64
seghead_extra.conv1:64x64x3x3 seghead_extra.bn2:64 seghead_extra.conv2:19x64x1x1
final_layer.bn1:128 final_layer.conv1:64x128x3x3 final_layer.bn2:64 final_layer.conv2:19x64x1x1
"""
"""Of DDRNet-23-slim with 19 classes, as ydhongHIT/DDRNet names and shapes them."""


def test_the_weights_are_called_and_shaped_as_in_the_authors_checkpoint() -> None:
    network = build_network("ddrnet-23-slim", 19)
    assert shapes_of_weights(network) == listed(WEIGHTS)
    assert len(network.state_dict()) == 346


def test_the_large_network_has_the_names_of_the_small_one_at_twice_the_width() -> None:
    small, large = (shapes_of_weights(build_network(f"ddrnet-23{s}", 19)) for s in ("-slim", ""))
    assert small.keys() == large.keys()
    assert large["layer5.0.conv3"] == "1024x512x1x1"
    assert large["spp.scale1.3"] == "128x1024x1x1"
    assert large["final_layer.conv1"] == "128x256x3x3"


@settings(max_examples=6, deadline=None)
@given(rows=st.integers(1, 20), columns=st.integers(1, 20))
def test_logits_come_at_an_eighth_of_any_size_in_multiples_of_eight(
    rows: int, columns: int
) -> None:
    network = DDRNet(5, width=4, context_width=4, head_width=4).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, rows * 8, columns * 8)).shape == (1, 5, rows, columns)


def test_training_adds_the_logits_of_the_fine_branch_after_the_first_exchange() -> None:
    network = DDRNet(5, width=4, context_width=4, head_width=4).train()
    logits, (middle,), boundary = network(torch.rand(2, 3, 72, 104))
    assert logits.shape == middle.shape == (2, 5, 9, 13)
    assert boundary is None
    middle.sum().backward()
    assert network.layer3.get_parameter("0.conv1.weight").grad is not None
    assert network.layer4.get_parameter("0.conv1.weight").grad is None


def test_the_pyramid_adds_each_scale_to_the_finer_one_before_it() -> None:
    """On a map of one pixel of value 1 the zero-padded pools give 1/25, 1/81, 1/289 and 1.

    With every weight 1: 1, then 1.04, 1.052346, 1.055806 and 2.055806, together 6.203957; the
    shortcut adds 1.
    """
    pyramid = with_every_weight_one(DAPPM(1, 1, 1))
    assert pyramid(torch.ones(1, 1, 1, 1)).item() == pytest.approx(7.203957, abs=1e-5)


def with_every_weight_one(module: torch.nn.Module) -> torch.nn.Module:
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.ones_(layer.weight)
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 0.0
    return module.eval()
