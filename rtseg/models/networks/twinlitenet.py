"""TwinLiteNet (Che et al. 2023, "TwinLiteNet: An Efficient and Lightweight Model for Driveable
Area and Lane Segmentation in Self-Driving Cars", arXiv 2307.10705).

ESPNet's encoder, attention over places and over channels, and two decoders: one finds the area
to drive on, the other the lines on it. Modules carry the names of the authors' checkpoints.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise
from rtseg.models.networks.espnet import EPSILON, EspDown, ResidualEsp
from rtseg.models.networks.prelu import ConvNormPrelu


class TwinLiteNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h, w) logits; h and w multiples of 8.

    The last class is what the second decoder finds, and hides the others where it does.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.up_1_1 = Double(32, 16)
        self.up_2_1 = Double(16, 8)
        self.classifier_1 = Double(8, classes - 1)
        self.up_1_2 = Double(32, 16)
        self.up_2_2 = Double(16, 8)
        self.classifier_2 = Double(8, 2)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        logits = one_map(*self.heads(x))
        return Heads(logits) if self.training else logits

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both decoders: (N, classes - 1, h, w) areas; (N, 2, h, w) no line, line."""
        y = self.encoder(x)
        areas = self.classifier_1(self.up_2_1(self.up_1_1(y)))
        lines = self.classifier_2(self.up_2_2(self.up_1_2(y)))
        return areas, lines


def one_map(areas: Tensor, lines: Tensor) -> Tensor:
    """Logits of areas and line as one set of classes that exclude each other.

    The line's logit lies as far above the best area's as the second decoder puts line above no
    line, so that the greatest is the line exactly where that decoder says so.
    """
    margin = lines[:, 1:] - lines[:, :1]
    return torch.cat((areas, areas.amax(1, keepdim=True) + margin), 1)


class Encoder(nn.Module):
    """32 channels at stride 8."""

    def __init__(self) -> None:
        super().__init__()
        self.level1 = ConvNormPrelu(3, 16, stride=2, epsilon=EPSILON)
        self.b1 = ConvNormPrelu(19, 19, epsilon=EPSILON)
        self.level2_0 = EspDown(19, 64)
        self.level2 = nn.Sequential(*(ResidualEsp(64, 64) for _ in range(2)))
        self.b2 = ConvNormPrelu(131, 131, epsilon=EPSILON)
        self.level3_0 = EspDown(131, 128)
        self.level3 = nn.Sequential(*(ResidualEsp(128, 128) for _ in range(3)))
        self.b3 = ConvNormPrelu(256, 32, epsilon=EPSILON)
        self.sa = PlaceAttention(32)
        self.sc = ChannelAttention()
        self.conv_sa = ConvNormPrelu(32, 32, epsilon=EPSILON)
        self.conv_sc = ConvNormPrelu(32, 32, epsilon=EPSILON)
        self.classifier = ConvNormPrelu(32, 32, 1, epsilon=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        half = functional.avg_pool2d(x, 3, 2, 1)
        quarter = functional.avg_pool2d(half, 3, 2, 1)
        first = self.level2_0(self.b1(torch.cat((self.level1(x), half), 1)))
        y = self.b2(torch.cat((self.level2(first), first, quarter), 1))
        first = self.level3_0(y)
        y = self.b3(torch.cat((first, self.level3(first)), 1))
        context: Tensor = self.classifier(self.conv_sa(self.sa(y)) + self.conv_sc(self.sc(y)))
        return context


class PlaceAttention(nn.Module):
    """Every place sees what similar places hold (Fu et al. 2018, arXiv 1809.02983, fig. 3A)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_conv = nn.Conv2d(channels, channels // 8, 1)
        self.key_conv = nn.Conv2d(channels, channels // 8, 1)
        self.value_conv = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.query_conv(x).flatten(2).transpose(1, 2)
        similar = torch.bmm(queries, self.key_conv(x).flatten(2)).softmax(-1)
        seen = torch.bmm(self.value_conv(x).flatten(2), similar.transpose(1, 2))
        return x + self.gamma * _as_map(seen, x)


class ChannelAttention(nn.Module):
    """Every channel sees the channels least like it (same paper, fig. 3B)."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        unlike = (-torch.bmm(flat, flat.transpose(1, 2))).softmax(-1)
        return x + self.gamma * _as_map(torch.bmm(unlike, flat), x)


class Double(nn.Sequential):
    """Transposed convolution to twice the size, batch norm, PReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            OrderedDict(
                deconv=nn.ConvTranspose2d(inputs, outputs, 2, 2, bias=False),
                bn=nn.BatchNorm2d(outputs, EPSILON),
                act=nn.PReLU(outputs),
            )
        )


def _as_map(flat: Tensor, like: Tensor) -> Tensor:
    return flat.reshape([int(extent) for extent in like.shape])
