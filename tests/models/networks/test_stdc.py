from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rtseg.models.networks.stdc import (
    STDC1,
    STDC2,
    ShortTermDenseConcatenation,
    STDCNet,
    STDCSeg,
    from_published,
)
from rtseg.models.zoo import multiply_accumulates, parameter_count

HEADS = """
cp.arm16.conv.conv:128x512x3x3 cp.arm16.conv.bn:128 cp.arm16.conv_atten:128x128x1x1
cp.arm16.bn_atten:128 cp.arm32.conv.conv:128x1024x3x3 cp.arm32.conv.bn:128
cp.arm32.conv_atten:128x128x1x1 cp.arm32.bn_atten:128 cp.conv_head32.conv:128x128x3x3
cp.conv_head32.bn:128 cp.conv_head16.conv:128x128x3x3 cp.conv_head16.bn:128
cp.conv_avg.conv:128x1024x1x1 cp.conv_avg.bn:128 ffm.convblk.conv:256x384x1x1 ffm.convblk.bn:256
ffm.conv1:64x256x1x1 ffm.conv2:256x64x1x1 conv_out.conv.conv:256x256x3x3 conv_out.conv.bn:256
conv_out.conv_out:19x256x1x1 conv_out16.conv.conv:64x128x3x3 conv_out16.conv.bn:64
conv_out16.conv_out:19x64x1x1 conv_out32.conv.conv:64x128x3x3 conv_out32.conv.bn:64
conv_out32.conv_out:19x64x1x1 conv_out_sp8.conv.conv:64x256x3x3 conv_out_sp8.conv.bn:64
conv_out_sp8.conv_out:1x64x1x1
"""
"""With 19 classes, as MichaelFan01/STDC-Seg names and shapes them; without the backbone."""

STAGES = {STDC1: ((2, 3), (4, 5), (6, 7)), STDC2: ((2, 5), (6, 10), (11, 13))}
"""The first and the last block at strides 8, 16 and 32, as ``cp.backbone.features`` counts."""


def published(depths: tuple[int, int, int]) -> dict[str, str]:
    table = dict(entry.split(":") for entry in HEADS.split())
    table |= convolution("cp.backbone.features.0", 3, 32, 3)
    table |= convolution("cp.backbone.features.1", 32, 64, 3)
    for (first, last), outputs in zip(STAGES[depths], (256, 512, 1024), strict=True):
        for i in range(first, last + 1):
            inputs = outputs if i > first else {256: 64, 512: 256, 1024: 512}[outputs]
            table |= block(f"cp.backbone.features.{i}", inputs, outputs, strided=i == first)
    return table


def block(name: str, inputs: int, outputs: int, *, strided: bool) -> dict[str, str]:
    widths = (inputs, outputs // 2, outputs // 4, outputs // 8, outputs // 8)
    table = {}
    for i in range(4):
        kernel = 1 if i == 0 else 3
        table |= convolution(f"{name}.conv_list.{i}", widths[i], widths[i + 1], kernel)
    if strided:
        table[f"{name}.avd_layer.0"] = f"{outputs // 2}x1x3x3"
        table[f"{name}.avd_layer.1"] = str(outputs // 2)
    return table


def convolution(name: str, inputs: int, outputs: int, kernel: int) -> dict[str, str]:
    return {f"{name}.conv": f"{outputs}x{inputs}x{kernel}x{kernel}", f"{name}.bn": str(outputs)}


@pytest.mark.parametrize("depths", [STDC1, STDC2])
def test_the_weights_are_called_and_shaped_as_in_the_authors_files(
    depths: tuple[int, int, int],
) -> None:
    found = {
        name.removesuffix(".weight"): "x".join(map(str, value.shape))
        for name, value in STDCSeg(19, depths=depths).state_dict().items()
        if name.endswith("weight")
    }
    assert found == published(depths)


def test_of_the_authors_files_only_the_unused_parts_are_left_out() -> None:
    network = STDCSeg(19)
    ours = network.state_dict()
    unused = {
        "cp.backbone.x8.0.2.conv_list.0.conv.weight": torch.ones(128, 64, 1, 1),
        "cp.backbone.conv_last.conv.weight": torch.ones(1024, 1024, 1, 1),
        "cp.backbone.fc.weight": torch.ones(1024, 1024),
        "cp.backbone.bn.running_mean": torch.ones(1024),
        "cp.backbone.linear.weight": torch.ones(1000, 1024),
        "conv_out_sp16.conv.conv.weight": torch.ones(64, 512, 3, 3),
    }
    network.load_state_dict(from_published({**ours, **unused}), strict=True)
    assert from_published({"conv_out_sp32.conv_out.weight": torch.ones(1)}) != {}


@pytest.mark.parametrize(
    ("depths", "millions", "mega_macs"), [(STDC1, 8.44, 813), (STDC2, 12.47, 1446)]
)
def test_the_backbone_weighs_what_the_paper_says_of_its_classifier(
    depths: tuple[int, int, int], millions: float, mega_macs: int
) -> None:
    """The head, which is not built here: 1x1 to 1024 with batch norm, 1024 to 1024 with batch
    norm, 1024 to 1000; on 7x7 of 224x224, the later two after pooling."""
    network = STDCNet(depths)
    head = 1024 * 1024 + 2048 + 1024 * 1024 + 2048 + 1024 * 1000
    assert (parameter_count(network) + head) / 1e6 == pytest.approx(millions, abs=0.005)
    macs = multiply_accumulates(network, 224, 224) + 49 * 1024**2 + 1024**2 + 1024 * 1000
    assert macs / 1e6 == pytest.approx(mega_macs, rel=0.01)


def test_each_part_of_a_block_feeds_the_next_and_all_lie_side_by_side() -> None:
    network = averaging(ShortTermDenseConcatenation(4, 16), (2, 3, 5, 7))
    found = network(torch.ones(1, 4, 5, 5))[0, :, 2, 2]
    expected = [2.0] * 8 + [6.0] * 4 + [30.0] * 2 + [210.0] * 2
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-3, atol=0)


def test_a_strided_block_halves_the_map_and_averages_its_first_part() -> None:
    network = averaging(ShortTermDenseConcatenation(4, 16, stride=2), (9, 1, 1, 1))
    picture = torch.zeros(1, 4, 6, 6)
    picture[:, :, 2, 2] = 1.0
    found = network(picture)
    assert found.shape == (1, 16, 3, 3)
    # The middle window of 3x3 pixels, and it alone, holds the one bright pixel, which is 9.
    expected = torch.zeros(3, 3)
    expected[1, 1] = 1.0
    torch.testing.assert_close(found[0, 0], expected, rtol=1e-3, atol=1e-6)


def averaging(network: nn.Module, gains: tuple[int, ...]) -> nn.Module:
    """Every convolution of the list answers ``gain`` times the mean of its input's channels."""
    for each, gain in zip(network.conv_list, gains, strict=True):
        kernel = each.conv.weight.data.zero_()
        kernel[:, :, kernel.shape[2] // 2, kernel.shape[3] // 2] = gain / kernel.shape[1]
    return network.eval()


def test_training_adds_logits_at_strides_8_and_16_and_borders_at_stride_8() -> None:
    heads = STDCSeg(5).train()(torch.rand(2, 3, 64, 96))
    assert heads.logits.shape == (2, 5, 8, 12)
    assert [each.shape for each in heads.auxiliary] == [(2, 5, 8, 12), (2, 5, 4, 6)]
    assert heads.boundary is not None
    assert heads.boundary.shape == (2, 1, 8, 12)


def test_evaluation_gives_the_same_logits_without_the_others() -> None:
    torch.manual_seed(0)
    network = STDCSeg(5)
    picture = torch.rand(2, 3, 64, 96)
    expected: Tensor = network.train()(picture).logits
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.track_running_stats = False
            layer.running_mean = layer.running_var = None
    torch.testing.assert_close(network.eval()(picture), expected)
