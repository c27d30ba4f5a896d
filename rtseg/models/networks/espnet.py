"""ESPNet (Mehta et al. 2018, "ESPNet: Efficient Spatial Pyramid of Dilated Convolutions for
Semantic Segmentation", arXiv 1803.06815), with its light decoder.

A block reduces, looks with five dilations at once and adds these up step by step, so that no
gridding is left. Modules carry the names of the authors' checkpoints.
"""

from __future__ import annotations

from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise
from rtseg.models.networks.prelu import Conv, ConvNormPrelu, NormPrelu

EPSILON = 1e-3
"""Of every batch norm, as trained by the authors."""

DILATIONS = (1, 2, 4, 8, 16)


class ESPNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h, w) logits; h and w multiples of 8.

    depths: blocks in the second and third stage, p and q of the paper. early: the last layer sees
    the first convolution alone, as in the authors' Cityscapes weights, instead of what it gives
    together with the picture, as in their training program and CamVid weights.
    """

    def __init__(
        self, classes: int, *, depths: tuple[int, int] = (2, 8), early: bool = False
    ) -> None:
        super().__init__()
        self.early = early
        self.encoder = Encoder(classes, depths)
        self.level3_C = Conv(131, classes, 1)
        self.br = nn.BatchNorm2d(classes, EPSILON)
        self.conv = ConvNormPrelu((16 if early else 19) + classes, classes, epsilon=EPSILON)
        self.up_l3 = nn.Sequential(_double(classes))
        self.combine_l2_l3 = nn.Sequential(
            NormPrelu(2 * classes, epsilon=EPSILON), Esp(2 * classes, classes)
        )
        self.up_l2 = nn.Sequential(_double(classes), NormPrelu(classes, epsilon=EPSILON))
        self.classifier = _double(classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        first, at2, at4, at8 = self.encoder(x)
        y = torch.cat((self.level3_C(at4), self.up_l3(self.br(at8))), 1)
        y = self.up_l2(self.combine_l2_l3(y))
        logits: Tensor = self.classifier(self.conv(torch.cat((y, first if self.early else at2), 1)))
        return Heads(logits) if self.training else logits


class Encoder(nn.Module):
    """16 and 19 channels at stride 2, 131 at stride 4 and logits at stride 8."""

    def __init__(self, classes: int, depths: tuple[int, int]) -> None:
        super().__init__()
        self.level1 = ConvNormPrelu(3, 16, stride=2, epsilon=EPSILON)
        self.b1 = NormPrelu(19, epsilon=EPSILON)
        self.level2_0 = EspDown(19, 64)
        self.level2 = nn.Sequential(*(ResidualEsp(64, 64) for _ in range(depths[0])))
        self.b2 = NormPrelu(131, epsilon=EPSILON)
        self.level3_0 = EspDown(131, 128)
        self.level3 = nn.Sequential(*(ResidualEsp(128, 128) for _ in range(depths[1])))
        self.b3 = NormPrelu(256, epsilon=EPSILON)
        self.classifier = Conv(256, classes, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        half = functional.avg_pool2d(x, 3, 2, 1)
        quarter = functional.avg_pool2d(half, 3, 2, 1)
        at2 = self.level1(x)
        joined = self.b1(torch.cat((at2, half), 1))
        first = self.level2_0(joined)
        at4 = self.b2(torch.cat((self.level2(first), first, quarter), 1))
        first = self.level3_0(at4)
        at8 = self.classifier(self.b3(torch.cat((first, self.level3(first)), 1)))
        return at2, joined, at4, at8


class Pyramid(nn.Module):
    """One reduction seen with five dilations; all but the first are summed up step by step."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1) -> None:
        super().__init__()
        width = max(1, outputs // len(DILATIONS))
        self.c1 = Conv(inputs, width, kernel, stride=stride)
        first = outputs - (len(DILATIONS) - 1) * width
        for dilation in DILATIONS:
            seen = Conv(width, first if dilation == 1 else width, dilation=dilation)
            self.add_module(f"d{dilation}", seen)

    def look(self, x: Tensor) -> Tensor:
        """All branches, side by side."""
        reduced = self.c1(x)
        first, *others = (self.get_submodule(f"d{each}")(reduced) for each in DILATIONS)
        return torch.cat((first, *accumulate(others)), 1)


class Esp(Pyramid):
    """Pyramid, norm and PReLU, at the size it was given."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)
        self.bn = NormPrelu(outputs, epsilon=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.bn(self.look(x))
        return activated


class ResidualEsp(Esp):
    """The block with its residual, which is normalised with it."""

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.bn(x + self.look(x))
        return activated


class EspDown(Pyramid):
    """The pyramid that halves the map."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, stride=2)
        self.bn = nn.BatchNorm2d(outputs, EPSILON)
        self.act = nn.PReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.act(self.bn(self.look(x)))
        return activated


def _double(channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, channels, 2, 2, bias=False)
