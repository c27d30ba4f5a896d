from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn

from rtseg.models.checkpoint import differences
from rtseg.models.recipe import Recipe, as_json
from rtseg.models.unweighted import unweighted


class Fixed(nn.Module):
    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = torch.tensor(logits).view(1, -1, 1, 1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(len(picture), -1, 2, 3)


def test_weights_that_are_taken_back_whole_leave_the_probabilities_of_an_unweighted_loss() -> None:
    # A loss with weights w makes a network say p * w: here p = (0.6, 0.3, 0.1), w = (1, 2, 8).
    shares, weights = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([1.0, 2.0, 8.0])
    eager = Fixed((shares * weights).log().tolist())
    logits = unweighted(eager, weights.tolist(), 1.0)(torch.zeros(1, 3, 4, 6))
    assert logits.shape == (1, 3, 2, 3)
    torch.testing.assert_close(logits.softmax(1)[0, :, 0, 0], shares)


def test_a_share_takes_back_that_power_of_the_weights() -> None:
    logits = unweighted(Fixed([0.0, 0.0]), [1.0, 16.0], 0.75)(torch.zeros(1, 3, 2, 2))
    torch.testing.assert_close(logits.exp()[0, :, 0, 0], torch.tensor([1.0, 1 / 8]))


def test_nothing_taken_back_is_the_network_itself() -> None:
    network = Fixed([1.0])
    assert unweighted(network, [2.0], 0.0) is network


def test_what_is_taken_back_may_change_after_training(tmp_path: Path) -> None:
    kept = dict.fromkeys(
        ("data", "seconds", "network", "optimiser", "scaler", "feed", "torch_rng"), ""
    )
    before, now = (
        kept | {"recipe": json.dumps(as_json(recipe)), "labels": "", "classes": "", "data": ""}
        for recipe in (Recipe(), Recipe(take_back=0.5))
    )
    assert differences(before, now) == []
