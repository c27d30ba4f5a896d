"""STDC-Seg: short-term dense concatenation, and details taught instead of a detail branch.

Fan, Lai, Huang, Wei, Chai, Luo, Wei 2021, "Rethinking BiSeNet For Real-time Semantic Segmentation"
(arXiv 2104.13188). Modules are named as in the authors' weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.bisenet import AttentionRefinement
from rtseg.models.networks.blocks import Heads, NamedConvBnRelu, conv_bn, initialise, nearest_to

STDC1 = (2, 2, 2)
STDC2 = (4, 5, 3)
WIDTHS = (32, 64, 256, 512, 1024)
"""Channels of the backbone at strides 2, 4, 8, 16 and 32."""

UNUSED = (
    "cp.backbone.x",
    "cp.backbone.conv_last.",
    "cp.backbone.fc.",
    "cp.backbone.bn.",
    "cp.backbone.linear.",
    "conv_out_sp2.",
    "conv_out_sp4.",
    "conv_out_sp16.",
)
"""In the authors' files only: second names of the same blocks (x2 ... x32), the ImageNet head,
and detail heads at strides whose loss was never switched on."""


class STDCSeg(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 32.

    In training N is 2 or more, and there come with them the logits of auxiliary heads at strides 8
    and 16 and those of borders at stride 8.
    """

    def __init__(self, classes: int, *, depths: tuple[int, int, int] = STDC1) -> None:
        super().__init__()
        self.cp = ContextPath(depths)
        self.ffm = FeatureFusion(WIDTHS[2] + 128, 256)
        self.conv_out = SegmentHead(256, 256, classes)
        self.conv_out16 = SegmentHead(128, 64, classes)
        self.conv_out32 = SegmentHead(128, 64, classes)
        self.conv_out_sp8 = SegmentHead(WIDTHS[2], 64, 1)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at8, context8, context16 = self.cp(x)
        logits: Tensor = self.conv_out(self.ffm(at8, context8))
        if not self.training:
            return logits
        auxiliary = (self.conv_out16(context8), self.conv_out32(context16))
        return Heads(logits, auxiliary, self.conv_out_sp8(at8))


class ContextPath(nn.Module):
    """Maps at stride 8: the backbone's own, then context from stride 16; and that of stride 32,
    at stride 16."""

    def __init__(self, depths: tuple[int, int, int]) -> None:
        super().__init__()
        self.backbone = STDCNet(depths)
        self.arm16 = AttentionRefinement(WIDTHS[3], 128)
        self.arm32 = AttentionRefinement(WIDTHS[4], 128)
        self.conv_head32 = NamedConvBnRelu(128, 128)
        self.conv_head16 = NamedConvBnRelu(128, 128)
        self.conv_avg = NamedConvBnRelu(WIDTHS[4], 128, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        at8, at16, at32 = self.backbone(x)
        whole = self.conv_avg(at32.mean((2, 3), keepdim=True))
        context16 = self.conv_head32(nearest_to(self.arm32(at32) + whole, at16))
        context8 = self.conv_head16(nearest_to(self.arm16(at16) + context16, at8))
        return at8, context8, context16


class STDCNet(nn.Module):
    """Maps at strides 8, 16 and 32; ``depths`` counts the blocks of each."""

    def __init__(self, depths: tuple[int, int, int]) -> None:
        super().__init__()
        self.ends = (2 + depths[0], 2 + sum(depths[:2]), 2 + sum(depths))
        self.features = nn.Sequential(
            NamedConvBnRelu(3, WIDTHS[0], stride=2),
            NamedConvBnRelu(WIDTHS[0], WIDTHS[1], stride=2),
            *_stage(WIDTHS[1], WIDTHS[2], depths[0]),
            *_stage(WIDTHS[2], WIDTHS[3], depths[1]),
            *_stage(WIDTHS[3], WIDTHS[4], depths[2]),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = []
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i + 1 in self.ends:
                maps.append(x)
        return tuple(maps)


class ShortTermDenseConcatenation(nn.Module):
    """1x1 to half the channels, then 3x3 to a quarter, an eighth, an eighth; all side by side."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        half, quarter, eighth = outputs // 2, outputs // 4, outputs // 8
        self.conv_list = nn.ModuleList(
            (
                NamedConvBnRelu(inputs, half, 1),
                NamedConvBnRelu(half, quarter),
                NamedConvBnRelu(quarter, eighth),
                NamedConvBnRelu(eighth, eighth),
            )
        )
        self.avd_layer: nn.Module = nn.Identity()
        self.skip: nn.Module = nn.Identity()
        if stride == 2:
            self.avd_layer = conv_bn(half, half, 3, stride=2, groups=half)
            self.skip = nn.AvgPool2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.conv_list[0](x)
        second = self.conv_list[1](self.avd_layer(wide))
        third = self.conv_list[2](second)
        return torch.cat([self.skip(wide), second, third, self.conv_list[3](third)], 1)


class FeatureFusion(nn.Module):
    """Fine and coarse maps concatenated, mixed, and weighted per channel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convblk = NamedConvBnRelu(inputs, outputs, 1)
        self.conv1 = nn.Conv2d(outputs, outputs // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(outputs // 4, outputs, 1, bias=False)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        y: Tensor = self.convblk(torch.cat([fine, coarse], 1))
        weights = self.conv2(functional.relu(self.conv1(y.mean((2, 3), keepdim=True))))
        return y + y * torch.sigmoid(weights)


class SegmentHead(nn.Module):
    """3x3, batch norm, ReLU, 1x1 to the classes, without a bias."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(inputs, width)
        self.conv_out = nn.Conv2d(width, classes, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.conv_out(self.conv(x))
        return logits


def from_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What ``STDCSeg`` loads, strictly, of the authors' state dict: see ``UNUSED``."""
    return {name: value for name, value in state.items() if not name.startswith(UNUSED)}


def _stage(inputs: int, outputs: int, depth: int) -> Iterator[nn.Module]:
    yield ShortTermDenseConcatenation(inputs, outputs, stride=2)
    for _ in range(depth - 1):
        yield ShortTermDenseConcatenation(outputs, outputs)
