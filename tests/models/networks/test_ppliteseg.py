from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rtseg.models.networks.ppliteseg import AttentionFusion, PPLiteSeg, from_published
from rtseg.models.networks.stdc import STDC2

OPTIONS = {
    "t": {},
    "b": {"depths": STDC2, "widths": (64, 96, 128), "head_widths": (64, 64, 64)},
}
LAST_BLOCK = {"t": 7, "b": 13}
WIDTHS = {"t": (32, 64, 128, 32, 64, 64), "b": (64, 96, 128, 64, 64, 64)}
"""Of the decoder, then of the heads: configs/pp_liteseg of PaddleSeg."""


def published(member: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes in PaddleSeg's files, with 19 classes; of the backbone the last block."""
    fine8, fine16, fine32, *heads = WIDTHS[member]
    table: dict[str, tuple[int, ...]] = {}
    for i in range(3):
        table |= convolution(f"ppseg_head.cm.stages.{i}.1", (128, 1024, 1, 1), bias=True)
    table |= convolution("ppseg_head.cm.conv_out", (128, 128, 3, 3), bias=True)
    fusions = ((256, fine16, fine8), (512, fine32, fine16), (1024, 128, fine32))
    for i, (fine, coarse, outputs) in enumerate(fusions):
        name = f"ppseg_head.arm_list.{i}"
        table |= convolution(f"{name}.conv_x", (coarse, fine, 3, 3))
        table |= convolution(f"{name}.conv_out", (outputs, coarse, 3, 3))
        table |= convolution(f"{name}.conv_xy_atten.0", (2, 4, 3, 3))
        table |= convolution(f"{name}.conv_xy_atten.1", (1, 2, 3, 3))
        table[f"{name}._scale"] = (1,)
    for i, (width, head) in enumerate(zip((fine8, fine16, fine32), heads, strict=True)):
        table |= convolution(f"seg_heads.{i}.conv", (head, width, 3, 3))
        table[f"seg_heads.{i}.conv_out.weight"] = (19, head, 1, 1)
    return table | last_block(f"backbone.features.{LAST_BLOCK[member]}")


def convolution(
    name: str, shape: tuple[int, ...], *, bias: bool = False
) -> dict[str, tuple[int, ...]]:
    table = {f"{name}._conv.weight": shape}
    parts = ("weight", "bias", "_mean", "_variance")
    table |= {f"{name}._batch_norm.{part}": shape[:1] for part in parts}
    return table | ({f"{name}._conv.bias": shape[:1]} if bias else {})


def last_block(name: str) -> dict[str, tuple[int, ...]]:
    shapes = ((512, 1024, 1, 1), (256, 512, 3, 3), (128, 256, 3, 3), (128, 128, 3, 3))
    table = {}
    for i, shape in enumerate(shapes):
        table[f"{name}.conv_list.{i}.conv.weight"] = shape
        for part in ("weight", "bias", "_mean", "_variance"):
            table[f"{name}.conv_list.{i}.bn.{part}"] = shape[:1]
    return table


@pytest.mark.parametrize("member", OPTIONS)
def test_paddles_weights_load_under_their_names_in_torch(member: str) -> None:
    network = PPLiteSeg(19, **OPTIONS[member])
    theirs = {name: torch.rand(shape) for name, shape in published(member).items()}
    ours = from_published(theirs)
    rest = {
        name: value
        for name, value in network.state_dict().items()
        if name.endswith("num_batches_tracked")
        or re.match(rf"backbone\.features\.(?!{LAST_BLOCK[member]}\.)", name)
    }
    assert not ours.keys() & rest.keys()
    network.load_state_dict(ours | rest, strict=True)
    found = network.state_dict()["ppseg_head.arm_list.1.conv_xy_atten.0.bn.running_var"]
    expected = theirs["ppseg_head.arm_list.1.conv_xy_atten.0._batch_norm._variance"]
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("preference", [0.0, 20.0, -20.0])
def test_attention_weighs_the_fine_map_against_the_enlarged_coarse_one(preference: float) -> None:
    torch.manual_seed(0)
    network = AttentionFusion(3, 5, 4).eval()
    last = network.conv_xy_atten[1]
    torch.nn.init.zeros_(last.conv.weight)
    torch.nn.init.constant_(last.bn.bias, preference)
    fine, coarse = torch.rand(1, 3, 8, 8), torch.rand(1, 5, 4, 4)
    share = {0.0: 0.5, 20.0: 1.0, -20.0: 0.0}[preference]
    grown = functional.interpolate(coarse, size=(8, 8), mode="bilinear")
    expected = network.conv_out(share * network.conv_x(fine) + (1 - share) * grown)
    assert expected.std() > 1e-3
    torch.testing.assert_close(network(fine, coarse), expected)


def test_attention_sees_mean_and_maximum_of_fine_then_coarse() -> None:
    network = AttentionFusion(2, 2, 2).eval()
    seen: list[Tensor] = []
    network.conv_xy_atten.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    torch.nn.init.dirac_(network.conv_x.conv.weight)
    fine = torch.tensor([1.0, 4.0])[None, :, None, None].expand(1, 2, 4, 4)
    coarse = torch.tensor([-3.0, 2.0])[None, :, None, None].expand(1, 2, 4, 4)
    network(fine, coarse)
    expected = torch.tensor([2.5, 4.0, -0.5, 2.0])
    torch.testing.assert_close(seen[0][0, :, 1, 1], expected, rtol=1e-4, atol=0)


def test_training_adds_logits_at_strides_16_and_32() -> None:
    heads = PPLiteSeg(5).train()(torch.rand(2, 3, 64, 96))
    assert heads.logits.shape == (2, 5, 8, 12)
    assert [each.shape for each in heads.auxiliary] == [(2, 5, 4, 6), (2, 5, 2, 3)]
    assert heads.boundary is None
