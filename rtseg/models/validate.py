"""The mIoU of a network that is still being trained."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from rtseg.errors import DatasetError
from rtseg.metrics import Confusion
from rtseg.models.feed import normalised
from rtseg.models.networks.blocks import labels_of, resize
from rtseg.source.dataset import Dataset


@torch.inference_mode()
def validate(network: nn.Module, dataset: Dataset, *, multiple: int = 32) -> float:
    """mIoU in float32 at half the pictures' own size; close to, not the same as `rtseg eval`.

    multiple: what pictures are cut to multiples of, at the bottom and the right. Raises
    DatasetError for a picture that is smaller.
    """
    device = next(network.parameters()).device
    confusion = Confusion.of(len(dataset.labels))
    network.eval()
    for sample in dataset.samples:
        picture, truth = sample.picture(), sample.truth()
        height, width = (extent // multiple * multiple for extent in truth.shape)
        if not height or not width:
            raise DatasetError(
                f"{str(sample.picture_path)!r} is too small to validate on: expected at least "
                f"{multiple}x{multiple} pixels"
            )
        tensor = normalised(picture[None, :height, :width]).to(device)
        small = truth[:height:2, :width:2]
        labels = labels_of(resize(network(tensor), list(small.shape)))[0].cpu().numpy()
        confusion.add(np.ascontiguousarray(small), labels)
    return confusion.miou
