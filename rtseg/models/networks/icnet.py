"""ICNet: the whole picture is seen shallowly, half of it deeper, a quarter of it deepest.

Zhao, Qi, Shen, Shi, Jia 2018, "ICNet for Real-Time Semantic Segmentation on High-Resolution
Images" (arXiv 1704.08545). The authors' weights are for Caffe, with half of the filters pruned;
modules are named, and wide, as in github.com/liminn/ICNet-pytorch.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import (
    Heads,
    NamedConvBnRelu,
    initialise,
    resize,
    upsample_to,
)
from rtseg.models.networks.pooling import fixed_average_pool
from rtseg.models.networks.resnet import Bottleneck

BINS = (1, 2, 3, 6)
"""Rows and columns of the pooled maps, as in PSPNet (Zhao et al. 2017, arXiv 1612.01105)."""


class ICNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32.

    In training the logits of auxiliary heads at strides 8 and 16 come with them.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.pretrained = DilatedResNet50()
        self.conv_sub1 = nn.Sequential(
            NamedConvBnRelu(3, 32, stride=2),
            NamedConvBnRelu(32, 32, stride=2),
            NamedConvBnRelu(32, 64, stride=2),
        )
        self.head = CascadeHead(classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        half = self.pretrained.to_layer2(_shrink(x, 2))
        quarter = self.pretrained(_shrink(x, 4))
        at4, at8, at16 = self.head(self.conv_sub1(x), half, _add_context(quarter))
        return Heads(at4, (at8, at16)) if self.training else at4


class DilatedResNet50(nn.Module):
    """To stride 8 with 2048 channels; three 3x3 convolutions for a stem."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, 64, 3, 2, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 64, 3, 1, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 128, 3, 1, 1, bias=False),
        )
        self.bn1 = nn.BatchNorm2d(128)
        self.layer1 = _stage(128, 64, 3)
        self.layer2 = _stage(256, 128, 4, stride=2)
        self.layer3 = _stage(512, 256, 6, dilation=2)
        self.layer4 = _stage(1024, 512, 3, dilation=4)

    def forward(self, x: Tensor) -> Tensor:
        deepest: Tensor = self.layer4(self.layer3(self.to_layer2(x)))
        return deepest

    def to_layer2(self, x: Tensor) -> Tensor:
        """Stride 8, 512 channels."""
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        deep: Tensor = self.layer2(self.layer1(x))
        return deep


class CascadeHead(nn.Module):
    """Three maps, each half as large as the one before, become logits at twice each size."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cff_12 = CascadeFusion(128, 64, classes)
        self.cff_24 = CascadeFusion(2048, 512, classes)
        self.conv_cls = nn.Conv2d(128, classes, 1, bias=False)

    def forward(self, full: Tensor, half: Tensor, quarter: Tensor) -> tuple[Tensor, ...]:
        at16, coarse = self.cff_24(quarter, half)
        at8, fine = self.cff_12(at16, full)
        size = [2 * int(extent) for extent in at8.shape[2:]]
        return self.conv_cls(resize(at8, size, align_corners=True)), fine, coarse


class CascadeFusion(nn.Module):
    """The coarse map, enlarged and filtered, plus the fine one; and the coarse one's logits."""

    def __init__(self, coarse: int, fine: int, classes: int) -> None:
        super().__init__()
        self.conv_low = nn.Sequential(
            nn.Conv2d(coarse, 128, 3, padding=2, dilation=2, bias=False), nn.BatchNorm2d(128)
        )
        self.conv_high = nn.Sequential(nn.Conv2d(fine, 128, 1, bias=False), nn.BatchNorm2d(128))
        self.conv_low_cls = nn.Conv2d(128, classes, 1, bias=False)

    def forward(self, coarse: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        coarse = self.conv_low(upsample_to(coarse, fine, align_corners=True))
        return functional.relu(coarse + self.conv_high(fine)), self.conv_low_cls(coarse)


def from_published(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What ``ICNet`` loads, strictly, of a published state dict: no ImageNet classifier."""
    return {name: value for name, value in state.items() if not name.startswith("pretrained.fc.")}


def _stage(
    inputs: int, width: int, depth: int, *, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    """The first block is dilated half as far as the others."""
    first = Bottleneck(inputs, width, stride=stride)
    blocks = [first, *(Bottleneck(width * 4, width) for _ in range(depth - 1))]
    for block in blocks:
        spread = max(dilation // 2, 1) if block is first else dilation
        block.conv2.dilation = block.conv2.padding = (spread, spread)
    return nn.Sequential(*blocks)


def _shrink(x: Tensor, factor: int) -> Tensor:
    return resize(x, [int(extent) // factor for extent in x.shape[2:]], align_corners=True)


def _add_context(x: Tensor) -> Tensor:
    pooled = (fixed_average_pool(x, bins, bins) for bins in BINS)
    return sum((upsample_to(each, x, align_corners=True) for each in pooled), x)
