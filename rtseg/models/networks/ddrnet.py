"""DDRNet: a fine branch at stride 8 beside a deep one down to stride 64, exchanging twice.

Hong, Pan, Sun, Jia 2021, "Deep Dual-resolution Networks for Real-time and Accurate Semantic
Segmentation of Road Scenes" (arXiv 2101.06085). Modules are named as in the authors' weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, bn_relu_conv, conv_bn, initialise, upsample_to
from rtseg.models.networks.resnet import Bottleneck, basic_stage


class DDRNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 8.

    In training the logits of an auxiliary head at stride 8 come with them, and N is 2 or more:
    one batch norm sees a single value per channel and picture.
    """

    def __init__(
        self, classes: int, *, width: int = 32, context_width: int = 128, head_width: int = 64
    ) -> None:
        super().__init__()
        fine = width * 2
        self.conv1 = stem(width)
        self.layer1 = basic_stage(width, width, 2, relu=False)
        self.layer2 = basic_stage(width, width * 2, 2, stride=2, relu=False)
        self.layer3 = basic_stage(width * 2, width * 4, 2, stride=2, relu=False)
        self.layer4 = basic_stage(width * 4, width * 8, 2, stride=2, relu=False)
        self.layer5 = nn.Sequential(
            Bottleneck(width * 8, width * 8, stride=2, relu=False, expansion=2)
        )
        self.layer3_ = basic_stage(fine, fine, 2, relu=False)
        self.layer4_ = basic_stage(fine, fine, 2, relu=False)
        self.layer5_ = nn.Sequential(Bottleneck(fine, fine, relu=False, expansion=2))
        self.compression3 = conv_bn(width * 4, fine, 1)
        self.compression4 = conv_bn(width * 8, fine, 1)
        self.down3 = conv_bn(fine, width * 4, 3, stride=2)
        self.down4 = nn.Sequential(
            *conv_bn(fine, width * 4, 3, stride=2),
            nn.ReLU(),
            *conv_bn(width * 4, width * 8, 3, stride=2),
        )
        self.spp = DAPPM(width * 16, context_width, width * 4)
        self.seghead_extra = SegmentHead(fine, head_width, classes)
        self.final_layer = SegmentHead(width * 4, head_width, classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at8 = functional.relu(self.layer2(functional.relu(self.layer1(self.conv1(x)))))
        middle, deep = _exchange(
            self.layer3_(at8), self.layer3(at8), up=self.compression3, down=self.down3
        )
        fine, deep = _exchange(
            self.layer4_(functional.relu(middle)),
            self.layer4(functional.relu(deep)),
            up=self.compression4,
            down=self.down4,
        )
        fine = self.layer5_(functional.relu(fine))
        context = self.spp(self.layer5(functional.relu(deep)))
        logits: Tensor = self.final_layer(fine + upsample_to(context, fine))
        return Heads(logits, (self.seghead_extra(middle),)) if self.training else logits


class DAPPM(nn.Module):
    """Deep aggregation pyramid pooling: each scale is added to the finer one before it.

    The paper's fixed pools 5/2, 9/4 and 17/8, and the whole map.
    """

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.scale0 = bn_relu_conv(inputs, width, 1)
        self.scale1 = nn.Sequential(nn.AvgPool2d(5, 2, 2), *bn_relu_conv(inputs, width, 1))
        self.scale2 = nn.Sequential(nn.AvgPool2d(9, 4, 4), *bn_relu_conv(inputs, width, 1))
        self.scale3 = nn.Sequential(nn.AvgPool2d(17, 8, 8), *bn_relu_conv(inputs, width, 1))
        self.scale4 = nn.Sequential(nn.AdaptiveAvgPool2d(1), *bn_relu_conv(inputs, width, 1))
        self.process1 = bn_relu_conv(width, width, 3)
        self.process2 = bn_relu_conv(width, width, 3)
        self.process3 = bn_relu_conv(width, width, 3)
        self.process4 = bn_relu_conv(width, width, 3)
        self.compression = bn_relu_conv(width * 5, outputs, 1)
        self.shortcut = bn_relu_conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        y0 = self.scale0(x)
        y1 = self.process1(upsample_to(self.scale1(x), x) + y0)
        y2 = self.process2(upsample_to(self.scale2(x), x) + y1)
        y3 = self.process3(upsample_to(self.scale3(x), x) + y2)
        y4 = self.process4(self.scale4(x) + y3)
        merged: Tensor = self.compression(torch.cat([y0, y1, y2, y3, y4], 1)) + self.shortcut(x)
        return merged


class SegmentHead(nn.Module):
    """Batch norm, ReLU, 3x3, batch norm, ReLU, 1x1 to the classes."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(functional.relu(self.bn1(x)))
        logits: Tensor = self.conv2(functional.relu(self.bn2(y)))
        return logits


def stem(width: int) -> nn.Sequential:
    """Two 3x3 convolutions, to stride 4."""
    return nn.Sequential(
        nn.Conv2d(3, width, 3, 2, 1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, 2, 1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


def _exchange(
    fine: Tensor, deep: Tensor, *, up: nn.Module, down: nn.Module
) -> tuple[Tensor, Tensor]:
    """Each branch gets the other, as it was before."""
    return (
        fine + upsample_to(up(functional.relu(deep)), fine),
        deep + down(functional.relu(fine)),
    )
