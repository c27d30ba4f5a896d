from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from rtseg.models.networks.depthwise import DepthwiseConv2d, with_fast_gradients


@pytest.mark.parametrize("size", [(9, 14), (12, 16), (3, 2)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5])
def test_the_gradients_are_those_of_torch(kernel: int, stride: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    ours = DepthwiseConv2d(8, 8, kernel, stride, kernel // 2, groups=8, bias=False)
    x = torch.randn(3, 8, *size).contiguous(memory_format=torch.channels_last).requires_grad_()
    found = ours(x)
    expected = functional.conv2d(x, ours.weight, None, stride, kernel // 2, 1, 8)
    torch.testing.assert_close(found, expected)
    gradient = torch.randn_like(found)
    inputs = (x, ours.weight)
    for mine, torchs in zip(
        torch.autograd.grad(found, inputs, gradient),
        torch.autograd.grad(expected, inputs, gradient),
        strict=True,
    ):
        torch.testing.assert_close(mine, torchs, rtol=1e-4, atol=1e-4)


def test_under_autocast_they_are_those_of_bfloat16_inputs() -> None:
    torch.manual_seed(0)
    ours = DepthwiseConv2d(16, 16, 5, 2, 2, groups=16, bias=False)
    x = torch.randn(2, 16, 20, 24).bfloat16().contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found = ours(x)
    assert found.dtype == torch.bfloat16
    gradient = torch.randn_like(found)
    mine = torch.autograd.grad(found, (x, ours.weight), gradient)
    wide, weight = x.detach().float().requires_grad_(), ours.weight.bfloat16().float()
    expected = functional.conv2d(wide, weight.requires_grad_(), None, 2, 2, 1, 16)
    theirs = torch.autograd.grad(expected, (wide, weight), gradient.float())
    # 8 bits of fraction: a relative rounding of 1/256 where single products are rounded.
    torch.testing.assert_close(mine[0].float(), theirs[0], rtol=2e-2, atol=2e-2)
    torch.testing.assert_close(mine[1].float(), theirs[1], rtol=1e-2, atol=2e-2)


def test_only_depthwise_convolutions_are_exchanged_and_weights_stay() -> None:
    network = nn.Sequential(nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False))
    before = network[1].weight
    assert with_fast_gradients(network) is network
    assert [type(layer) for layer in network] == [nn.Conv2d, DepthwiseConv2d]
    assert network[1].weight is before


def test_evaluation_is_a_plain_convolution() -> None:
    layer = DepthwiseConv2d(4, 4, 3, 1, 1, groups=4, bias=False).eval()
    x = torch.randn(1, 4, 6, 6)
    torch.testing.assert_close(layer(x), functional.conv2d(x, layer.weight, None, 1, 1, 1, 4))
