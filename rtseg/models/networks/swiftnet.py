"""SwiftNet: an ImageNet ResNet-18, a spatial pyramid pool, and a ladder of three laterals.

Orsic, Kreso, Bevandic, Segvic 2019, "In Defense of Pre-trained ImageNet Architectures for
Real-time Semantic Segmentation of Road-driving Images" (arXiv 1903.08469), the single-scale model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, fixed_average_pool, initialise, upsample_to
from rtseg.models.networks.resnet import basic_stage


class SwiftNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32."""

    def __init__(self, classes: int, *, width: int = 128) -> None:
        super().__init__()
        self.backbone = ResNet18()
        self.pyramid = SpatialPyramid(512, width)
        self.ladder = nn.ModuleList(Lateral(inputs, width) for inputs in (256, 128, 64))
        self.head = NormReluConv(width, classes, 1, bias=True)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        *fine, deep = self.backbone(x)
        y = self.pyramid(deep)
        for lateral, skipped in zip(self.ladder, reversed(fine), strict=True):
            y = lateral(y, skipped)
        logits: Tensor = self.head(y)
        return Heads(logits) if self.training else logits


class ResNet18(nn.Module):
    """ResNet-18 without its classifier, under torchvision's names.

    Returns the sums of the last block of each stage, at strides 4, 8, 16 and 32, before their
    ReLU: the laterals begin with a norm and a ReLU of their own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = basic_stage(64, 64, 2, relu=False)
        self.layer2 = basic_stage(64, 128, 2, stride=2, relu=False)
        self.layer3 = basic_stage(128, 256, 2, stride=2, relu=False)
        self.layer4 = basic_stage(256, 512, 2, stride=2, relu=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        y = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        sums = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            sums.append(stage(y))
            y = functional.relu(sums[-1])
        return sums


class NormReluConv(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, kernel: int, *, bias: bool = False) -> None:
        super().__init__(
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias),
        )


class SpatialPyramid(nn.Module):
    """The map beside its averages over 8, 4 and 2 rows of about square windows."""

    def __init__(self, inputs: int, width: int, *, rows: tuple[int, ...] = (8, 4, 2)) -> None:
        super().__init__()
        level = width // len(rows)
        self.rows = rows
        self.reduce = NormReluConv(inputs, width, 1)
        self.levels = nn.ModuleList(NormReluConv(width, level, 1) for _ in rows)
        self.fuse = NormReluConv(width + level * len(rows), width, 1)

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
        self.lateral = NormReluConv(skipped, width, 1)
        self.blend = NormReluConv(width, width, 3)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        blended: Tensor = self.blend(upsample_to(x, skipped) + self.lateral(skipped))
        return blended
