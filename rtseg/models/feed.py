"""The batches that a training sees, in an order and with views that one seed decides."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from rtseg.errors import DatasetError
from rtseg.labels import IGNORE
from rtseg.models.augment import View, mix_classes, random_view
from rtseg.models.recipe import Phase, Recipe
from rtseg.source.dataset import Dataset
from rtseg.types import LabelMap

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
"""R, G, B of ImageNet times 255: what pre-trained backbones expect, so one habit for all nets."""

RARE_SHARE = 0.02
"""Classes with less of the labelled pixels than this are what rare crops are centred on."""

SHRINK = 2
"""Truths come at half the crop's size, as labels leave an exported network."""


class Batch(NamedTuple):
    """pictures: (N, 3, h, w), normalised, channels last. truths: (N, h/2, w/2) int64.
    files: the pictures they were cut from.
    """

    pictures: Tensor
    truths: Tensor
    files: tuple[str, ...]


class Deck:
    """One data set in memory, dealt out so that every picture comes once before any comes twice.

    468 pictures of CamVid are 0.3 GB. Raises DatasetError where nothing is labelled.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.files = [str(sample.picture_path) for sample in dataset.samples]
        self.pictures = [sample.picture() for sample in dataset.samples]
        self.truths = [sample.truth() for sample in dataset.samples]
        self.counts = pixels_per_class(self.truths, len(dataset.labels))
        if not self.counts.any():
            raise DatasetError(
                f"nothing to learn from: {dataset.name} {dataset.split} has {len(self.files)} "
                "pictures and no pixel with a class; look at its label maps"
            )
        rare = np.flatnonzero(self.counts / max(1, self.counts.sum()) < RARE_SHARE)
        self.rare = [_pixels_of(truth, rare) for truth in self.truths]
        self.order = np.empty(0, np.int64)

    def deal(self, count: int, rng: Generator) -> NDArray[np.int64]:
        while len(self.order) < count:
            self.order = np.append(self.order, rng.permutation(len(self.pictures)))
        taken, self.order = self.order[:count], self.order[count:]
        return taken


class Feed:
    """Batches of a labelled data set, and of an extra one of the same label set if there is one."""

    def __init__(self, recipe: Recipe, dataset: Dataset, extra: Dataset | None = None) -> None:
        self._recipe = recipe
        self._rng = np.random.default_rng(recipe.seed)
        self._deck = Deck(dataset)
        self._extra = Deck(extra) if extra is not None and recipe.extra_share else None

    @property
    def counts(self) -> NDArray[np.int64]:
        """(C,) labelled pixels of every class in the labelled data."""
        return self._deck.counts

    def batch(self, phase: Phase) -> Batch:
        recipe = self._recipe
        view = View(phase.height, phase.width, recipe.scale, recipe.aspect, recipe.degrees)
        extra = round(phase.batch * recipe.extra_share) if self._extra else 0
        drawn = [(self._deck, i) for i in self._deck.deal(phase.batch - extra, self._rng)]
        if self._extra:
            drawn += [(self._extra, i) for i in self._extra.deal(extra, self._rng)]
        pairs = [
            random_view(deck.pictures[i], deck.truths[i], view, rare=deck.rare[i], rng=self._rng)
            for deck, i in drawn
        ]
        pictures = np.stack([picture for picture, _ in pairs])
        truths = np.stack([truth for _, truth in pairs])
        mix_classes(pictures, truths, share=recipe.mix_share, rng=self._rng)
        small = np.ascontiguousarray(truths[:, ::SHRINK, ::SHRINK])
        return Batch(
            normalised(pictures).contiguous(memory_format=torch.channels_last),
            torch.from_numpy(small).long(),
            tuple(deck.files[i] for deck, i in drawn),
        )

    def state(self) -> dict[str, Any]:
        """What a later feed needs to go on exactly here."""
        decks = [deck for deck in (self._deck, self._extra) if deck is not None]
        return {
            "rng": json.dumps(self._rng.bit_generator.state),
            "orders": [torch.from_numpy(deck.order.copy()) for deck in decks],
        }

    def go_on(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = json.loads(state["rng"])
        for deck, order in zip((self._deck, self._extra), state["orders"], strict=False):
            assert deck is not None
            deck.order = order.numpy()


def normalised(pictures: NDArray[np.uint8]) -> Tensor:
    """(N, H, W, 3) uint8 R G B -> (N, 3, H, W) float32."""
    batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    return (batch - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def pixels_per_class(truths: list[LabelMap], classes: int) -> NDArray[np.int64]:
    counts = np.zeros(256, np.int64)
    for truth in truths:
        counts += np.bincount(truth.ravel(), minlength=256)
    return counts[:classes]


def _pixels_of(truth: LabelMap, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, 2) rows and columns, fewer than 8192 of them, evenly drawn from the pixels of classes."""
    found = np.argwhere(np.isin(truth, classes) & (truth != IGNORE))
    return found[:: max(1, len(found) // 4096)]
