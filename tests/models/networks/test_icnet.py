from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rtseg.models.networks.icnet import CascadeFusion, DilatedResNet50, ICNet, from_published
from rtseg.models.torchvision_import import torchvision

WEIGHTS = """
pretrained.conv1.0:64x3x3x3 pretrained.conv1.1:64 pretrained.conv1.3:64x64x3x3
pretrained.conv1.4:64 pretrained.conv1.6:128x64x3x3 pretrained.bn1:128
pretrained.layer1.0.conv1:64x128x1x1 pretrained.layer1.0.downsample.0:256x128x1x1
conv_sub1.0.conv:32x3x3x3 conv_sub1.0.bn:32 conv_sub1.1.conv:32x32x3x3 conv_sub1.1.bn:32
conv_sub1.2.conv:64x32x3x3 conv_sub1.2.bn:64 head.cff_12.conv_low.0:128x128x3x3
head.cff_12.conv_low.1:128 head.cff_12.conv_high.0:128x64x1x1 head.cff_12.conv_high.1:128
head.cff_12.conv_low_cls:19x128x1x1 head.cff_24.conv_low.0:128x2048x3x3
head.cff_24.conv_low.1:128 head.cff_24.conv_high.0:128x512x1x1 head.cff_24.conv_high.1:128
head.cff_24.conv_low_cls:19x128x1x1 head.conv_cls:19x128x1x1
"""
"""With 19 classes, as liminn/ICNet-pytorch names and shapes what ResNet-50 has not or otherwise."""


def test_the_weights_are_called_and_shaped_as_the_published_ones() -> None:
    residual = torchvision.models.resnet50(weights=None).state_dict()
    expected = {
        f"pretrained.{name.removesuffix('.weight')}": "x".join(map(str, value.shape))
        for name, value in residual.items()
        if name.startswith("layer") and name.endswith("weight")
    }
    expected |= dict(entry.split(":") for entry in WEIGHTS.split())
    found = {
        name.removesuffix(".weight"): "x".join(map(str, value.shape))
        for name, value in ICNet(19).state_dict().items()
        if name.endswith("weight")
    }
    assert found == expected


def test_the_classifier_of_a_published_file_is_left_out_and_nothing_else() -> None:
    theirs = {
        "pretrained.fc.weight": torch.ones(1000, 2048),
        "pretrained.fc.bias": torch.ones(1000),
        "head.conv_cls.weight": torch.ones(19, 128, 1, 1),
    }
    assert list(from_published(theirs)) == ["head.conv_cls.weight"]


def test_the_last_stages_are_dilated_instead_of_strided() -> None:
    network = DilatedResNet50()
    spread = {
        stage: [block.conv2.dilation[0] for block in getattr(network, stage)]
        for stage in ("layer2", "layer3", "layer4")
    }
    assert spread == {
        "layer2": [1, 1, 1, 1],
        "layer3": [1, 2, 2, 2, 2, 2],
        "layer4": [2, 4, 4],
    }
    assert all(block.conv2.padding == block.conv2.dilation for block in network.layer4)
    with torch.inference_mode():
        assert network.eval()(torch.rand(1, 3, 32, 64)).shape == (1, 2048, 4, 8)


def test_the_picture_is_seen_whole_by_half_and_by_quarter() -> None:
    network = ICNet(5).eval()
    seen: list[tuple[str, tuple[int, ...]]] = []

    def note(name: str, output: Tensor) -> None:
        seen.append((name, tuple(output.shape[1:])))

    for name in ("conv_sub1", "pretrained.layer2", "pretrained.layer4"):
        module = network.get_submodule(name)
        module.register_forward_hook(lambda _, __, output, name=name: note(name, output))
    with torch.inference_mode():
        logits = network(torch.rand(1, 3, 64, 96))
    assert seen == [
        ("pretrained.layer2", (512, 4, 6)),
        ("pretrained.layer2", (512, 2, 3)),
        ("pretrained.layer4", (2048, 2, 3)),
        ("conv_sub1", (64, 8, 12)),
    ]
    assert logits.shape == (1, 5, 16, 24)


def test_training_adds_logits_at_strides_8_and_16() -> None:
    heads = ICNet(5).train()(torch.rand(2, 3, 32, 64))
    assert heads.logits.shape == (2, 5, 8, 16)
    assert [each.shape for each in heads.auxiliary] == [(2, 5, 4, 8), (2, 5, 2, 4)]


def test_maps_are_fused_corner_on_corner_and_rectified_together() -> None:
    torch.manual_seed(0)
    network = CascadeFusion(4, 3, 2).eval()
    coarse, fine = torch.rand(1, 4, 3, 3), torch.rand(1, 3, 6, 6)
    grown = functional.interpolate(coarse, (6, 6), mode="bilinear", align_corners=True)
    filtered = network.conv_low(grown)
    fused, logits = network(coarse, fine)
    expected = (filtered + network.conv_high(fine)).clamp(min=0)
    assert 0.05 < (expected == 0).float().mean() < 0.95
    torch.testing.assert_close(fused, expected)
    torch.testing.assert_close(logits, network.conv_low_cls(filtered))
