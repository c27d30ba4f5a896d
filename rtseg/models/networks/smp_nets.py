"""Networks that segmentation-models-pytorch keeps, with their heads at their own stride."""

from __future__ import annotations

from torch import Tensor, nn

from rtseg.models.networks.blocks import Heads
from rtseg.models.torchvision_import import torchvision  # noqa: F401

# isort: split
import segmentation_models_pytorch as smp

MODELS = {"deeplabv3plus": smp.DeepLabV3Plus, "unet": smp.Unet, "segformer": smp.Segformer}


class SmpNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/s, w/s) logits; in training, N is 2 or more.

    s is 1 for the U-Net, 4 for the others. ``network`` is the library's own module, so its
    weights load under its names; pre-trained ones are never fetched here.
    """

    def __init__(self, classes: int, *, model: str, encoder: str) -> None:
        super().__init__()
        self.network = MODELS[model](encoder, encoder_weights=None, classes=classes)
        self.network.segmentation_head[1] = nn.Identity()  # would enlarge the logits

    def forward(self, x: Tensor) -> Tensor | Heads:
        logits: Tensor = self.network(x)
        return Heads(logits) if self.training else logits
