"""LEDNet: residual blocks that split their channels in two, convolve in one dimension at a time
and shuffle; a decoder that is one pyramid of attention.

Wang, Zhou, Liu, Xiong, Gao, Wu, Latecki 2019, "LEDNet: A Lightweight Encoder-Decoder Network for
Real-Time Semantic Segmentation" (arXiv 1905.02423), table I.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import ConvBnRelu, Heads, initialise, upsample_to


class LEDNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/8, w/8) logits; h and w multiples of 8."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            Downsample(3, 32),
            *(SplitBlock(32, dropout=0.03) for _ in range(3)),
            Downsample(32, 64),
            *(SplitBlock(64, dropout=0.03) for _ in range(2)),
            Downsample(64, 128),
            *(SplitBlock(128, dilation=each, dropout=0.3) for each in (1, 2, 5, 9, 2, 5, 9, 17)),
        )
        self.decoder = AttentionPyramid(128, classes)
        initialise(self)
        nn.init.zeros_(self.decoder.whole.weight)
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = 1e-3  # the authors': maps of one channel may come close to constant

    def forward(self, x: Tensor) -> Tensor | Heads:
        logits: Tensor = self.decoder(self.encoder(x))
        return Heads(logits) if self.training else logits


class Downsample(nn.Module):
    """A strided convolution beside max-pooling: to half the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs - inputs, 3, 2, 1)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        both = torch.cat([self.conv(x), functional.max_pool2d(x, 2)], 1)
        return functional.relu(self.norm(both))


class SplitBlock(nn.Module):
    """Half of the channels go through columns first, half through rows first; then a shuffle."""

    def __init__(self, width: int, *, dilation: int = 1, dropout: float) -> None:
        super().__init__()
        self.middle = width // 2
        self.left = _factorised(self.middle, dilation, dropout, columns_first=True)
        self.right = _factorised(self.middle, dilation, dropout, columns_first=False)

    def forward(self, x: Tensor) -> Tensor:
        half = self.middle
        y = torch.cat([self.left(x[:, :half]), self.right(x[:, half:])], 1)
        return _shuffled(functional.relu(x + y))


class AttentionPyramid(nn.Module):
    """Class scores, weighed by one map seen at three scales, plus what the whole picture says.

    Neither term of the logits has a ReLU: the paper draws none, and it would mute classes.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.scores = nn.Sequential(
            nn.Conv2d(inputs, classes, 1, bias=False), nn.BatchNorm2d(classes)
        )
        self.whole = nn.Conv2d(inputs, classes, 1)
        self.down1 = ConvBnRelu(inputs, 1, 7, stride=2)
        self.down2 = ConvBnRelu(1, 1, 5, stride=2)
        self.down3 = nn.Sequential(ConvBnRelu(1, 1, 3, stride=2), ConvBnRelu(1, 1, 3))
        self.side2 = ConvBnRelu(1, 1, 5)
        self.side1 = ConvBnRelu(1, 1, 7)

    def forward(self, x: Tensor) -> Tensor:
        half = self.down1(x)
        quarter = self.down2(half)
        side = self.side2(quarter)
        attention = side + upsample_to(self.down3(quarter), side)
        side = self.side1(half)
        attention = side + upsample_to(attention, side)
        scores: Tensor = self.scores(x)
        whole: Tensor = self.whole(x.mean((2, 3), keepdim=True))
        return scores * upsample_to(attention, scores) + whole


def _factorised(width: int, dilation: int, dropout: float, *, columns_first: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for step in (1, dilation):
        column = nn.Conv2d(width, width, (3, 1), padding=(step, 0), dilation=(step, 1))
        row = nn.Conv2d(width, width, (1, 3), padding=(0, step), dilation=(1, step))
        first, second = (column, row) if columns_first else (row, column)
        layers += [first, nn.ReLU(), second, nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.Dropout2d(dropout))


def _shuffled(x: Tensor) -> Tensor:
    """The channels of the two halves in turns: 0, C/2, 1, C/2 + 1, ..."""
    batch, width, height, columns = (int(extent) for extent in x.shape)
    halves = x.reshape(batch, 2, width // 2, height, columns)
    return halves.transpose(1, 2).reshape(batch, width, height, columns)
