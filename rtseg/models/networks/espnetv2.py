"""ESPNetv2 (Mehta et al. 2018, "ESPNetv2: A Light-weight, Power Efficient, and General Purpose
Convolutional Neural Network", arXiv 1811.11431) with the segmentation decoder that its authors
publish in EdgeNets.

The encoder splits a grouped projection over four dilations and adds them up step by step, so that
no gridding is left. The decoder looks at each map in five sizes. Modules carry the names of the
authors' checkpoints, whose upsampling puts corner on corner (align_corners).
"""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise, resize, upsample_to
from rtseg.models.networks.pooling import adaptive_average_pool
from rtseg.models.networks.prelu import Conv, ConvNorm, ConvNormPrelu, NormPrelu

BRANCHES = 4
DECODER_WIDTHS = (64, 48, 32)
PYRAMID = (2.0, 1.5, 1.0, 0.5, 0.1)
"""Sizes in which the decoder looks at a map, relative to it; none is smaller than 5 x 5."""


class ESPNetv2(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/2, w/2) logits; h and w multiples of 32.

    widths: of the four levels of the encoder, at strides 2, 4, 8 and 16.
    """

    def __init__(self, classes: int, *, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.base_net = Encoder(widths)
        projected = min(classes // 2, 16)
        first, second, third = DECODER_WIDTHS
        self.bu_dec_l1 = PyramidPool(widths[3], projected, first)
        self.bu_dec_l2 = PyramidPool(first, projected, second)
        self.bu_dec_l3 = PyramidPool(second, projected, third)
        self.bu_dec_l4 = PyramidPool(third, projected, classes, last=True)
        self.merge_enc_dec_l2 = Lateral(widths[2], first)
        self.merge_enc_dec_l3 = Lateral(widths[1], second)
        self.merge_enc_dec_l4 = Lateral(widths[0], third)
        self.bu_br_l2 = _norm_prelu(first)
        self.bu_br_l3 = _norm_prelu(second)
        self.bu_br_l4 = _norm_prelu(third)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at2, at4, at8, at16 = self.base_net(x)
        y = self.bu_dec_l1(at16)
        y = self.bu_dec_l2(
            self.bu_br_l2(self.merge_enc_dec_l2(at8) + upsample_to(y, at8, align_corners=True))
        )
        y = self.bu_dec_l3(
            self.bu_br_l3(self.merge_enc_dec_l3(at4) + upsample_to(y, at4, align_corners=True))
        )
        y = self.bu_br_l4(self.merge_enc_dec_l4(at2) + upsample_to(y, at2, align_corners=True))
        logits: Tensor = self.bu_dec_l4(y)
        return Heads(logits) if self.training else logits


class Encoder(nn.Module):
    """Maps at strides 2, 4, 8 and 16; the picture itself comes in again at every stride."""

    def __init__(self, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.level1 = ConvNormPrelu(3, widths[0], stride=2)
        self.level2_0 = DownSampler(widths[0], widths[1], reach=13)
        self.level3_0 = DownSampler(widths[1], widths[2], reach=11)
        self.level3 = nn.Sequential(*(Eesp(widths[2], reach=9) for _ in range(3)))
        self.level4_0 = DownSampler(widths[2], widths[3], reach=9)
        self.level4 = nn.Sequential(*(Eesp(widths[3], reach=7) for _ in range(7)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        quarter, eighth, sixteenth = _halvings(x)[1:]
        at2 = self.level1(x)
        at4 = self.level2_0(at2, quarter)
        at8 = self.level3(self.level3_0(at4, eighth))
        at16 = self.level4(self.level4_0(at8, sixteenth))
        return at2, at4, at8, at16


class Branches(nn.Module):
    """Grouped projection, one dilation per branch, hierarchical sum, grouped expansion.

    reach: the widest receptive field, in pixels, that a branch may have; a branch that would see
    further sees 3 x 3 instead.
    """

    def __init__(self, inputs: int, outputs: int, *, reach: int, stride: int) -> None:
        super().__init__()
        width = outputs // BRANCHES
        fields = (3 + 2 * branch for branch in range(BRANCHES))
        dilations = sorted(field // 2 if field <= reach else 1 for field in fields)
        self.proj_1x1 = ConvNormPrelu(inputs, width, 1, groups=BRANCHES)
        self.spp_dw = nn.ModuleList(
            Conv(width, width, stride=stride, dilation=each, groups=width) for each in dilations
        )
        self.conv_1x1_exp = ConvNorm(outputs, outputs, 1, groups=BRANCHES)
        self.br_after_cat = NormPrelu(outputs)

    def forward(self, x: Tensor) -> Tensor:
        projected = self.proj_1x1(x)
        found = [self.spp_dw[0](projected)]
        for branch in list(self.spp_dw)[1:]:
            found.append(found[-1] + branch(projected))
        merged: Tensor = self.conv_1x1_exp(self.br_after_cat(torch.cat(found, 1)))
        return merged


class Eesp(Branches):
    """The block: branches, their residual and one more PReLU (fig. 1c of the paper)."""

    def __init__(self, channels: int, *, reach: int) -> None:
        super().__init__(channels, channels, reach=reach, stride=1)
        self.module_act = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.module_act(x + super().forward(x))
        return activated


class StridedBranches(Branches):
    """Branches that halve the map. Published files carry a slope for each channel here that
    nothing ever applied; a buffer gives it a place without training it."""

    def __init__(self, inputs: int, outputs: int, *, reach: int) -> None:
        super().__init__(inputs, outputs, reach=reach, stride=2)
        self.module_act = nn.Module()
        self.module_act.register_buffer("weight", torch.full((outputs,), 0.25))


class DownSampler(nn.Module):
    """Half the map: its average beside strided branches, plus what the picture says there."""

    def __init__(self, inputs: int, outputs: int, *, reach: int) -> None:
        super().__init__()
        self.eesp = StridedBranches(inputs, outputs - inputs, reach=reach)
        self.inp_reinf = nn.Sequential(ConvNormPrelu(3, 3), ConvNorm(3, outputs, 1))
        self.act = nn.PReLU(outputs)

    def forward(self, x: Tensor, picture: Tensor) -> Tensor:
        halved = torch.cat((functional.avg_pool2d(x, 3, 2, 1), self.eesp(x)), 1)
        activated: Tensor = self.act(halved + self.inp_reinf(picture))
        return activated


class Lateral(nn.Module):
    """An encoder map in the decoder's width, its channels weighed by the whole picture."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.wt_layer = nn.Sequential(
            nn.Identity(), nn.Conv2d(inputs, outputs, 1, bias=False), nn.Sigmoid()
        )
        groups = math.gcd(inputs, outputs)
        self.expansion_layer = _decoder_conv(inputs, outputs, 3, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        weighed: Tensor = self.expansion_layer(x) * self.wt_layer(x.mean((2, 3), keepdim=True))
        return weighed


class PyramidPool(nn.Module):
    """One depthwise convolution at each size of PYRAMID, brought back and merged."""

    def __init__(self, inputs: int, width: int, outputs: int, *, last: bool = False) -> None:
        super().__init__()
        self.projection_layer = _decoder_conv(inputs, width, 1)
        self.stages = nn.ModuleList(
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False) for _ in PYRAMID
        )
        joined = width * len(PYRAMID)
        self.merge_layer = nn.Sequential(
            nn.Sequential(OrderedDict(br=_norm_prelu(joined))),
            Shuffle(len(PYRAMID)),
            _decoder_conv(joined, width, 3, groups=width),
            nn.Conv2d(width, outputs, 1, bias=last),
        )
        if not last:
            self.br = nn.Sequential(OrderedDict(br=_norm_prelu(outputs)))
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        x = self.projection_layer(x)
        looks = [_look(x, stage, scale) for stage, scale in zip(self.stages, PYRAMID, strict=True)]
        merged: Tensor = self.merge_layer(torch.cat(looks, 1))
        return merged if self.last else self.br(merged)


class Shuffle(nn.Module):
    """Channel i of every group comes to stand beside channel i of the others."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = (int(extent) for extent in x.shape)
        grouped = x.view(batch, self.groups, channels // self.groups, height, width)
        return grouped.transpose(1, 2).reshape(batch, channels, height, width)


def _look(x: Tensor, stage: nn.Module, scale: float) -> Tensor:
    height, width = (int(extent) for extent in x.shape[2:])
    size = (max(5, math.ceil(height * scale)), max(5, math.ceil(width * scale)))
    if scale < 1:
        seen = stage(adaptive_average_pool(x, size))
        return resize(seen, [height, width], align_corners=True)
    if scale > 1:
        seen = stage(resize(x, [*size], align_corners=True))
        return adaptive_average_pool(seen, (height, width))
    same: Tensor = stage(x)
    return same


def _halvings(x: Tensor) -> list[Tensor]:
    """The picture at strides 2, 4, 8 and 16."""
    halved = []
    for _ in range(4):
        x = functional.avg_pool2d(x, 3, 2, 1)
        halved.append(x)
    return halved


def _norm_prelu(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), nn.PReLU(channels))


def _decoder_conv(inputs: int, outputs: int, kernel: int, *, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(OrderedDict(cbr=nn.Sequential(conv, *_norm_prelu(outputs))))
