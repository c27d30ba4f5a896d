from __future__ import annotations

from pathlib import Path

import pytest
import torch
from labelled_bands import TREE, labelled_bands
from torch import Tensor, nn

from rtseg.errors import DatasetError
from rtseg.models.validate import validate


class Forester(nn.Module):
    """Sees trees everywhere, and remembers what size it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.sizes: set[tuple[int, ...]] = set()

    def forward(self, x: Tensor) -> Tensor:
        self.sizes.add(tuple(x.shape[2:]))
        logits = x.new_zeros(1, 11, x.shape[2] // 8, x.shape[3] // 8)
        logits[:, TREE] = 1.0
        return logits


@pytest.mark.parametrize(("multiple", "size"), [(32, (64, 96)), (64, (64, 64)), (40, (40, 80))])
def test_pictures_are_cut_to_what_the_network_takes(
    tmp_path: Path, multiple: int, size: tuple[int, int]
) -> None:
    """Tree everywhere: its IoU is its share of the cut's every other pixel, the road's is 0."""
    dataset = labelled_bands(tmp_path)
    network = Forester().train()
    found = validate(network, dataset, multiple=multiple)
    truths = [sample.truth()[: size[0] : 2, : size[1] : 2] for sample in dataset.samples]
    share = sum(int((truth == TREE).sum()) for truth in truths) / sum(each.size for each in truths)
    assert 0.3 < share < 0.7
    assert network.sizes == {size}
    assert found == pytest.approx(share / 2)


def test_a_picture_too_small_for_the_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"0\.png' is too small.*at least 128x128"):
        validate(Forester(), labelled_bands(tmp_path), multiple=128)
