"""Pictures with their truth: labelled data sets as they lie on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rtseg.errors import DatasetError, UsageError
from rtseg.labels import CAMVID, IGNORE, LabelSet
from rtseg.types import LabelMap, Rgb


@dataclass(frozen=True)
class Sample:
    """One labelled picture on disk. ids: (256,) uint8, from the file's ids to the label set's."""

    picture_path: Path
    truth_path: Path
    ids: LabelMap

    @property
    def name(self) -> str:
        return self.picture_path.stem

    def picture(self) -> Rgb:
        bgr = cv2.imread(str(self.picture_path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise DatasetError(f"cannot decode the picture {str(self.picture_path)!r}")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def truth(self) -> LabelMap:
        """(H, W) at the picture's size."""
        raw = cv2.imread(str(self.truth_path), cv2.IMREAD_UNCHANGED)
        if raw is None or raw.ndim != 2 or raw.dtype != np.uint8:
            raise DatasetError(f"{str(self.truth_path)!r} is not a one-channel 8-bit label map")
        return np.asarray(self.ids[raw], np.uint8)


@dataclass(frozen=True)
class Dataset:
    """The samples of one split, in the order of their file names."""

    name: str
    split: str
    labels: LabelSet
    samples: tuple[Sample, ...]


CAMVID_IDS = np.full(256, IGNORE, np.uint8)
CAMVID_IDS[:11] = np.arange(11)  # 11 is "unlabelled" in the SegNet files


def camvid(root: Path, split: str) -> Dataset:
    """The SegNet layout: ``SPLIT/*.png|webp`` beside ``SPLITannot/*.png``; 367/101/233 pictures."""
    pictures = {path.stem: path for path in _files(root / split)}
    truths = {path.stem: path for path in _files(root / f"{split}annot")}
    unpaired = sorted(set(pictures) ^ set(truths))
    if unpaired:
        raise DatasetError(
            f"{len(unpaired)} pictures of camvid {split!r} lack a partner, the first is "
            f"{unpaired[0]!r}: every picture needs a label map of the same name, in {str(root)!r}"
        )
    samples = tuple(Sample(pictures[stem], truths[stem], CAMVID_IDS) for stem in sorted(pictures))
    return Dataset("camvid", split, CAMVID, samples)


LAYOUTS: dict[str, tuple[Callable[[Path, str], Dataset], tuple[str, ...]]] = {
    "camvid": (camvid, ("train", "val", "test")),
}


def open_dataset(reference: str, split: str) -> Dataset:
    """``NAME:DIR`` and a split; ``train+val`` joins two."""
    name, _, root = reference.partition(":")
    if name not in LAYOUTS or not root:
        raise UsageError(
            f"{reference!r} is not a data set: expected NAME:DIR with NAME one of "
            f"{', '.join(LAYOUTS)}"
        )
    layout, splits = LAYOUTS[name]
    unknown = [part for part in split.split("+") if part not in splits]
    if unknown:
        raise UsageError(f"{name} has no split {unknown[0]!r}; it has {', '.join(splits)}")
    parts = [layout(Path(root), part) for part in split.split("+")]
    samples = tuple(sample for part in parts for sample in part.samples)
    return Dataset(name, split, parts[0].labels, samples)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(
            f"there is no folder {str(folder)!r}: see `rtseg eval --help` on layouts"
        )
    files = [path for path in folder.iterdir() if path.suffix in (".png", ".webp", ".jpg")]
    if not files:
        raise DatasetError(f"the folder {str(folder)!r} holds no pictures")
    return files
