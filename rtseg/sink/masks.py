"""One palette PNG of class ids per frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rtseg.labels import LabelSet
from rtseg.sink.folder import FolderSink
from rtseg.sink.png import palette_png
from rtseg.stretch import stretched
from rtseg.types import Picture


class MaskFolder(FolderSink):
    """``<folder>/<name_of(index)>.png`` at the frame's size; name_of gives no suffix."""

    wants_image = False

    def __init__(self, folder: Path, labels: LabelSet, *, name_of: Callable[[int], str]) -> None:
        super().__init__(folder, name_of=lambda index: f"{name_of(index)}.png")
        self._labels = labels

    def encoded(self, picture: Picture, path: Path) -> bytes:
        height, width = picture.segmentation.frame.size
        return palette_png(stretched(picture.segmentation.labels, height, width), self._labels)
