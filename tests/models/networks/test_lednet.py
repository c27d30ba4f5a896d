"""LEDNet's own: the split, the shuffle and the pyramid."""

from __future__ import annotations

import torch
from torch import nn

from rtseg.models.networks.lednet import LEDNet, SplitBlock


def test_channels_of_both_halves_take_turns() -> None:
    block = SplitBlock(6, dropout=0.0).eval()
    for layer in block.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.zeros_(layer.weight)  # the branches then add nothing
    with torch.inference_mode():
        shuffled = block(torch.arange(6.0).reshape(1, 6, 1, 1))
    assert shuffled.flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_the_halves_do_not_see_each_other_within_a_block() -> None:
    block = SplitBlock(8, dilation=2, dropout=0.0).eval()
    picture = torch.rand(1, 8, 9, 9)
    other = picture.clone()
    other[:, 4:] += 1
    with torch.inference_mode():
        before, after = block(picture), block(other)
    assert torch.equal(before[:, 0::2], after[:, 0::2])
    assert not torch.equal(before[:, 1::2], after[:, 1::2])


def test_a_fresh_network_has_no_opinion_on_the_whole_picture() -> None:
    whole = LEDNet(4).decoder.whole
    assert not whole(torch.rand(1, 128, 1, 1)).any()


def test_logits_come_at_an_eighth_also_where_the_pyramid_rounds() -> None:
    network = LEDNet(5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 88, 120)).shape == (1, 5, 11, 15)
