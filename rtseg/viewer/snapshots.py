"""Pictures and masks of single shots, written on a thread of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from rtseg.errors import SinkError
from rtseg.pipeline.session import Shot
from rtseg.sink.png import palette_png
from rtseg.stretch import stretched
from rtseg.viewer.composition import Appearance, compose_whole


class Snapshots:
    """done: called on the writing thread, with the files or with what went wrong."""

    def __init__(self, done: Callable[[list[Path] | SinkError], None]) -> None:
        self._done = done
        self._writer = ThreadPoolExecutor(1, "rtseg-snapshots")

    def take(self, shot: Shot, appearance: Appearance, folder: Path) -> None:
        """``NAME.png`` as it is seen, at the source's size, and ``NAME_mask.png``."""
        name = f"rtseg-{time.strftime('%Y%m%d-%H%M%S')}-{shot.segmentation.frame.index:06d}"
        picture, mask = folder / f"{name}.png", folder / f"{name}_mask.png"

        def write() -> list[Path]:
            _write(picture, lambda: _png(compose_whole(shot, appearance)))
            _write(mask, lambda: mask_png(shot, appearance))
            return [picture, mask]

        self._submit(write)

    def mask(self, shot: Shot, appearance: Appearance, path: Path) -> None:
        def write() -> list[Path]:
            _write(path, lambda: mask_png(shot, appearance))
            return [path]

        self._submit(write)

    def close(self) -> None:
        """After everything was written."""
        self._writer.shutdown(wait=True)

    def _submit(self, write: Callable[[], list[Path]]) -> None:
        def run() -> None:
            try:
                self._done(write())
            except SinkError as error:
                self._done(error)

        self._writer.submit(run)


def mask_png(shot: Shot, appearance: Appearance) -> bytes:
    """Class ids at the frame's size; the palette has the colours of the screen."""
    height, width = shot.segmentation.frame.size
    labels = stretched(shot.segmentation.labels, height, width)
    return palette_png(labels, appearance.palette(shot.label_set))


def _png(image: np.ndarray) -> bytes:
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def _write(path: Path, content: Callable[[], bytes]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise SinkError(
            f"cannot write {str(path)!r}: {error.strerror}; choose another folder or make room"
        ) from error
