"""DFANet's own: three backbones that feed each other."""

from __future__ import annotations

import pytest
import torch

from rtseg.models.networks.dfanet import DFANet


def test_stages_are_those_of_table_1() -> None:
    for index, backbone in enumerate(DFANet(5).backbones):
        assert [len(stage) for stage in backbone.stages] == [4, 6, 4]
        inner = [stage[0].branch[3].out_channels for stage in backbone.stages]
        assert inner == [12, 24, 48]
        inputs = [stage[0].branch[1].in_channels for stage in backbone.stages]
        assert inputs == ([8, 48, 96] if index == 0 else [192 + 48, 48 + 96, 96 + 192])


@pytest.mark.parametrize(("height", "width"), [(352, 480), (64, 128)])
def test_each_backbone_starts_where_the_first_stage_of_the_one_before_ended(
    height: int, width: int
) -> None:
    """480 is no multiple of 64, the last stride: the maps round up alike."""
    network = DFANet(5).eval()
    deepest: list[tuple[int, ...]] = []
    for backbone in network.backbones:
        backbone.register_forward_hook(lambda *call: deepest.append(tuple(call[2][0].shape[2:])))
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3, height, width))
    assert deepest == [(-(-height // each), -(-width // each)) for each in (16, 32, 64)]
    assert logits.shape == (1, 5, height // 4, width // 4)


def test_later_backbones_read_every_stage_of_the_one_before() -> None:
    network = DFANet(5).eval()
    backbone = network.backbones[1]
    x = torch.rand(1, 192, 16, 16)
    maps = [torch.rand(1, width, size, size) for width, size in ((48, 16), (96, 8), (192, 4))]
    with torch.inference_mode():
        _, before = backbone(x, tuple(maps))
        for stage, each in enumerate(maps):
            changed = [each + 1 if other is each else other for other in maps]
            _, after = backbone(x, tuple(changed))
            same = [torch.equal(a, b) for a, b in zip(before, after, strict=True)]
            assert same == [index < stage for index in range(3)]
