"""DFANet: one thin Xception three times over, each reading what the one before it found.

Li, Xiong, Fan, Sun 2019, "DFANet: Deep Feature Aggregation for Real-Time Semantic Segmentation"
(arXiv 1904.02216), figure 2 and table 1. The authors released no code: the decoder's width and the
place of each stride (in the last convolution of a block) are this project's reading, and so is the
attention's sigmoid.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rtseg.models.networks.blocks import ConvBnRelu, Heads, conv_bn, initialise, upsample_to


class DFANet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32."""

    def __init__(
        self,
        classes: int,
        *,
        widths: tuple[int, int, int] = (48, 96, 192),
        decoder_width: int = 32,
    ) -> None:
        super().__init__()
        again = (widths[2] + widths[0], widths[0] + widths[1], widths[1] + widths[2])
        self.stem = ConvBnRelu(3, 8, stride=2)
        self.backbones = nn.ModuleList(
            Backbone(inputs, widths) for inputs in ((8, *widths[:2]), again, again)
        )
        self.fine = nn.ModuleList(ConvBnRelu(widths[0], decoder_width, 1) for _ in range(3))
        self.merge = ConvBnRelu(decoder_width, decoder_width, 1)
        self.deep = nn.ModuleList(ConvBnRelu(widths[2], decoder_width, 1) for _ in range(3))
        self.head = nn.Conv2d(decoder_width, classes, 1)
        initialise(self)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = 1e-3  # Xception's: at stride 64 a norm sees few values

    def forward(self, x: Tensor) -> Tensor | Heads:
        y: Tensor = self.stem(x)
        earlier: tuple[Tensor, ...] = ()
        fine, deep = [], []
        for backbone in self.backbones:
            y, earlier = backbone(y, earlier)
            fine.append(earlier[0])
            deep.append(y)
            y = upsample_to(y, earlier[0])
        merged = self.merge(_added(self.fine, fine, fine[0]))
        logits: Tensor = self.head(merged + _added(self.deep, deep, merged))
        return Heads(logits) if self.training else logits


class Backbone(nn.Module):
    """Three stages of stride 2 each, and attention over the channels of the last.

    ``earlier``: the maps of the backbone before, each joined to the input of the same stage.
    """

    def __init__(self, inputs: tuple[int, ...], widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(
                Block(before, width, stride=2), *(Block(width, width) for _ in range(depth - 1))
            )
            for before, width, depth in zip(inputs, widths, (4, 6, 4), strict=True)
        )
        self.attention = nn.Sequential(
            nn.Conv2d(widths[2], 1000, 1), nn.Conv2d(1000, widths[2], 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor, earlier: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        maps: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            x = stage(torch.cat([x, earlier[index]], 1) if earlier else x)
            maps.append(x)
        return x * self.attention(x.mean((2, 3), keepdim=True)), tuple(maps)


class Block(nn.Module):
    """Three depthwise separable convolutions, two of them at a quarter of the width."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        inner = outputs // 4
        self.branch = nn.Sequential(
            nn.ReLU(),
            *_separable(inputs, inner),
            nn.ReLU(),
            *_separable(inner, inner),
            nn.ReLU(),
            *_separable(inner, outputs, stride),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv_bn(inputs, outputs, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        summed: Tensor = self.branch(x) + self.shortcut(x)
        return summed


def _separable(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    return [
        *conv_bn(inputs, inputs, 3, stride=stride, groups=inputs),
        *conv_bn(inputs, outputs, 1),
    ]


def _added(layers: nn.ModuleList, maps: list[Tensor], like: Tensor) -> Tensor:
    reduced = [layer(each) for layer, each in zip(layers, maps, strict=True)]
    first, *others = (upsample_to(each, like) for each in reduced)
    return sum(others, first)
