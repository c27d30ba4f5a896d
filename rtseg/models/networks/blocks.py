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
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

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


def fixed_average_pool(x: Tensor, rows: int, columns: int) -> Tensor:
    """(N, C, H, W) -> (N, C, rows, columns), at most one per pixel: adaptive pooling, without the
    operator that neither exporter nor TensorRT takes.

    Where the map divides evenly it is a pool with a constant kernel; elsewhere the windows are of
    several sizes, and two constant matrices average them.
    """
    height, width = int(x.shape[2]), int(x.shape[3])
    rows, columns = min(rows, height), min(columns, width)
    if height % rows == 0 and width % columns == 0:
        return functional.avg_pool2d(x, (height // rows, width // columns))
    down = torch.tensor(_averages(height, rows), dtype=x.dtype, device=x.device)
    across = torch.tensor(_averages(width, columns), dtype=x.dtype, device=x.device)
    return down @ x @ across.T


def initialise(module: nn.Module) -> None:
    """He-normal convolutions; the last norm of each residual branch starts at zero.

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


def _averages(extent: int, count: int) -> list[list[float]]:
    """``count`` rows of weights for ``extent`` pixels, each 1/n over n neighbours."""
    bounds = [(i * extent // count, -(-(i + 1) * extent // count)) for i in range(count)]
    return [
        [1 / (end - start) if start <= pixel < end else 0.0 for pixel in range(extent)]
        for start, end in bounds
    ]
