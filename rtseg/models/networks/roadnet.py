"""RoadNet: the project's own network, plain enough to be fast in INT8 on anything.

A residual encoder to stride 32, pooled context, and a decoder that only adds: 3x3 convolutions,
batch norm, ReLU, bilinear upsampling. The head sits at stride 4, because at 480x360 a pole or a
sign is one or two pixels wide at stride 8.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import (
    BasicBlock,
    ConvBnRelu,
    Heads,
    SumPyramidPooling,
    initialise,
    upsample_to,
)


class RoadNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/2, w/2) logits; h and w multiples of 32.

    In training the logits of an auxiliary head at stride 16 come with them.
    """

    def __init__(
        self,
        classes: int,
        *,
        widths: tuple[int, int, int, int] = (32, 64, 128, 256),
        depths: tuple[int, int, int, int] = (2, 3, 3, 2),
        decoder_width: int = 64,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvBnRelu(3, widths[0], stride=2), ConvBnRelu(widths[0], widths[0], stride=2)
        )
        inputs = (widths[0], *widths[:3])
        self.stages = nn.ModuleList(
            _stage(inputs[i], widths[i], depths[i], stride=1 if i == 0 else 2) for i in range(4)
        )
        self.context = SumPyramidPooling(widths[3], decoder_width * 2)
        self.lateral16 = ConvBnRelu(widths[2], decoder_width * 2, 1)
        self.fuse16 = ConvBnRelu(decoder_width * 2, decoder_width)
        self.lateral8 = ConvBnRelu(widths[1], decoder_width, 1)
        self.fuse8 = ConvBnRelu(decoder_width, decoder_width)
        self.lateral4 = ConvBnRelu(widths[0], decoder_width, 1)
        self.fuse4 = ConvBnRelu(decoder_width, decoder_width)
        self.head = nn.Conv2d(decoder_width, classes, 1)
        self.auxiliary = _auxiliary(widths[2], decoder_width, classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at4 = self.stages[0](self.stem(x))
        at8 = self.stages[1](at4)
        at16 = self.stages[2](at8)
        at32 = self.stages[3](at16)
        y = self.fuse16(upsample_to(self.context(at32), at16) + self.lateral16(at16))
        y = self.fuse8(upsample_to(y, at8) + self.lateral8(at8))
        y = self.fuse4(upsample_to(y, at4) + self.lateral4(at4))
        logits = functional.interpolate(
            self.head(y), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return Heads(logits, (self.auxiliary(at16),)) if self.training else logits


def _auxiliary(inputs: int, width: int, classes: int) -> nn.Sequential:
    return nn.Sequential(ConvBnRelu(inputs, width), nn.Conv2d(width, classes, 1))


def _stage(inputs: int, outputs: int, depth: int, *, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride=stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs) for _ in range(depth - 1)))
