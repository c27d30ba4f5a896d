"""DABNet: bottlenecks of one near and one dilated depthwise branch, at stride 8 with no decoder.

Li, Yun, Kim, Kim 2019, "DABNet: Depth-wise Asymmetric Bottleneck for Real-time Semantic
Segmentation" (arXiv 1907.11357), table 1. Modules are named as in the authors' weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise


class DABNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 8."""

    def __init__(
        self,
        classes: int,
        *,
        near: tuple[int, ...] = (2, 2, 2),
        far: tuple[int, ...] = (4, 4, 8, 8, 16, 16),
    ) -> None:
        super().__init__()
        self.init_conv = nn.Sequential(
            Conv(3, 32, stride=2, activated=True), *(Conv(32, 32, activated=True) for _ in "12")
        )
        self.bn_prelu_1 = NormPReLU(35)
        self.downsample_1 = Downsample(35, 64)
        self.DAB_Block_1 = _blocks(1, 64, near)
        self.bn_prelu_2 = NormPReLU(131)
        self.downsample_2 = Downsample(131, 128)
        self.DAB_Block_2 = _blocks(2, 128, far)
        self.bn_prelu_3 = NormPReLU(259)
        self.classifier = nn.Sequential(Conv(259, classes, 1))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        half = _halved(x)
        quarter = _halved(half)
        y = self.bn_prelu_1(torch.cat([self.init_conv(x), half], 1))
        before = self.downsample_1(y)
        y = self.bn_prelu_2(torch.cat([self.DAB_Block_1(before), before, quarter], 1))
        before = self.downsample_2(y)
        y = torch.cat([self.DAB_Block_2(before), before, _halved(quarter)], 1)
        logits: Tensor = self.classifier(self.bn_prelu_3(y))
        return Heads(logits) if self.training else logits


class NormPReLU(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(width, 1e-3)
        self.acti = nn.PReLU(width)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.acti(self.bn(x))
        return activated


class Conv(nn.Module):
    """A convolution without bias that keeps the size; ``activated``: with norm and PReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int] = 3,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        activated: bool = False,
    ) -> None:
        super().__init__()
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        steps = (dilation if rows > 1 else 1, dilation if columns > 1 else 1)
        padding = (steps[0] * (rows // 2), steps[1] * (columns // 2))
        self.conv = nn.Conv2d(
            inputs, outputs, (rows, columns), stride, padding, steps, groups=groups, bias=False
        )
        self.bn_prelu = NormPReLU(outputs) if activated else None

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y if self.bn_prelu is None else self.bn_prelu(y)


class DABModule(nn.Module):
    """Half the width through two depthwise branches of 3x1 and 1x3, one of them dilated."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        inner = width // 2
        self.bn_relu_1 = NormPReLU(width)
        self.conv3x3 = Conv(width, inner, activated=True)
        self.dconv3x1 = Conv(inner, inner, (3, 1), groups=inner, activated=True)
        self.dconv1x3 = Conv(inner, inner, (1, 3), groups=inner, activated=True)
        self.ddconv3x1 = Conv(inner, inner, (3, 1), dilation=dilation, groups=inner, activated=True)
        self.ddconv1x3 = Conv(inner, inner, (1, 3), dilation=dilation, groups=inner, activated=True)
        self.bn_relu_2 = NormPReLU(inner)
        self.conv1x1 = Conv(inner, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv3x3(self.bn_relu_1(x))
        both = self.dconv1x3(self.dconv3x1(y)) + self.ddconv1x3(self.ddconv3x1(y))
        residual: Tensor = self.conv1x1(self.bn_relu_2(both))
        return x + residual


class Downsample(nn.Module):
    """To half the size; where channels are to be added, max-pooling brings the old ones along."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pooled = inputs < outputs
        self.conv3x3 = Conv(inputs, outputs - inputs if self.pooled else outputs, stride=2)
        self.bn_prelu = NormPReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv3x3(x)
        if self.pooled:
            y = torch.cat([y, functional.max_pool2d(x, 2)], 1)
        activated: Tensor = self.bn_prelu(y)
        return activated


def _blocks(number: int, width: int, dilations: tuple[int, ...]) -> nn.Sequential:
    blocks = nn.Sequential()
    for index, dilation in enumerate(dilations):
        blocks.add_module(f"DAB_Module_{number}_{index}", DABModule(width, dilation))
    return blocks


def _halved(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, 2, 1)
