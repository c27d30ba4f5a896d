"""PP-LiteSeg: an STDC encoder, pooled context that is added up, and attention where maps meet.

Peng et al. 2022, "PP-LiteSeg: A Superior Real-Time Semantic Segmentation Model" (arXiv
2204.02681). Modules are named as in the authors' weights, but for what ``from_published`` renames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rtseg.models.networks.blocks import (
    Heads,
    NamedConvBnRelu,
    initialise,
    resize,
    upsample_to,
)
from rtseg.models.networks.pooling import fixed_average_pool
from rtseg.models.networks.stdc import STDC1, WIDTHS, SegmentHead, STDCNet

BINS = (1, 2, 4)
"""Rows and columns of the pooled maps (paper, section 3.3)."""

UNUSED = ("backbone.x", "backbone.conv_last.")
"""In the authors' files only: second names of the same blocks (x2 ... x32), and a layer that only
the ImageNet head reads."""

RENAMES = {
    "._conv.": ".conv.",
    "._batch_norm.": ".bn.",
    "._mean": ".running_mean",
    "._variance": ".running_var",
}
"""Paddle's names for the parts of a convolution with batch norm, and those of torch."""


class PPLiteSeg(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 32.

    In training N is 2 or more, and the logits of auxiliary heads at strides 16 and 32 come with
    them. widths, head_widths: of the decoder and of the heads at strides 8, 16 and 32.
    """

    def __init__(
        self,
        classes: int,
        *,
        depths: tuple[int, int, int] = STDC1,
        widths: tuple[int, int, int] = (32, 64, 128),
        head_widths: tuple[int, int, int] = (32, 64, 64),
    ) -> None:
        super().__init__()
        self.backbone = STDCNet(depths)
        self.ppseg_head = Decoder(widths)
        self.seg_heads = nn.ModuleList(
            SegmentHead(width, head_width, classes)
            for width, head_width in zip(widths, head_widths, strict=True)
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        maps = self.ppseg_head(self.backbone(x))
        logits: Tensor = self.seg_heads[0](maps[0])
        if not self.training:
            return logits
        return Heads(logits, tuple(self.seg_heads[i](maps[i]) for i in (1, 2)))


class Decoder(nn.Module):
    """Maps at strides 8, 16 and 32, finest first in and out; channels fall as size grows."""

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.cm = SimplePyramidPooling(WIDTHS[4], 128)
        self.arm_list = nn.ModuleList(
            AttentionFusion(fine, coarse, width)
            for fine, coarse, width in zip(WIDTHS[2:], (*widths[1:], 128), widths, strict=True)
        )

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        at32 = self.arm_list[2](maps[2], self.cm(maps[2]))
        at16 = self.arm_list[1](maps[1], at32)
        return self.arm_list[0](maps[0], at16), at16, at32


class SimplePyramidPooling(nn.Module):
    """Context at three scales, added up (paper, section 3.3)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(PooledConv(inputs, width, bins) for bins in BINS)
        self.conv_out = _biased(width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        size = [int(extent) for extent in x.shape[2:]]
        first, *others = (resize(stage(x), size) for stage in self.stages)
        merged: Tensor = self.conv_out(sum(others, first))
        return merged


class PooledConv(nn.Sequential):
    """Average over ``bins`` x ``bins`` windows, then 1x1: the layer called 1."""

    def __init__(self, inputs: int, outputs: int, bins: int) -> None:
        super().__init__(nn.Identity(), _biased(inputs, outputs, 1))
        self.bins = bins

    def forward(self, x: Tensor) -> Tensor:
        pooled: Tensor = self[1](fixed_average_pool(x, self.bins, self.bins))
        return pooled


class AttentionFusion(nn.Module):
    """Per pixel, how much of the fine map and how much of the coarse one (paper, section 3.2).

    The weights come from the mean and the maximum over the channels of both.
    """

    def __init__(self, fine: int, coarse: int, outputs: int) -> None:
        super().__init__()
        self.conv_x = NamedConvBnRelu(fine, coarse)
        self.conv_out = NamedConvBnRelu(coarse, outputs)
        self.conv_xy_atten = nn.Sequential(
            NamedConvBnRelu(4, 2),
            _named(nn.Conv2d(2, 1, 3, padding=1, bias=False), nn.BatchNorm2d(1)),
        )

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        fine = self.conv_x(fine)
        coarse = upsample_to(coarse, fine)
        summaries = [
            reduce(each, 1, keepdim=True)
            for each in (fine, coarse)
            for reduce in (torch.mean, torch.amax)
        ]
        weight = torch.sigmoid(self.conv_xy_atten(torch.cat(summaries, 1)))
        fused: Tensor = self.conv_out(fine * weight + coarse * (1 - weight))
        return fused


def from_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What ``PPLiteSeg`` loads, strictly, of the authors' Paddle state dict.

    Left out are ``UNUSED`` and ``_scale``, the constant 1 that attention is subtracted from.
    """
    return {
        _torch_name(name): value
        for name, value in state.items()
        if not name.startswith(UNUSED) and not name.endswith("._scale")
    }


def _torch_name(name: str) -> str:
    for theirs, ours in RENAMES.items():
        name = name.replace(theirs, ours)
    return name


def _biased(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """The published weights hold a bias here, though the batch norm that follows takes it out."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return _named(conv, nn.BatchNorm2d(outputs), relu=nn.ReLU(inplace=True))


def _named(conv: nn.Conv2d, bn: nn.BatchNorm2d, **after: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(conv=conv, bn=bn, **after))
