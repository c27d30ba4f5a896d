"""PASCAL-Context (Mottaghi et al. 2014): VOC 2010 with every pixel labelled.

Its label maps come in three shapes, with three numberings: MATLAB files of 459 ids; PNGs of the
59 frequent ones in the order of ``59_labels.txt``, which is the authors'; and the PNGs that
training toolboxes convert to, in the order of the 459 ids, which is the alphabet's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import DatasetError
from rtseg.labels import CONTEXT_59, CONTEXT_60, IGNORE, LabelSet
from rtseg.source.datasets.pairs import files, first_folder, names_in, paired
from rtseg.source.label_file import read_ids, read_label_map
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val")

IDS_OF_459 = (
    *(2, 9, 18, 19, 22, 23, 25, 31, 33, 34, 44, 45, 46, 59, 65, 68, 72, 80, 85, 98, 104, 105),
    *(113, 115, 144, 158, 159, 162, 187, 189, 207, 220, 232, 258, 259, 260, 284, 295, 296, 308),
    *(324, 326, 347, 349, 354, 355, 360, 366, 368, 397, 415, 416, 420, 424, 427, 440, 445, 454),
    458,
)
"""The 59 classes among the 459, in the order of the label set."""

OTHER_NAMES = {"diningtable": "table", "bedcloth": "bedclothes", "clothes": "cloth"}
"""How 59_labels.txt spells what the list of the 459 calls differently."""


def context59(root: Path, split: str) -> Dataset:
    """What is none of the 59 is not evaluated."""
    return _context(root, split, labels=CONTEXT_59)


def context60(root: Path, split: str) -> Dataset:
    """What is none of the 59 is the background."""
    return _context(root, split, labels=CONTEXT_60)


def _context(root: Path, split: str, *, labels: LabelSet) -> Dataset:
    home = first_folder(
        root, "VOCdevkit/VOC2010/JPEGImages", "VOC2010/JPEGImages", "JPEGImages"
    ).parent
    folder = _label_folder(root, home)
    matlab = folder.name == "trainval"
    truths = files(folder, ".mat" if matlab else ".png")
    pictures = files(home / "JPEGImages", ".jpg")
    table = _table(folder, labels)
    read = read_label_map if matlab else read_ids
    named = _names(home, split, truths)
    samples = tuple(Sample(*pair, table, read) for pair in paired(pictures, truths, names=named))
    return Dataset(labels.name, split, labels, samples)


def _label_folder(root: Path, home: Path) -> Path:
    for place in (home, root):
        for name in ("SegmentationClassContext", "59_context_labels", "trainval"):
            if (place / name).is_dir():
                return place / name
    raise DatasetError(
        f"there are no label maps in {str(home)!r}: expected a folder SegmentationClassContext, "
        "59_context_labels or trainval; see docs/datasets.md"
    )


def _names(home: Path, split: str, truths: dict[str, Path]) -> set[str]:
    """The list of the 4998 or 5105; VOC's own names many more, of which only some are labelled."""
    own = home / "ImageSets" / "SegmentationContext" / f"{split}.txt"
    if own.is_file():
        return set(names_in(own))
    return set(names_in(home / "ImageSets" / "Main" / f"{split}.txt")) & set(truths)


def _table(folder: Path, labels: LabelSet) -> NDArray[np.uint8]:
    first = len(labels) - len(IDS_OF_459)
    other = 0 if first else IGNORE
    if folder.name == "trainval":
        rest = dict.fromkeys(range(460), other)
        return id_table(
            rest | {raw: first + index for index, raw in enumerate(IDS_OF_459)}, size=460
        )
    order = CONTEXT_59.names if folder.name == "SegmentationClassContext" else _order(folder)
    return id_table(
        {0: other} | {1 + index: labels.names.index(name) for index, name in enumerate(order)}
    )


def _order(folder: Path) -> tuple[str, ...]:
    """59_labels.txt, lines of ``1: aeroplane``, beside the folder."""
    path = folder.parent / "59_labels.txt"
    if not path.is_file():
        raise DatasetError(
            f"the order of the classes in {str(folder)!r} is unknown: expected the authors' list "
            f"{str(path)!r}"
        )
    lines = path.read_text("utf-8").splitlines()
    spelled = [line.split(":")[-1].replace(" ", "") for line in lines if line.strip()]
    order = tuple(OTHER_NAMES.get(name, name) for name in spelled)
    if sorted(order) != sorted(CONTEXT_59.names):
        raise DatasetError(f"{str(path)!r} does not name the 59 classes of PASCAL-Context")
    return order
