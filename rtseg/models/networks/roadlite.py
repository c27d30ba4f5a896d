"""RoadLite: a pre-trained EfficientNet-Lite encoder under RoadNet's decoder.

EfficientNet-Lite is EfficientNet made for integer arithmetic: ReLU6 instead of swish, no
squeeze-and-excite (github.com/tensorflow/tpu, models/official/efficientnet/lite). What it learned
on ImageNet is worth more to a network of 468 labelled pictures than any layer written for them.
"""

from __future__ import annotations

from torch import Tensor, nn

from rtseg.models.networks.blocks import (
    ConvBnRelu,
    Heads,
    SumPyramidPooling,
    initialise,
    upsample_to,
)
from rtseg.models.networks.depthwise import with_fast_gradients
from rtseg.models.torchvision_import import torchvision as torchvision  # before timm

import timm  # isort: skip


class RoadLite(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32.

    size: 0, 1 or 2, of the encoder. In training the logits of an auxiliary head at stride 16
    come with them. The encoder starts with random weights; see ``imagenet.py`` for others.
    """

    def __init__(self, classes: int, *, size: int = 0, decoder_width: int = 64) -> None:
        super().__init__()
        self.encoder = with_fast_gradients(_encoder(size))
        at4, at8, at16, at32 = self.encoder.feature_info.channels()  # type: ignore[union-attr, operator]
        self.context = SumPyramidPooling(at32, decoder_width * 2)
        self.lateral16 = ConvBnRelu(at16, decoder_width * 2, 1)
        self.fuse16 = ConvBnRelu(decoder_width * 2, decoder_width)
        self.lateral8 = ConvBnRelu(at8, decoder_width, 1)
        self.fuse8 = ConvBnRelu(decoder_width, decoder_width)
        self.lateral4 = ConvBnRelu(at4, decoder_width, 1)
        self.fuse4 = ConvBnRelu(decoder_width, decoder_width)
        self.head = nn.Conv2d(decoder_width, classes, 1)
        self.auxiliary = nn.Sequential(
            ConvBnRelu(at16, decoder_width), nn.Conv2d(decoder_width, classes, 1)
        )
        for name, part in self.named_children():
            if name != "encoder":
                initialise(part)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at4, at8, at16, at32 = self.encoder(x)
        y = self.fuse16(upsample_to(self.context(at32), at16) + self.lateral16(at16))
        y = self.fuse8(upsample_to(y, at8) + self.lateral8(at8))
        y = self.fuse4(upsample_to(y, at4) + self.lateral4(at4))
        logits: Tensor = self.head(y)
        return Heads(logits, (self.auxiliary(at16),)) if self.training else logits


def _encoder(size: int) -> nn.Module:
    """Symmetric padding, unlike the TensorFlow original's: one operation less per stride."""
    encoder: nn.Module = timm.create_model(
        f"efficientnet_lite{size}",
        features_only=True,
        out_indices=(1, 2, 3, 4),
        pretrained=False,
        bn_eps=1e-3,
    )
    return encoder
