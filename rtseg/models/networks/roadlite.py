"""RoadLite: a pre-trained EfficientNet-Lite encoder under RoadNet's decoder.

EfficientNet-Lite is EfficientNet made for integer arithmetic: ReLU6 instead of swish, no
squeeze-and-excite (github.com/tensorflow/tpu, models/official/efficientnet/lite). What it learned
on ImageNet is worth more to a network of 468 labelled pictures than any layer written for them.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from rtseg.models.networks.blocks import (
    ConvBnRelu,
    Heads,
    SumPyramidPooling,
    conv_bn,
    initialise,
    upsample_to,
)
from rtseg.models.networks.depthwise import with_fast_gradients
from rtseg.models.torchvision_import import torchvision as torchvision  # before timm

import timm  # isort: skip


class RoadLite(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/4, w/4) logits; h and w multiples of 32.

    size: 0, 1 or 2, of the encoder. fine_width: channels of one more stage, which brings the
    logits to (N, classes, h/2, w/2); 0 is without. In training the logits of an auxiliary head at
    stride 16 come with them. The encoder starts with random weights; see ``imagenet.py`` for
    others.
    """

    def __init__(
        self, classes: int, *, size: int = 0, decoder_width: int = 64, fine_width: int = 0
    ) -> None:
        super().__init__()
        self.encoder = with_fast_gradients(_encoder(size))
        at2, at4, at8, at16, at32 = self.encoder.feature_info.channels()  # type: ignore[union-attr, operator]
        self.context = SumPyramidPooling(at32, decoder_width * 2)
        self.lateral16 = ConvBnRelu(at16, decoder_width * 2, 1)
        self.fuse16 = ConvBnRelu(decoder_width * 2, decoder_width)
        self.lateral8 = ConvBnRelu(at8, decoder_width, 1)
        self.fuse8 = ConvBnRelu(decoder_width, decoder_width)
        self.lateral4 = ConvBnRelu(at4, decoder_width, 1)
        self.fuse4 = ConvBnRelu(decoder_width, decoder_width)
        self.fine = _Fine(at2, decoder_width, fine_width) if fine_width else None
        self.head = nn.Conv2d(fine_width or decoder_width, classes, 1)
        self.auxiliary = nn.Sequential(
            ConvBnRelu(at16, decoder_width), nn.Conv2d(decoder_width, classes, 1)
        )
        for name, part in self.named_children():
            if name != "encoder":
                initialise(part)

    def forward(self, x: Tensor) -> Tensor | Heads:
        at2, at4, at8, at16, at32 = self.encoder(x)
        y = self.fuse16(upsample_to(self.context(at32), at16) + self.lateral16(at16))
        y = self.fuse8(upsample_to(y, at8) + self.lateral8(at8))
        y = self.fuse4(upsample_to(y, at4) + self.lateral4(at4))
        logits: Tensor = self.head(y if self.fine is None else self.fine(y, at2))
        return Heads(logits, (self.auxiliary(at16),)) if self.training else logits


class _Fine(nn.Module):
    """From stride 4 to stride 2, narrow because it is large.

    In CamVid at 480x360 a pole is about three pixels wide: read off a grid of stride 4, its truth
    itself reaches an IoU of 0.37; of stride 2, 0.67.
    """

    def __init__(self, at2: int, at4: int, width: int) -> None:
        super().__init__()
        self.narrow = conv_bn(at4, width, 1)
        self.lateral = conv_bn(at2, width, 1)
        self.fuse = ConvBnRelu(width, width)

    def forward(self, y: Tensor, at2: Tensor) -> Tensor:
        joint = functional.relu(upsample_to(self.narrow(y), at2) + self.lateral(at2))
        fused: Tensor = self.fuse(joint)
        return fused


def _encoder(size: int) -> nn.Module:
    """Symmetric padding, unlike the TensorFlow original's: one operation less per stride."""
    encoder: nn.Module = timm.create_model(
        f"efficientnet_lite{size}",
        features_only=True,
        out_indices=(0, 1, 2, 3, 4),
        pretrained=False,
        bn_eps=1e-3,
    )
    return encoder
