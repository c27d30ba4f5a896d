from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rtseg.models.networks.blocks import (
    BasicBlock,
    ConvBnRelu,
    SumPyramidPooling,
    initialise,
    labels_of,
    upsample_to,
)


def test_a_block_begins_as_the_identity_on_positive_pictures() -> None:
    block = BasicBlock(4, 4)
    initialise(block)
    x = torch.rand(2, 4, 6, 6)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize(("stride", "size"), [(1, (5, 7)), (2, (3, 4))])
def test_a_stride_halves_and_rounds_up(stride: int, size: tuple[int, int]) -> None:
    x = torch.rand(2, 4, 5, 7)
    assert ConvBnRelu(4, 8, stride=stride)(x).shape == (2, 8, *size)
    assert BasicBlock(4, 8, stride=stride)(x).shape == (2, 8, *size)


@pytest.mark.parametrize("size", [(3, 3), (8, 11), (11, 15)])
def test_pooled_context_keeps_the_size_however_small(size: tuple[int, int]) -> None:
    assert SumPyramidPooling(8, 6)(torch.rand(2, 8, *size)).shape == (2, 6, *size)


def test_pooled_context_sees_the_whole_map() -> None:
    torch.manual_seed(0)
    pooling = SumPyramidPooling(4, 4).eval()
    x = torch.rand(1, 4, 32, 32, requires_grad=True)
    pooling(x)[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    assert x.grad[0, :, 31, 31].abs().sum() > 0


def test_upsampling_has_half_pixel_centres() -> None:
    # Centres of the new pixels lie at -1/4, 1/4, 3/4, 5/4 of the old ones; the ends repeat.
    grown = upsample_to(torch.tensor([[[[0.0, 4.0]]]]), torch.zeros(1, 1, 1, 4))
    assert grown.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]


def test_labels_leave_as_bytes_at_the_size_of_the_logits() -> None:
    logits = functional.one_hot(torch.tensor([[[0, 2], [1, 20]]]), 21).movedim(-1, 1).float()
    labels = labels_of(logits)
    assert labels.dtype == torch.uint8
    assert labels.tolist() == [[[0, 2], [1, 20]]]
