"""CGNet (Wu et al. 2018, "CGNet: A Light-weight Context Guided Network for Semantic
Segmentation", arXiv 1811.08201).

Three stages, the last at stride 8. A block looks at a pixel (3x3), at its surroundings (dilated
3x3), joins both, and weighs the channels of the result by the whole picture. Modules carry the
names of the authors' checkpoints.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise
from rtseg.models.networks.prelu import Conv, ConvNormPrelu, NormPrelu

EPSILON = 1e-3
"""Of every batch norm, as trained by the authors."""


class CGNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 8.

    depths: blocks in the second and third stage, M and N of the paper.
    """

    def __init__(self, classes: int, *, depths: tuple[int, int] = (3, 21)) -> None:
        super().__init__()
        self.level1_0 = ConvNormPrelu(3, 32, stride=2, epsilon=EPSILON)
        self.level1_1 = ConvNormPrelu(32, 32, epsilon=EPSILON)
        self.level1_2 = ConvNormPrelu(32, 32, epsilon=EPSILON)
        self.b1 = NormPrelu(32 + 3, epsilon=EPSILON)
        self.level2_0 = DownBlock(32 + 3, 64, dilation=2, reduction=8)
        self.level2 = nn.Sequential(*(Block(64, 2, reduction=8) for _ in range(depths[0] - 1)))
        self.bn_prelu_2 = NormPrelu(2 * 64 + 3, epsilon=EPSILON)
        self.level3_0 = DownBlock(2 * 64 + 3, 128, dilation=4, reduction=16)
        self.level3 = nn.Sequential(*(Block(128, 4, reduction=16) for _ in range(depths[1] - 1)))
        self.bn_prelu_3 = NormPrelu(2 * 128, epsilon=EPSILON)
        self.classifier = nn.Sequential(Conv(2 * 128, classes, 1))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        half = functional.avg_pool2d(x, 3, 2, 1)
        quarter = functional.avg_pool2d(half, 3, 2, 1)
        y = self.level1_2(self.level1_1(self.level1_0(x)))
        first = self.level2_0(self.b1(torch.cat((y, half), 1)))
        y = self.bn_prelu_2(torch.cat((self.level2(first), first, quarter), 1))
        first = self.level3_0(y)
        y = self.bn_prelu_3(torch.cat((first, self.level3(first)), 1))
        logits: Tensor = self.classifier(y)
        return Heads(logits) if self.training else logits


class Block(nn.Module):
    """Context guided block with its residual (fig. 3b of the paper)."""

    def __init__(self, channels: int, dilation: int, *, reduction: int) -> None:
        super().__init__()
        width = channels // 2
        self.conv1x1 = ConvNormPrelu(channels, width, 1, epsilon=EPSILON)
        self.F_loc = Conv(width, width, groups=width)
        self.F_sur = Conv(width, width, dilation=dilation, groups=width)
        self.bn_prelu = NormPrelu(channels, epsilon=EPSILON)
        self.F_glo = GlobalContext(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1x1(x)
        joint = self.bn_prelu(torch.cat((self.F_loc(y), self.F_sur(y)), 1))
        refined: Tensor = self.F_glo(joint)
        return x + refined


class DownBlock(nn.Module):
    """The block that halves the picture and reduces the joint feature again."""

    def __init__(self, inputs: int, outputs: int, *, dilation: int, reduction: int) -> None:
        super().__init__()
        self.conv1x1 = ConvNormPrelu(inputs, outputs, stride=2, epsilon=EPSILON)
        self.F_loc = Conv(outputs, outputs, groups=outputs)
        self.F_sur = Conv(outputs, outputs, dilation=dilation, groups=outputs)
        self.bn = nn.BatchNorm2d(2 * outputs, EPSILON)
        self.act = nn.PReLU(2 * outputs)
        self.reduce = Conv(2 * outputs, outputs, 1)
        self.F_glo = GlobalContext(outputs, reduction)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1x1(x)
        joint = self.act(self.bn(torch.cat((self.F_loc(y), self.F_sur(y)), 1)))
        refined: Tensor = self.F_glo(self.reduce(joint))
        return refined


class GlobalContext(nn.Module):
    """Weighs each channel by what the whole map looks like."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        width = channels // reduction
        self.fc = nn.Sequential(
            nn.Linear(channels, width), nn.ReLU(), nn.Linear(width, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.fc(x.mean((2, 3)))
        return x * weights[:, :, None, None]
