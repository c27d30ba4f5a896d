"""ADE20K as its scene parsing benchmark publishes it: SceneParse150 (Zhou et al. 2017)."""

from __future__ import annotations

from pathlib import Path

from rtseg.labels import ADE
from rtseg.source.datasets.pairs import files, first_folder, paired
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val")
FOLDERS = {"train": "training", "val": "validation"}

IDS = id_table({index + 1: index for index in range(150)}, ignored=[0])
"""0 is everything else, and not evaluated; the classes count from 1."""


def ade20k(root: Path, split: str) -> Dataset:
    """``images`` and ``annotations``, each with ``training`` and ``validation``."""
    home = first_folder(root, "images", "ADEChallengeData2016/images").parent
    pictures = files(home / "images" / FOLDERS[split], ".jpg")
    truths = files(home / "annotations" / FOLDERS[split], ".png")
    samples = tuple(Sample(*pair, IDS) for pair in paired(pictures, truths))
    return Dataset("ade20k", split, ADE, samples)
