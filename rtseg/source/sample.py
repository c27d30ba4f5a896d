"""One labelled picture, the data set that it belongs to, and what was wrong with their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.errors import DatasetError
from rtseg.labels import IGNORE, LabelSet
from rtseg.source.label_file import RawLabels, read_ids
from rtseg.source.picture_size import picture_size
from rtseg.types import LabelMap, Rgb

UNKNOWN = 254
"""In an id table: no such id in this data set. No label set is that long."""

COLORS = 1 << 24
"""The length of the id table of colour-coded label maps, which are read as 0xRRGGBB."""


class Problems:
    """What is wrong with label files, one entry a file; strict: the first one is an error."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.files: dict[Path, str] = {}

    def __len__(self) -> int:
        return len(self.files)

    def add(self, path: Path, what: str) -> None:
        """Raises DatasetError where strict."""
        if self.strict:
            raise DatasetError(f"{str(path)!r} {what}; without --strict it is counted and ignored")
        self.files[path] = what

    def summary(self) -> str:
        """One line for the user, naming the first file; empty where all is well."""
        if not self.files:
            return ""
        path, what = next(iter(self.files.items()))
        return f"{len(self)} label maps have problems, the first is {str(path)!r}: it {what}"


@dataclass(frozen=True)
class Sample:
    """One labelled picture on disk.

    ids: (n,) uint8, from what is in the file to the label set's ids, IGNORE for what is known
    to be no class, UNKNOWN for what the data set does not know; see ``id_table``.
    read: how the label file is read.
    """

    picture_path: Path
    truth_path: Path
    ids: NDArray[np.uint8]
    read: Callable[[Path], RawLabels] = read_ids
    problems: Problems = field(default_factory=Problems, compare=False)

    @property
    def name(self) -> str:
        return self.picture_path.stem

    def picture(self) -> Rgb:
        """As stored: label maps are drawn on the stored pixels, whatever EXIF says of up."""
        encoded = _bytes_of(self.picture_path)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        bgr = cv2.imdecode(encoded, flags) if encoded.size else None
        if bgr is None:
            raise DatasetError(f"cannot decode the picture {str(self.picture_path)!r}")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def truth(self) -> LabelMap:
        """(H, W) at the picture's size; all IGNORE where the file has another size."""
        raw = self.read(self.truth_path)
        size = picture_size(self.picture_path) or self.picture().shape[:2]
        if raw.shape != size:
            found, expected = "x".join(map(str, raw.shape)), "x".join(map(str, size))
            self.problems.add(self.truth_path, f"is {found}, its picture {expected}")
            return np.full(size, IGNORE, np.uint8)
        ids = self.ids[np.minimum(raw, len(self.ids) - 1)]
        unknown = (ids == UNKNOWN) | (raw >= len(self.ids))
        if unknown.any():
            values = ", ".join(map(self._spelled, np.unique(raw[unknown])[:5].tolist()))
            self.problems.add(self.truth_path, f"has {unknown.sum()} pixels of unknown {values}")
            ids[unknown] = IGNORE
        return np.asarray(ids, np.uint8)

    def _spelled(self, raw: int) -> str:
        return f"colour #{raw:06x}" if len(self.ids) == COLORS else f"id {raw}"


@dataclass(frozen=True)
class Dataset:
    """The samples of one split, in the order of their file names.

    problems: filled while the samples' truths are read.
    """

    name: str
    split: str
    labels: LabelSet
    samples: tuple[Sample, ...]
    problems: Problems = field(default_factory=Problems, compare=False)


def id_table(
    ids: Mapping[int, int], *, ignored: Iterable[int] = (), size: int = 256
) -> NDArray[np.uint8]:
    """(size,): the file's id at each index to the label set's; 255 is always known as IGNORE."""
    table = np.full(size, UNKNOWN, np.uint8)
    table[[IGNORE, *ignored]] = IGNORE
    for raw, class_id in ids.items():
        table[raw] = class_id
    return table


def color_table(
    ids: Mapping[tuple[int, int, int], int], *, ignored: Iterable[tuple[int, int, int]] = ()
) -> NDArray[np.uint8]:
    """(COLORS,): like ``id_table``, from R, G, B of the label map's pixels."""
    table = np.full(COLORS, UNKNOWN, np.uint8)
    for (red, green, blue), class_id in (dict.fromkeys(ignored, IGNORE) | dict(ids)).items():
        table[red << 16 | green << 8 | blue] = class_id
    return table


def _bytes_of(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise DatasetError(f"cannot read the picture {str(path)!r}: {error.strerror}") from error
