"""Data sets of a few pixels, in the layouts of the published ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rtseg.labels import VOC
from rtseg.sink.png import palette_png


def write_picture(path: Path, *, height: int = 2, width: int = 4) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))


def write_ids(path: Path, *values: int) -> None:
    """Two equal rows of these, in a grey PNG of as many bits as they need."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = np.array([values] * 2, np.uint8 if max(values) < 256 else np.uint16)
    assert cv2.imwrite(str(path), ids)


def write_indices(path: Path, *values: int) -> None:
    """The same in a PNG with a palette, as VOC and Vistas have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(palette_png(np.array([values] * 2, np.uint8), VOC))


def write_colors(path: Path, *values: tuple[int, int, int]) -> None:
    """The same of R, G, B."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array([values] * 2, np.uint8)).save(path)


def row(ids: NDArray[np.uint8]) -> list[int]:
    """Of two equal rows."""
    assert ids.dtype == np.uint8
    assert ids[0].tolist() == ids[1].tolist()
    return ids[0].tolist()  # type: ignore[no-any-return]
