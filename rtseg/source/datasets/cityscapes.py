"""Cityscapes (Cordts et al. 2016): fine and coarse labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtseg.labels import CITYSCAPES
from rtseg.source.datasets.pairs import files, first_folder, paired
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val", "train_extra")
"""The truth of ``test`` is not public: its files hold nothing but void."""

EVALUATED_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""In trainId order. Other ids up to 33 are labelled but not evaluated; the licence plate is -1,
which its authors' tools leave undrawn, so that the pixels stay those of the car behind it."""

TABLES = {
    "_labelIds.png": id_table(
        {raw: index for index, raw in enumerate(EVALUATED_IDS)},
        ignored=[raw for raw in range(34) if raw not in EVALUATED_IDS],
    ),
    "_labelTrainIds.png": id_table({index: index for index in range(19)}),
}
"""The two look alike and are not: 7 is the road in one and a traffic sign in the other."""


def cityscapes(root: Path, split: str) -> Dataset:
    """``leftImg8bit/SPLIT/CITY/*`` and ``gtFine``, or ``gtCoarse`` for train_extra."""
    kind = "gtCoarse" if split == "train_extra" else "gtFine"
    pictures = files(first_folder(root, f"leftImg8bit/{split}"), "_leftImg8bit.png", pattern="*/*")
    endings = [f"_{kind}{ending}" for ending in TABLES]
    truths = files(first_folder(root, f"{kind}/{split}"), *endings, pattern="*/*")
    samples = tuple(Sample(*pair, _table_for(pair[1])) for pair in paired(pictures, truths))
    return Dataset("cityscapes", split, CITYSCAPES, samples)


def _table_for(truth: Path) -> NDArray[np.uint8]:
    return next(table for ending, table in TABLES.items() if truth.name.endswith(ending))
