"""Fast-SCNN: one learned downsampling, shared by a fine branch and a deep one at stride 32.

Poudel, Liwicki, Cipolla 2019, "Fast-SCNN: Fast Semantic Segmentation Network" (arXiv 1902.04502).
The authors published no weights; modules are named as in github.com/Tramac/Fast-SCNN-pytorch.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise, upsample_to
from rtseg.models.networks.pooling import fixed_average_pool

BINS = (1, 2, 3, 6)


class FastSCNN(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 32.

    In training N is 2 or more. ``auxiliary`` adds a head at stride 8, which the published weights
    do not have.
    """

    def __init__(self, classes: int, *, auxiliary: bool = False) -> None:
        super().__init__()
        self.learning_to_downsample = LearningToDownsample()
        self.global_feature_extractor = GlobalFeatureExtractor()
        self.feature_fusion = FeatureFusion(64, 128, 128)
        self.classifier = Classifier(128, classes)
        self.auxlayer = _auxiliary(64, 32, classes) if auxiliary else None
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at8 = self.learning_to_downsample(x)
        logits: Tensor = self.classifier(
            self.feature_fusion(at8, self.global_feature_extractor(at8))
        )
        if not self.training:
            return logits
        return Heads(logits, () if self.auxlayer is None else (self.auxlayer(at8),))


class LearningToDownsample(nn.Sequential):
    """To stride 8, with 64 channels."""

    def __init__(self) -> None:
        super().__init__()
        # Unpadded, as the published weights were trained: h/2 - 1 rows, and h/4 after the next.
        self.conv = _conv_bn_relu(3, 32, 3, stride=2, padding=0)
        self.dsconv1 = _separable(32, 48, stride=2)
        self.dsconv2 = _separable(48, 64, stride=2)


class GlobalFeatureExtractor(nn.Sequential):
    """To stride 32, with 128 channels and the context of the whole picture."""

    def __init__(self) -> None:
        super().__init__()
        self.bottleneck1 = _stage(64, 64, stride=2)
        self.bottleneck2 = _stage(64, 96, stride=2)
        self.bottleneck3 = _stage(96, 128, stride=1)
        self.ppm = PyramidPooling(128, 128)


class InvertedResidual(nn.Module):
    """Wide inside and thin outside (Sandler et al. 2018, arXiv 1801.04381), six times wider."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        width = inputs * 6
        self.shortcut = stride == 1 and inputs == outputs
        self.block = nn.Sequential(
            _conv_bn_relu(inputs, width, 1),
            _conv_bn_relu(width, width, 3, stride=stride, padding=1, groups=width),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        return x + y if self.shortcut else y


class PyramidPooling(nn.Module):
    """The map beside its averages over 1, 2, 3 and 6 rows and columns of windows."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _conv_bn_relu(inputs, inputs // 4, 1)
        self.conv2 = _conv_bn_relu(inputs, inputs // 4, 1)
        self.conv3 = _conv_bn_relu(inputs, inputs // 4, 1)
        self.conv4 = _conv_bn_relu(inputs, inputs // 4, 1)
        self.out = _conv_bn_relu(inputs * 2, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        convs = (self.conv1, self.conv2, self.conv3, self.conv4)
        pooled = (
            conv(fixed_average_pool(x, bins, bins)) for conv, bins in zip(convs, BINS, strict=True)
        )
        context = [upsample_to(each, x, align_corners=True) for each in pooled]
        merged: Tensor = self.out(torch.cat([x, *context], 1))
        return merged


class FeatureFusion(nn.Module):
    """The deep map, enlarged to the fine one and filtered, plus the fine one."""

    def __init__(self, fine: int, deep: int, outputs: int) -> None:
        super().__init__()
        self.dwconv = _conv_bn_relu(deep, outputs, 3, padding=1, groups=deep)
        self.conv_lower_res = nn.Sequential(nn.Conv2d(outputs, outputs, 1), nn.BatchNorm2d(outputs))
        self.conv_higher_res = nn.Sequential(nn.Conv2d(fine, outputs, 1), nn.BatchNorm2d(outputs))

    def forward(self, fine: Tensor, deep: Tensor) -> Tensor:
        deep = self.conv_lower_res(self.dwconv(upsample_to(deep, fine, align_corners=True)))
        return functional.relu(self.conv_higher_res(fine) + deep)


class Classifier(nn.Sequential):
    """Two separable convolutions, dropout, 1x1 to the classes."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.dsconv1 = _separable(width, width)
        self.dsconv2 = _separable(width, width)
        self.conv = nn.Sequential(nn.Dropout(0.1), nn.Conv2d(width, classes, 1))


def _stage(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        InvertedResidual(inputs, outputs, stride=stride),
        InvertedResidual(outputs, outputs, stride=1),
        InvertedResidual(outputs, outputs, stride=1),
    )


def _conv_bn_relu(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, padding: int = 0, groups: int = 1
) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return _named(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _separable(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return _named(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _auxiliary(inputs: int, width: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Dropout(0.1),
        nn.Conv2d(width, classes, 1),
    )


def _named(*layers: nn.Module) -> nn.Sequential:
    """Layers under the one name that the published weights give them."""
    return nn.Sequential(OrderedDict(conv=nn.Sequential(*layers)))
