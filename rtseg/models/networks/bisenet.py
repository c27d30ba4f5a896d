"""BiSeNet: a shallow path that keeps detail beside a ResNet-18 that sees context.

Yu, Wang, Peng, Gao, Yu, Sang 2018, "BiSeNet: Bilateral Segmentation Network for Real-time
Semantic Segmentation" (arXiv 1808.00897). The paper's authors published no PyTorch weights of
it: modules are named, and attention is built, as in CoinCheung's public ones.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, NamedConvBnRelu, initialise
from rtseg.models.networks.resnet import ResNet18


class BiSeNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 32.

    In training the logits of two auxiliary heads come with them, at strides 8 and 16, and N is 2
    or more: some batch norms see a single value per channel and picture.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cp = ContextPath()
        self.sp = SpatialPath()
        self.ffm = FeatureFusion(256, 256)
        self.conv_out = Output(256, 256, classes)
        self.conv_out16 = Output(128, 64, classes)
        self.conv_out32 = Output(128, 64, classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        context8, context16 = self.cp(x)
        logits: Tensor = self.conv_out(self.ffm(self.sp(x), context8))
        if not self.training:
            return logits
        return Heads(logits, (self.conv_out16(context8), self.conv_out32(context16)))


class SpatialPath(nn.Module):
    """Three strided convolutions, to 128 channels at stride 8."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = NamedConvBnRelu(3, 64, 7, stride=2)
        self.conv2 = NamedConvBnRelu(64, 64, stride=2)
        self.conv3 = NamedConvBnRelu(64, 64, stride=2)
        self.conv_out = NamedConvBnRelu(64, 128, 1)

    def forward(self, x: Tensor) -> Tensor:
        detail: Tensor = self.conv_out(self.conv3(self.conv2(self.conv1(x))))
        return detail


class ContextPath(nn.Module):
    """To 128 channels at stride 8, and at stride 16 on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = ResNet18()
        self.arm16 = AttentionRefinement(256, 128)
        self.arm32 = AttentionRefinement(512, 128)
        self.conv_head32 = NamedConvBnRelu(128, 128)
        self.conv_head16 = NamedConvBnRelu(128, 128)
        self.conv_avg = NamedConvBnRelu(512, 128, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        at16, at32 = (functional.relu(each) for each in self.resnet(x)[2:])
        whole = self.conv_avg(at32.mean((2, 3), keepdim=True))
        context16 = self.conv_head32(_double(self.arm32(at32) + whole))
        context8 = self.conv_head16(_double(self.arm16(at16) + context16))
        return context8, context16


class AttentionRefinement(nn.Module):
    """A 3x3 convolution whose channels are weighed by what the whole map holds."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(inputs, outputs)
        self.conv_atten = nn.Conv2d(outputs, outputs, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        attention = self.bn_atten(self.conv_atten(y.mean((2, 3), keepdim=True)))
        return y * torch.sigmoid(attention)


class FeatureFusion(nn.Module):
    """Both paths side by side, mixed, and its channels amplified up to twofold.

    One 1x1 convolution and a batch norm give the attention, where the paper has two convolutions.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convblk = NamedConvBnRelu(inputs, outputs, 1)
        self.conv = nn.Conv2d(outputs, outputs, 1, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        y: Tensor = self.convblk(torch.cat([detail, context], 1))
        attention = self.bn(self.conv(y.mean((2, 3), keepdim=True)))
        return y + y * torch.sigmoid(attention)


class Output(nn.Module):
    """3x3 convolution, batch norm, ReLU, 1x1 to the classes."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.conv = NamedConvBnRelu(inputs, width)
        self.conv_out = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.conv_out(self.conv(x))
        return logits


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
