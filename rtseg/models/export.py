"""A checkpoint becomes one ONNX file that every runtime here can read."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from rtseg.models.blocks import labels_of

OPSET = 13
"""Parsed by everything from TensorRT 8.5 on; plain convolutional nets need nothing newer."""


class Labelled(nn.Module):
    """A network with the ArgMax inside: (1, 3, h, w) float32 -> labels and logits.

    labels: (1, h', w') uint8; logits: (1, C, h', w'). A runtime that is asked for labels only
    drops the other output.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.network(picture)
        return labels_of(logits), logits


def export_onnx(network: nn.Module, path: Path, *, height: int, width: int) -> None:
    """Write ``network`` (in evaluation mode) for pictures of exactly height x width.

    Input ``picture`` is normalised float32 NCHW; outputs are ``labels`` and ``logits``.
    """
    with warnings.catch_warnings():
        # The TorchScript exporter is asked for on purpose: it folds batch norms and writes the
        # low opset that old TensorRT parsers need.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Labelled(network).eval(),
            (torch.zeros(1, 3, height, width),),
            str(path),
            input_names=["picture"],
            output_names=["labels", "logits"],
            opset_version=OPSET,
            dynamo=False,
        )
