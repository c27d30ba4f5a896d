"""The few layers that every network here is made of. NCHW throughout."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Heads(NamedTuple):
    """What a network returns in training; in evaluation it returns ``logits`` alone.

    logits: (N, C, h', w') at any stride. auxiliary: more logits, each at any stride, that only
    help training. boundary: (N, 1, h', w') logits of "a border between classes runs here".
    """

    logits: Tensor
    auxiliary: tuple[Tensor, ...] = ()
    boundary: Tensor | None = None


class ConvBnRelu(nn.Sequential):
    """k x k convolution, batch norm, ReLU: what every INT8 runtime fuses into one kernel."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class NamedConvBnRelu(nn.Module):
    """``ConvBnRelu`` whose layers are called conv and bn, as published weights call them."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2015, "Deep Residual Learning", fig. 2)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.first = ConvBnRelu(inputs, outputs, stride=stride)
        self.second = conv_bn(outputs, outputs, 3)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv_bn(inputs, outputs, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.second(self.first(x)) + self.shortcut(x))


class SumPyramidPooling(nn.Module):
    """Context at four scales, added up instead of concatenated.

    The pools have fixed kernels (5/2, 9/4 and the whole map, as in DDRNet's DAPPM, Hong et al.
    2021), so that the graph holds no adaptive pool, which neither exporter nor TensorRT takes.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.local = ConvBnRelu(inputs, outputs, 1)
        self.near = nn.Sequential(nn.AvgPool2d(5, 2, 2), ConvBnRelu(inputs, outputs, 1))
        self.far = nn.Sequential(nn.AvgPool2d(9, 4, 4), ConvBnRelu(inputs, outputs, 1))
        # No batch norm here: one value per channel and picture has no variance to speak of.
        self.whole = nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.ReLU(inplace=True))
        self.merge = ConvBnRelu(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        context = self.local(x)
        context = context + upsample_to(self.near(x), context)
        context = context + upsample_to(self.far(x), context)
        context = context + self.whole(x.mean((2, 3), keepdim=True))
        merged: Tensor = self.merge(context)
        return merged


def conv_bn(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """k x k convolution and batch norm."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def bn_relu_conv(
    inputs: int, outputs: int, kernel: int, *, groups: int = 1, bias: bool = False
) -> nn.Sequential:
    """Pre-activation order (He et al. 2016, arXiv 1603.05027)."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=bias)
    return nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), conv)


def upsample_to(x: Tensor, like: Tensor, *, align_corners: bool = False) -> Tensor:
    """Bilinear to the height and width of ``like``, which are constants in an exported graph."""
    return resize(x, [int(extent) for extent in like.shape[2:]], align_corners=align_corners)


def resize(x: Tensor, size: list[int], *, align_corners: bool = False) -> Tensor:
    """Bilinear to (height, width); nothing is added where it fits.

    Half-pixel centres, except for networks whose published weights were trained with the corners
    of both pictures on each other.
    """
    if [int(extent) for extent in x.shape[2:]] == size:
        return x
    return functional.interpolate(x, size, mode="bilinear", align_corners=align_corners)


def nearest_to(x: Tensor, like: Tensor) -> Tensor:
    """Each pixel repeated, to the height and width of ``like``."""
    return functional.interpolate(x, [int(extent) for extent in like.shape[2:]], mode="nearest")


def initialise(module: nn.Module) -> None:
    """He-normal convolutions; the last norm of each ``BasicBlock`` of this file starts at zero.

    (Goyal et al. 2017, section 5.1: a block that begins as the identity trains more calmly.)
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for block in module.modules():
        if isinstance(block, BasicBlock):
            norm = block.second[1]
            assert isinstance(norm, nn.BatchNorm2d)
            nn.init.zeros_(norm.weight)


def labels_of(logits: Tensor) -> Tensor:
    """(1, C, h, w) -> (1, h, w) uint8. Twice cast: TensorRT makes uint8 only of a float."""
    return torch.argmax(logits, dim=1).to(torch.float32).to(torch.uint8)
