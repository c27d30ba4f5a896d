"""RegSeg: a RegNet-like body at stride 16 whose halves look at two distances at once.

Gao 2021, "Rethink Dilated Convolution for Real-time Semantic Segmentation" (arXiv 2111.09957).
Modules are named as in the author's weights, whose name for this network is exp48_decoder26.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, NamedConvBnRelu, initialise, upsample_to

GROUP_WIDTH = 16
DILATIONS = ((1,), (1, 2), *[(1, 4)] * 4, *[(1, 14)] * 7)
"""Of the blocks at stride 16 after the first."""


class RegSeg(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 16."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = NamedConvBnRelu(3, 32, stride=2)
        self.body = Body()
        self.decoder = Decoder(classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        logits: Tensor = self.decoder(*self.body(self.stem(x)))
        return Heads(logits) if self.training else logits


class Body(nn.Module):
    """Maps at strides 4, 8 and 16 with 48, 128 and 320 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.stage4 = DilatedBlock(32, 48, stride=2)
        self.stage8 = nn.Sequential(
            DilatedBlock(48, 128, stride=2), DilatedBlock(128, 128), DilatedBlock(128, 128)
        )
        self.stage16 = nn.Sequential(
            DilatedBlock(128, 256, stride=2),
            *(DilatedBlock(256, 256, dilations=each) for each in DILATIONS[:-1]),
            DilatedBlock(256, 320, dilations=DILATIONS[-1]),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        at4 = self.stage4(x)
        at8 = self.stage8(at4)
        return at4, at8, self.stage16(at8)


class DilatedBlock(nn.Module):
    """1x1, grouped 3x3 whose channels share the dilations, attention, 1x1, and a shortcut."""

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, dilations: Sequence[int] = (1,)
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = (
            _grouped(outputs, stride=stride, dilation=dilations[0])
            if len(dilations) == 1
            else SplitConv(outputs, dilations)
        )
        self.bn2 = nn.BatchNorm2d(outputs)
        self.se = SqueezeExcitation(outputs, inputs // 4)
        self.conv3 = nn.Conv2d(outputs, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = None if same else Shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.se(functional.relu(self.bn2(self.conv2(y))))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class SplitConv(nn.Module):
    """Equal shares of the channels, each convolved with a dilation of its own."""

    def __init__(self, width: int, dilations: Sequence[int]) -> None:
        super().__init__()
        share = width // len(dilations)
        self.convs = nn.ModuleList(_grouped(share, stride=1, dilation=each) for each in dilations)

    def forward(self, x: Tensor) -> Tensor:
        shares = torch.chunk(x, len(self.convs), dim=1)
        return torch.cat([conv(each) for conv, each in zip(self.convs, shares, strict=True)], 1)


class SqueezeExcitation(nn.Module):
    """Channels weighted by what the whole map holds (Hu et al. 2018, arXiv 1709.01507)."""

    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, squeezed, 1)
        self.conv2 = nn.Conv2d(squeezed, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = functional.relu(self.conv1(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.conv2(squeezed))


class Shortcut(nn.Module):
    """Averages where the block strides, then a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.average = nn.AvgPool2d(2, 2) if stride == 2 else nn.Identity()
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        projected: Tensor = self.bn(self.conv(self.average(x)))
        return projected


class Decoder(nn.Module):
    """Stride 16 is added to stride 8, and that set beside a thin map of stride 4."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.head16 = NamedConvBnRelu(320, 128, 1)
        self.head8 = NamedConvBnRelu(128, 128, 1)
        self.head4 = NamedConvBnRelu(48, 8, 1)
        self.conv8 = NamedConvBnRelu(128, 64)
        self.conv4 = NamedConvBnRelu(64 + 8, 64)
        self.classifier = nn.Conv2d(64, classes, 1)

    def forward(self, at4: Tensor, at8: Tensor, at16: Tensor) -> Tensor:
        y = self.head8(at8)
        y = self.conv8(y + upsample_to(self.head16(at16), y))
        fine = self.head4(at4)
        y = self.conv4(torch.cat([upsample_to(y, fine), fine], 1))
        logits: Tensor = self.classifier(y)
        return logits


def _grouped(width: int, *, stride: int, dilation: int) -> nn.Conv2d:
    groups = width // GROUP_WIDTH
    return nn.Conv2d(width, width, 3, stride, dilation, dilation, groups=groups, bias=False)
