"""SwiftNet: an ImageNet ResNet-18, a spatial pyramid pool, and a ladder of three laterals.

Orsic, Kreso, Bevandic, Segvic 2019, "In Defense of Pre-trained ImageNet Architectures for
Real-time Semantic Segmentation of Road-driving Images" (arXiv 1903.08469), the single-scale model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rtseg.models.networks.blocks import Heads, bn_relu_conv, initialise, upsample_to
from rtseg.models.networks.pooling import fixed_average_pool
from rtseg.models.networks.resnet import ResNet18


class SwiftNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32."""

    def __init__(self, classes: int, *, width: int = 128) -> None:
        super().__init__()
        self.backbone = ResNet18()
        self.pyramid = SpatialPyramid(512, width)
        self.ladder = nn.ModuleList(Lateral(inputs, width) for inputs in (256, 128, 64))
        self.head = bn_relu_conv(width, classes, 1, bias=True)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        # The laterals begin with a norm and a ReLU of their own: they want the sums.
        *fine, deep = self.backbone(x)
        y = self.pyramid(deep)
        for lateral, skipped in zip(self.ladder, reversed(fine), strict=True):
            y = lateral(y, skipped)
        logits: Tensor = self.head(y)
        return Heads(logits) if self.training else logits


class SpatialPyramid(nn.Module):
    """The map beside its averages over 8, 4 and 2 rows of about square windows."""

    def __init__(self, inputs: int, width: int, *, rows: tuple[int, ...] = (8, 4, 2)) -> None:
        super().__init__()
        level = width // len(rows)
        self.rows = rows
        self.reduce = bn_relu_conv(inputs, width, 1)
        self.levels = nn.ModuleList(bn_relu_conv(width, level, 1) for _ in rows)
        self.fuse = bn_relu_conv(width + level * len(rows), width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.reduce(x)
        aspect = int(y.shape[3]) / int(y.shape[2])
        every = [y]
        for rows, level in zip(self.rows, self.levels, strict=True):
            pooled = fixed_average_pool(y, rows, max(1, round(aspect * rows)))
            every.append(upsample_to(level(pooled), y))
        fused: Tensor = self.fuse(torch.cat(every, 1))
        return fused


class Lateral(nn.Module):
    """One rung: what comes from below, enlarged, plus the skipped map; blended by 3x3."""

    def __init__(self, skipped: int, width: int) -> None:
        super().__init__()
        self.lateral = bn_relu_conv(skipped, width, 1)
        self.blend = bn_relu_conv(width, width, 3)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        blended: Tensor = self.blend(upsample_to(x, skipped) + self.lateral(skipped))
        return blended
