"""PIDNet: a branch for detail, one for context, and one for borders that tells them apart.

Xu, Xiong, Bhattacharyya 2023, "PIDNet: A Real-time Semantic Segmentation Network Inspired by PID
Controllers" (arXiv 2206.02066). Modules are named as in the authors' weights: what ends in ``_``
belongs to the detail branch (P), in ``_d`` to the border branch (D), the rest to context (I).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, bn_relu_conv, conv_bn, initialise, upsample_to
from rtseg.models.networks.ddrnet import DAPPM, SegmentHead, stem
from rtseg.models.networks.resnet import BasicBlock, Bottleneck, basic_stage


class PIDNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 8.

    In training come with them the logits of the detail branch and those of "a border between
    classes", all at stride 8, and N is 2 or more: one batch norm sees a single value per channel
    and picture. ``large`` is the paper's L: deeper, and with the full fusion modules.
    """

    def __init__(
        self,
        classes: int,
        *,
        width: int = 32,
        context_width: int = 96,
        head_width: int = 128,
        large: bool = False,
    ) -> None:
        super().__init__()
        fine = width * 2
        self._build_context(width, context_width, large=large)
        self._build_detail(width, depth=3 if large else 2)
        self._build_border(width, large=large)
        self.dfm = Bag(width * 4) if large else LightBag(width * 4)
        self.seghead_p = SegmentHead(fine, head_width, classes)
        self.seghead_d = SegmentHead(fine, width, 1)
        self.final_layer = SegmentHead(width * 4, head_width, classes)
        initialise(self)

    def _build_context(self, width: int, context_width: int, *, large: bool) -> None:
        shallow, deep = (3, 4) if large else (2, 3)
        self.conv1 = stem(width)
        self.layer1 = basic_stage(width, width, shallow, relu=False)
        self.layer2 = basic_stage(width, width * 2, shallow, stride=2, relu=False)
        self.layer3 = basic_stage(width * 2, width * 4, deep, stride=2, relu=False)
        self.layer4 = basic_stage(width * 4, width * 8, deep, stride=2, relu=False)
        self.layer5 = nn.Sequential(
            Bottleneck(width * 8, width * 8, stride=2, relu=False, expansion=2),
            Bottleneck(width * 16, width * 8, relu=False, expansion=2),
        )
        pool = DAPPM if large else PAPPM
        self.spp = pool(width * 16, context_width, width * 4)

    def _build_detail(self, width: int, *, depth: int) -> None:
        fine = width * 2
        self.compression3 = conv_bn(width * 4, fine, 1)
        self.compression4 = conv_bn(width * 8, fine, 1)
        self.pag3 = PagFM(fine, width)
        self.pag4 = PagFM(fine, width)
        self.layer3_ = basic_stage(fine, fine, depth, relu=False)
        self.layer4_ = basic_stage(fine, fine, depth, relu=False)
        self.layer5_ = _bottleneck(fine)

    def _build_border(self, width: int, *, large: bool) -> None:
        fine = width * 2
        thin = fine if large else width
        self.layer3_d = BasicBlock(fine, thin, relu=False)
        self.layer4_d = BasicBlock(fine, fine, relu=False) if large else _bottleneck(width)
        self.diff3 = conv_bn(width * 4, thin, 3)
        self.diff4 = conv_bn(width * 8, fine, 3)
        self.layer5_d = _bottleneck(fine)

    def forward(self, x: Tensor) -> Tensor | Heads:
        context = functional.relu(self.layer2(functional.relu(self.layer1(self.conv1(x)))))
        detail, border = self.layer3_(context), self.layer3_d(context)
        context = functional.relu(self.layer3(context))
        middle = functional.relu(self.pag3(detail, self.compression3(context)))
        border = functional.relu(border + upsample_to(self.diff3(context), border))
        context = functional.relu(self.layer4(context))
        detail = functional.relu(self.pag4(self.layer4_(middle), self.compression4(context)))
        border = self.layer4_d(border)
        border = functional.relu(border + upsample_to(self.diff4(context), border))
        detail = self.layer5_(detail)
        context = upsample_to(self.spp(self.layer5(context)), detail)
        logits: Tensor = self.final_layer(self.dfm(detail, context, self.layer5_d(border)))
        if not self.training:
            return logits
        return Heads(logits, (self.seghead_p(middle),), self.seghead_d(border))


class PagFM(nn.Module):
    """Pixel-attention-guided fusion: detail takes from context where the two agree."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.f_x = conv_bn(inputs, width, 1)
        self.f_y = conv_bn(inputs, width, 1)

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        likeness = self.f_x(detail) * upsample_to(self.f_y(context), detail)
        trust = torch.sigmoid(likeness.sum(1, keepdim=True))
        return (1 - trust) * detail + trust * upsample_to(context, detail)


class PAPPM(nn.Module):
    """Parallel aggregation pyramid pooling: DAPPM's scales, refined by one grouped convolution."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.scale0 = bn_relu_conv(inputs, width, 1)
        self.scale1 = nn.Sequential(nn.AvgPool2d(5, 2, 2), *bn_relu_conv(inputs, width, 1))
        self.scale2 = nn.Sequential(nn.AvgPool2d(9, 4, 4), *bn_relu_conv(inputs, width, 1))
        self.scale3 = nn.Sequential(nn.AvgPool2d(17, 8, 8), *bn_relu_conv(inputs, width, 1))
        self.scale4 = nn.Sequential(nn.AdaptiveAvgPool2d(1), *bn_relu_conv(inputs, width, 1))
        self.scale_process = bn_relu_conv(width * 4, width * 4, 3, groups=4)
        self.compression = bn_relu_conv(width * 5, outputs, 1)
        self.shortcut = bn_relu_conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        local = self.scale0(x)
        pooled = [upsample_to(scale(x), x) for scale in (self.scale1, self.scale2, self.scale3)]
        scales = [local + each for each in (*pooled, self.scale4(x))]
        refined = self.scale_process(torch.cat(scales, 1))
        merged: Tensor = self.compression(torch.cat([local, refined], 1)) + self.shortcut(x)
        return merged


class Bag(nn.Module):
    """Boundary-attention-guided fusion: detail at borders, context within."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = bn_relu_conv(width, width, 3)

    def forward(self, detail: Tensor, context: Tensor, border: Tensor) -> Tensor:
        edge = torch.sigmoid(border)
        fused: Tensor = self.conv(edge * detail + (1 - edge) * context)
        return fused


class LightBag(nn.Module):
    """Bag with two 1x1 convolutions instead of a 3x3."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_p = conv_bn(width, width, 1)
        self.conv_i = conv_bn(width, width, 1)

    def forward(self, detail: Tensor, context: Tensor, border: Tensor) -> Tensor:
        edge = torch.sigmoid(border)
        fused: Tensor = self.conv_p(detail + (1 - edge) * context) + self.conv_i(
            context + edge * detail
        )
        return fused


def _bottleneck(width: int) -> nn.Sequential:
    return nn.Sequential(Bottleneck(width, width, relu=False, expansion=2))
