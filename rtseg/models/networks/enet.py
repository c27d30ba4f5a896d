"""ENet: a thin encoder that shrinks at once, and a decoder that only places what it is given.

Paszke, Chaurasia, Kim, Culurciello 2016, "ENet: A Deep Neural Network Architecture for Real-Time
Semantic Segmentation" (arXiv 1606.02147), table 1. What the table leaves open (inner widths of a
quarter of the outputs, biases, 2x2 and 3x3 transposed kernels) is as the authors trained it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import Heads, initialise

SECTION = (1, 2, "asymmetric", 4, 1, 8, "asymmetric", 16)
"""The kernels of sections 2 and 3: a dilation, or 5x1 and 1x5."""


class ENet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h, w) logits; h and w multiples of 8."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.initial = Initial(16)
        self.down1 = Downsample(16, 64, dropout=0.01)
        self.section1 = nn.Sequential(*(Bottleneck(64, dropout=0.01) for _ in range(4)))
        self.down2 = Downsample(64, 128, dropout=0.1)
        self.sections = nn.Sequential(
            *(Bottleneck(128, kernel=kernel, dropout=0.1) for kernel in SECTION + SECTION)
        )
        self.up4 = Upsample(128, 64)
        self.section4 = nn.Sequential(*(Bottleneck(64, relu=True) for _ in range(2)))
        self.up5 = Upsample(64, 16)
        self.section5 = Bottleneck(16, relu=True)
        self.head = nn.ConvTranspose2d(16, classes, 2, 2)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at2 = self.initial(x)
        at4 = self.section1(self.down1(at2))
        y = self.sections(self.down2(at4))
        y = self.section4(self.up4(y, at4))
        y = self.section5(self.up5(y, at2))
        logits: Tensor = self.head(y)
        return Heads(logits) if self.training else logits


class Initial(nn.Module):
    """A strided convolution beside the picture itself, pooled: to stride 2."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, outputs - 3, 3, 2, 1)
        self.activation = _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        both = torch.cat([self.conv(x), functional.max_pool2d(x, 2)], 1)
        activated: Tensor = self.activation(both)
        return activated


class Bottleneck(nn.Module):
    """A residual branch at a quarter of the width. kernel: a dilation, or "asymmetric"."""

    def __init__(
        self, width: int, *, kernel: int | str = 1, dropout: float = 0.0, relu: bool = False
    ) -> None:
        super().__init__()
        inner = width // 4
        self.branch = nn.Sequential(
            nn.Conv2d(width, inner, 1, bias=False),
            *_norm(inner, relu=relu),
            *_middle(inner, kernel),
            *_norm(inner, relu=relu),
            *_expansion(inner, width, dropout),
        )
        self.activation = nn.ReLU() if relu else nn.PReLU(width)

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.activation(x + self.branch(x))
        return activated


class Downsample(nn.Module):
    """A bottleneck of stride 2, whose shortcut is max-pooled and has no channels to add to the
    new ones."""

    def __init__(self, inputs: int, outputs: int, *, dropout: float) -> None:
        super().__init__()
        inner = outputs // 4
        self.inputs = inputs
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, inner, 2, 2, bias=False),
            *_norm(inner),
            *_middle(inner, 1),
            *_norm(inner),
            *_expansion(inner, outputs, dropout),
        )
        self.activation = nn.PReLU(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.branch(x)
        old = y[:, : self.inputs] + functional.max_pool2d(x, 2)
        activated: Tensor = self.activation(torch.cat([old, y[:, self.inputs :]], 1))
        return activated


class Upsample(nn.Module):
    """A bottleneck to twice the size, whose shortcut goes back to where the maxima came from."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = outputs // 4
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, inner, 1, bias=False),
            *_norm(inner, relu=True),
            nn.ConvTranspose2d(inner, inner, 3, 2, 1, output_padding=1),
            *_norm(inner, relu=True),
            *_expansion(inner, outputs, 0.0),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs, 1e-3)
        )

    def forward(self, x: Tensor, pooled_from: Tensor) -> Tensor:
        return functional.relu(unpool(self.shortcut(x), pooled_from) + self.branch(x))


def unpool(x: Tensor, pooled_from: Tensor) -> Tensor:
    """Each value of x goes to where its 2x2 window of ``pooled_from`` had its (first) maximum.

    x: (N, C, h, w); pooled_from: (N, C, 2h, 2w); the result is zero elsewhere. Max-unpooling
    without the indices of the pool, which neither exporter nor TensorRT takes: the place within
    each window is found again, by one operator that INT8 leaves alone.
    """
    batch, width, height, columns = (int(extent) for extent in x.shape)
    windows = functional.pixel_unshuffle(pooled_from, 2)
    windows = windows.reshape(batch, width, 4, height, columns)
    places = torch.arange(4, device=x.device).reshape(4, 1, 1)
    chosen = (windows.argmax(2, keepdim=True) == places).to(x.dtype)
    four = chosen * x.unsqueeze(2)
    return functional.pixel_shuffle(four.reshape(batch, 4 * width, height, columns), 2)


def _middle(width: int, kernel: int | str) -> list[nn.Module]:
    if kernel == "asymmetric":
        return [
            nn.Conv2d(width, width, (1, 5), padding=(0, 2), bias=False),
            nn.Conv2d(width, width, (5, 1), padding=(2, 0)),
        ]
    dilation = int(kernel)
    return [nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)]


def _expansion(inner: int, outputs: int, dropout: float) -> list[nn.Module]:
    return [
        nn.Conv2d(inner, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs, 1e-3),
        nn.Dropout2d(dropout),
    ]


def _norm(width: int, *, relu: bool = False) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(width, 1e-3), nn.ReLU() if relu else nn.PReLU(width))
