"""BDD100K (Yu et al. 2020): the 10k pictures with semantic labels, in Cityscapes' trainIds."""

from __future__ import annotations

from pathlib import Path

from rtseg.labels import CITYSCAPES
from rtseg.source.datasets.pairs import files, first_folder, paired
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val")

IDS = id_table({index: index for index in range(19)})


def bdd100k(root: Path, split: str) -> Dataset:
    """``images/10k`` with ``labels/sem_seg/masks``, or the older ``seg/images`` and ``labels``."""
    pictures = files(
        first_folder(
            root,
            f"images/10k/{split}",
            f"bdd100k/images/10k/{split}",
            f"seg/images/{split}",
            f"bdd100k/seg/images/{split}",
            f"images/{split}",
        ),
        ".jpg",
    )
    folder = first_folder(
        root,
        f"labels/sem_seg/masks/{split}",
        f"bdd100k/labels/sem_seg/masks/{split}",
        f"seg/labels/{split}",
        f"bdd100k/seg/labels/{split}",
        f"labels/{split}",
    )
    truths = files(folder, "_train_id.png", ".png")
    samples = tuple(Sample(*pair, IDS) for pair in paired(pictures, truths))
    return Dataset("bdd100k", split, CITYSCAPES, samples)
