"""FFNet: a deep ResNet of basic blocks and a head of convolutions only; nothing else.

Mehta, Skliar, Ben Yahia, Borse, Porikli, Habibian, Blankevoort 2022, "Simple and Efficient
Architectures for Semantic Segmentation" (arXiv 2206.08236). Modules are named as in the authors'
weights; these are the slim networks for mobile devices, dBBB in their notation.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import ConvBnRelu, Heads, initialise, nearest_to
from rtseg.models.networks.resnet import basic_stage

WIDTHS = (64, 128, 192, 320)
ADAPTED = (64, 128, 128, 256)
SUMMED = (96, 96, 64, 32)
"""Channels at strides 8, 16, 32 and 64: of the backbone, where the head takes them over, and
where it hands them on."""


class FFNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 64.

    depths: blocks per stage.
    """

    def __init__(self, classes: int, *, depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.backbone_model = SlimResNet(depths)
        self.head = Head(classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        logits: Tensor = self.head(self.backbone_model(x))
        return Heads(logits) if self.training else logits


class SlimResNet(nn.Module):
    """Maps at strides 8, 16, 32 and 64."""

    def __init__(self, depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.bn0 = nn.BatchNorm2d(32)
        self.conv1 = nn.Conv2d(32, 64, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = basic_stage(64, WIDTHS[0], depths[0], stride=2)
        self.layer2 = basic_stage(WIDTHS[0], WIDTHS[1], depths[1], stride=2)
        self.layer3 = basic_stage(WIDTHS[1], WIDTHS[2], depths[2], stride=2)
        self.layer4 = basic_stage(WIDTHS[2], WIDTHS[3], depths[3], stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = functional.relu(self.bn0(self.conv0(x)))
        x = functional.relu(self.bn1(self.conv1(x)))
        at8 = self.layer1(x)
        at16 = self.layer2(at8)
        at32 = self.layer3(at16)
        return at8, at16, at32, self.layer4(at32)


class Head(nn.Module):
    """Narrow every map, add each to the finer one, set all side by side, classify."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Adapter(), UpBranch(), ConcatenateNearest(), Classifier(sum(SUMMED), 256, classes)
        )

    def forward(self, maps: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = self.layers(maps)
        return logits


class Adapter(nn.Module):
    """1x1 convolutions to the head's widths."""

    def __init__(self) -> None:
        super().__init__()
        self.adapter_conv = nn.ModuleList(
            _layers(inputs, outputs, 1) for inputs, outputs in zip(WIDTHS, ADAPTED, strict=True)
        )

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(conv(each) for conv, each in zip(self.adapter_conv, maps, strict=True))


class UpBranch(nn.Module):
    """From coarse to fine, finest first in and out. The names count strides as the authors do
    for a network without their d, whose stem strides half as far."""

    def __init__(self) -> None:
        super().__init__()
        self.fam_32_sm = _layers(ADAPTED[3], SUMMED[3], 3)
        self.fam_32_up = _layers(ADAPTED[3], ADAPTED[2], 1)
        self.fam_16_sm = _layers(ADAPTED[2], SUMMED[2], 3)
        self.fam_16_up = _layers(ADAPTED[2], ADAPTED[1], 1)
        self.fam_8_sm = _layers(ADAPTED[1], SUMMED[1], 3)
        self.fam_8_up = _layers(ADAPTED[1], ADAPTED[0], 1)
        self.fam_4 = _layers(ADAPTED[0], SUMMED[0], 3)

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        at8, at16, at32, at64 = maps
        at32 = at32 + nearest_to(self.fam_32_up(at64), at32)
        at16 = at16 + nearest_to(self.fam_16_up(at32), at16)
        at8 = at8 + nearest_to(self.fam_8_up(at16), at8)
        return self.fam_4(at8), self.fam_8_sm(at16), self.fam_16_sm(at32), self.fam_32_sm(at64)


class ConcatenateNearest(nn.Module):
    """All maps at the size of the first."""

    def forward(self, maps: tuple[Tensor, ...]) -> Tensor:
        return torch.cat([maps[0], *(nearest_to(each, maps[0]) for each in maps[1:])], 1)


class Classifier(nn.Module):
    """3x3, batch norm, ReLU, 3x3 to the classes."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.last_layer = nn.Sequential(
            nn.Conv2d(inputs, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, classes, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last_layer(x)
        return logits


def _layers(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """A convolution under the name that the authors' weights give it."""
    return nn.Sequential(OrderedDict(layers=ConvBnRelu(inputs, outputs, kernel)))
