"""Networks that torchvision keeps, with their heads at their own stride."""

from __future__ import annotations

from torch import Tensor, nn

from rtseg.models.networks.blocks import Heads
from rtseg.models.torchvision_import import torchvision


class TorchvisionNet(nn.Module):
    """(N, 3, h, w) -> (N, classes, h/s, w/s) logits; in training, N is 2 or more.

    model: a function of ``torchvision.models.segmentation``. s is 8 for LR-ASPP and FCN on a
    ResNet, 16 for DeepLabV3 on a MobileNet. ``network`` is torchvision's own module, so its
    weights load under its names; pre-trained ones are never fetched here.
    """

    def __init__(self, classes: int, *, model: str, auxiliary: bool = False) -> None:
        super().__init__()
        factory = getattr(torchvision.models.segmentation, model)
        options = {"aux_loss": True} if auxiliary else {}
        self.network = factory(weights=None, weights_backbone=None, num_classes=classes, **options)
        self.auxiliary = auxiliary

    def forward(self, x: Tensor) -> Tensor | Heads:
        maps = self.network.backbone(x)
        logits: Tensor = self.network.classifier(maps.get("out", maps))
        if not self.training:
            return logits
        others = (self.network.aux_classifier(maps["aux"]),) if self.auxiliary else ()
        return Heads(logits, others)
