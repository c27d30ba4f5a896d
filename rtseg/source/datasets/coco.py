"""COCO-Stuff 164k (Caesar et al. 2018): things and stuff of COCO 2017 in one map."""

from __future__ import annotations

from pathlib import Path

from rtseg.labels import COCO_STUFF
from rtseg.source.datasets.pairs import files, first_folder, paired
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val")

UNUSED = (11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90)
"""Values that no picture has: classes of COCO's first list that were never labelled."""

FILE_IDS = tuple(value for value in range(182) if value not in UNUSED)
IDS = id_table({value: index for index, value in enumerate(FILE_IDS)})
DENSE_IDS = id_table({index: index for index in range(171)})

DENSE_ENDING = "_labelTrainIds.png"


def cocostuff(root: Path, split: str) -> Dataset:
    """Label maps of ``stuffthingmaps``, or of files renumbered to 0..170 beside them."""
    year = f"{split}2017"
    pictures = files(first_folder(root, f"images/{year}", year), ".jpg")
    folder = first_folder(
        root, f"stuffthingmaps/{year}", f"annotations/{year}", f"stuffthingmaps_trainvaltest/{year}"
    )
    truths = {
        name: path
        for name, path in files(folder, ".png").items()
        if not path.name.endswith(DENSE_ENDING)
    }
    dense = not truths
    if dense:
        truths = files(folder, DENSE_ENDING)
    table = DENSE_IDS if dense else IDS
    samples = tuple(Sample(*pair, table) for pair in paired(pictures, truths))
    return Dataset("cocostuff", split, COCO_STUFF, samples)
