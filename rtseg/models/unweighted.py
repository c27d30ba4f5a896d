"""A network without the leaning that class weights taught it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Unweighted(nn.Module):
    """Logits minus ``share`` of the logarithm of the class weights of its training.

    A loss that weighs class c by w teaches scores that are w times too large beside the others
    (Menon et al. 2021, "Long-tail learning via logit adjustment", equation 9, here the other way
    round): good for learning a rare class, too eager in saying it. On CamVid's train and val
    pictures 0.75 of the weights taken back gave the best mIoU of 0, 0.25, ... 1 (75.9 % instead
    of 74.3 %). In evaluation only.
    """

    offset: Tensor

    def __init__(self, network: nn.Module, weights: Tensor, share: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("offset", share * weights.log().view(1, -1, 1, 1))

    def forward(self, picture: Tensor) -> Tensor:
        logits: Tensor = self.network(picture)
        return logits - self.offset


def unweighted(network: nn.Module, weights: list[float], share: float) -> nn.Module:
    """The network itself where nothing is to be taken back; else in evaluation mode.

    A class that no labelled picture held has a weight of its own like all others.
    """
    if not share:
        return network
    return Unweighted(network, torch.tensor(weights), share).eval()
