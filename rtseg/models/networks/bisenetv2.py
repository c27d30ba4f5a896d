"""BiSeNetV2: a wide shallow branch for detail, gated by a thin deep one for context.

Yu, Gao, Wang, Yu, Shen, Sang 2020, "BiSeNet V2: Bilateral Network with Guided Aggregation for
Real-time Semantic Segmentation" (arXiv 2004.02147). Modules are named, and what the paper leaves
open is decided, as in CoinCheung's public weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, NamedConvBnRelu, conv_bn, initialise

EXPANSION = 6
"""Of the depthwise convolutions: the paper's epsilon."""


class BiSeNetV2(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 32.

    In training the logits of four auxiliary heads come with them, at strides 2, 4, 8 and 16, and
    N is 2 or more: one batch norm sees a single value per channel and picture.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.detail = DetailBranch()
        self.segment = SegmentBranch()
        self.bga = GuidedAggregation(128)
        self.head = Head(128, 1024, classes)
        self.aux2 = AuxiliaryHead(16, 16, classes)
        self.aux3 = AuxiliaryHead(32, 64, classes)
        self.aux4 = AuxiliaryHead(64, 256, classes)
        self.aux5_4 = AuxiliaryHead(128, 1024, classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at4, at8, at16, at32, context = self.segment(x)
        logits: Tensor = self.head(self.bga(self.detail(x), context))
        if not self.training:
            return logits
        auxiliary = (self.aux2(at4), self.aux3(at8), self.aux4(at16), self.aux5_4(at32))
        return Heads(logits, auxiliary)


class DetailBranch(nn.Module):
    """To 128 channels at stride 8 in eight plain convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.S1 = nn.Sequential(NamedConvBnRelu(3, 64, stride=2), NamedConvBnRelu(64, 64))
        self.S2 = nn.Sequential(
            NamedConvBnRelu(64, 64, stride=2), NamedConvBnRelu(64, 64), NamedConvBnRelu(64, 64)
        )
        self.S3 = nn.Sequential(
            NamedConvBnRelu(64, 128, stride=2),
            NamedConvBnRelu(128, 128),
            NamedConvBnRelu(128, 128),
        )

    def forward(self, x: Tensor) -> Tensor:
        detail: Tensor = self.S3(self.S2(self.S1(x)))
        return detail


class SegmentBranch(nn.Module):
    """The features of strides 4, 8, 16 and 32, and those of stride 32 with context."""

    def __init__(self) -> None:
        super().__init__()
        self.S1S2 = Stem()
        self.S3 = nn.Sequential(GatherExpandStrided(16, 32), GatherExpand(32))
        self.S4 = nn.Sequential(GatherExpandStrided(32, 64), GatherExpand(64))
        self.S5_4 = nn.Sequential(
            GatherExpandStrided(64, 128), GatherExpand(128), GatherExpand(128), GatherExpand(128)
        )
        self.S5_5 = ContextEmbedding(128)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        at4 = self.S1S2(x)
        at8 = self.S3(at4)
        at16 = self.S4(at8)
        at32 = self.S5_4(at16)
        return at4, at8, at16, at32, self.S5_5(at32)


class Stem(nn.Module):
    """Strided convolution and max pooling side by side, to 16 channels at stride 4."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(3, 16, stride=2)
        self.left = nn.Sequential(NamedConvBnRelu(16, 8, 1), NamedConvBnRelu(8, 16, stride=2))
        self.right = nn.MaxPool2d(3, 2, 1)
        self.fuse = NamedConvBnRelu(32, 16)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        fused: Tensor = self.fuse(torch.cat([self.left(y), self.right(y)], 1))
        return fused


class ContextEmbedding(nn.Module):
    """What the whole map holds, added everywhere."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(width)
        self.conv_gap = NamedConvBnRelu(width, width, 1)
        self.conv_last = NamedConvBnRelu(width, width)

    def forward(self, x: Tensor) -> Tensor:
        whole = self.conv_gap(self.bn(x.mean((2, 3), keepdim=True)))
        embedded: Tensor = self.conv_last(whole + x)
        return embedded


class GatherExpand(nn.Module):
    """3x3 convolution, depthwise expansion to six times the width, projection, shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = NamedConvBnRelu(width, width)
        self.dwconv = nn.Sequential(*conv_bn(width, width * EXPANSION, 3, groups=width), nn.ReLU())
        self.conv2 = _silent_project(width * EXPANSION, width)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv2(self.dwconv(self.conv1(x))) + x)


class GatherExpandStrided(nn.Module):
    """The same to half the size, with two depthwise convolutions and one in the shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        width = inputs * EXPANSION
        self.conv1 = NamedConvBnRelu(inputs, inputs)
        self.dwconv1 = conv_bn(inputs, width, 3, stride=2, groups=inputs)
        self.dwconv2 = nn.Sequential(*conv_bn(width, width, 3, groups=width), nn.ReLU())
        self.conv2 = _silent_project(width, outputs)
        self.shortcut = nn.Sequential(
            *conv_bn(inputs, inputs, 3, stride=2, groups=inputs), *conv_bn(inputs, outputs, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.dwconv2(self.dwconv1(self.conv1(x))))
        return functional.relu(y + self.shortcut(x))


class GuidedAggregation(nn.Module):
    """Detail gated by context at stride 8 and, pooled, at stride 32; the sum of both."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.left1 = nn.Sequential(
            *conv_bn(width, width, 3, groups=width), nn.Conv2d(width, width, 1, bias=False)
        )
        self.left2 = nn.Sequential(*conv_bn(width, width, 3, stride=2), nn.AvgPool2d(3, 2, 1))
        self.right1 = conv_bn(width, width, 3)
        self.right2 = nn.Sequential(
            *conv_bn(width, width, 3, groups=width), nn.Conv2d(width, width, 1, bias=False)
        )
        self.conv = nn.Sequential(*conv_bn(width, width, 3), nn.ReLU())

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        fine = self.left1(detail) * torch.sigmoid(_nearest(self.right1(context), 4))
        coarse = self.left2(detail) * torch.sigmoid(self.right2(context))
        fused: Tensor = self.conv(fine + _nearest(coarse, 4))
        return fused


class Head(nn.Module):
    """Logits at the size of its input; the identity keeps the published numbering."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(inputs, width)
        self.drop = nn.Dropout(0.1)
        self.conv_out = nn.Sequential(nn.Identity(), nn.Conv2d(width, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.conv_out(self.drop(self.conv(x)))
        return logits


class AuxiliaryHead(nn.Module):
    """Logits at twice the size of its input."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(inputs, 128)
        self.drop = nn.Dropout(0.1)
        self.conv_out = nn.Sequential(
            nn.Sequential(nn.Upsample(scale_factor=2), NamedConvBnRelu(128, width)),
            nn.Conv2d(width, classes, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.conv_out(self.drop(self.conv(x)))
        return logits


def _silent_project(inputs: int, outputs: int) -> nn.Sequential:
    """Zero at first, so that a block begins as its shortcut (Goyal et al. 2017, section 5.1)."""
    conv, norm = conv_bn(inputs, outputs, 1)
    nn.init.zeros_(norm.get_parameter("weight"))
    return nn.Sequential(conv, norm)


def _nearest(x: Tensor, factor: int) -> Tensor:
    return functional.interpolate(x, scale_factor=float(factor), mode="nearest")
