from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from rtseg.models.networks.resnet import BasicBlock, Bottleneck, ResNet18, basic_stage
from rtseg.models.torchvision_import import torchvision

Theirs = torchvision.models.resnet


def shortcut(inputs: int, outputs: int, stride: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False), torch.nn.BatchNorm2d(outputs)
    )


def assert_alike(ours: torch.nn.Module, theirs: torch.nn.Module, channels: int) -> None:
    """In training mode, where the batch norms really divide."""
    torch.manual_seed(0)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    picture = torch.randn(2, channels, 9, 12)
    expected = theirs.train()(picture)
    assert (expected == 0).float().mean() < 0.9
    torch.testing.assert_close(ours.train()(picture), expected)


@pytest.mark.parametrize(("outputs", "stride"), [(8, 1), (16, 1), (16, 2)])
def test_a_basic_block_is_the_one_of_torchvision(outputs: int, stride: int) -> None:
    plain = (outputs, stride) == (8, 1)
    theirs = Theirs.BasicBlock(8, outputs, stride, None if plain else shortcut(8, outputs, stride))
    assert_alike(BasicBlock(8, outputs, stride=stride), theirs, 8)


@pytest.mark.parametrize(("inputs", "stride"), [(16, 1), (8, 1), (16, 2)])
def test_a_bottleneck_is_the_one_of_torchvision(inputs: int, stride: int) -> None:
    plain = (inputs, stride) == (16, 1)
    theirs = Theirs.Bottleneck(inputs, 4, stride, None if plain else shortcut(inputs, 16, stride))
    assert_alike(Bottleneck(inputs, 4, stride=stride), theirs, inputs)


@pytest.mark.parametrize(
    "block", [BasicBlock(4, 4, relu=False), Bottleneck(4, 2, relu=False, expansion=2)]
)
def test_without_the_last_activation_what_is_negative_stays(block: torch.nn.Module) -> None:
    for layer in block.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.zeros_(layer.weight)
    picture = torch.full((1, 4, 3, 3), -2.0)
    assert torch.equal(block.eval()(picture), picture)
    block.relu = True
    assert torch.equal(block(picture), torch.zeros(1, 4, 3, 3))


def test_only_the_first_block_of_a_stage_strides_and_only_the_last_may_end_without_relu() -> None:
    stage = basic_stage(4, 8, 3, stride=2, relu=False)
    assert [block.conv1.stride for block in stage] == [(2, 2), (1, 1), (1, 1)]
    assert [block.conv1.in_channels for block in stage] == [4, 8, 8]
    assert [block.downsample is None for block in stage] == [False, True, True]
    assert [block.relu for block in stage] == [True, True, False]
    assert [block.relu for block in basic_stage(4, 8, 2)] == [True, True]


def test_torchvision_weights_load_strictly_and_give_its_features() -> None:
    torch.manual_seed(0)
    reference = torchvision.models.resnet18(weights=None)
    for layer in reference.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.running_mean)
    state = {k: v for k, v in reference.state_dict().items() if not k.startswith("fc.")}
    backbone = ResNet18()
    backbone.load_state_dict(state, strict=True)
    picture = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        sums = backbone.eval()(picture)
        y = reference.eval().maxpool(reference.relu(reference.bn1(reference.conv1(picture))))
        for found, stage in zip(sums, ("layer1", "layer2", "layer3", "layer4"), strict=True):
            y = getattr(reference, stage)(y)
            assert (found < 0).any()
            torch.testing.assert_close(functional.relu(found), y)
