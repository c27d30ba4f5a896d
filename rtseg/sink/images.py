"""The rendered pictures as numbered or named files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from rtseg.errors import SinkError, UsageError
from rtseg.sink.folder import FolderSink
from rtseg.types import Picture

ENCODERS = {
    ".jpg": (cv2.IMWRITE_JPEG_QUALITY, 92),
    ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, 92),
    ".png": (cv2.IMWRITE_PNG_COMPRESSION, 1),
}


class ImageSequence(FolderSink):
    """One picture file per frame; name_of gives names that end in .jpg or .png."""

    @classmethod
    def numbered(cls, path: Path) -> ImageSequence:
        """``frames_%06d.png`` is numbered by the frame's index: a gap says that frames were lost.

        Without a ``%`` it is the name of one picture, and a second one is refused.
        """
        _encoder(path)
        return cls(path.parent, name_of=_numbering(path.name))

    def encoded(self, picture: Picture, path: Path) -> bytes:
        if picture.image is None:
            raise ValueError("ImageSequence needs rendered pictures: it says so in wants_image")
        bgr = cv2.cvtColor(picture.image, cv2.COLOR_RGB2BGR)
        encoded, content = cv2.imencode(path.suffix, bgr, _encoder(path))
        if not encoded:
            raise SinkError(f"cannot write {str(path)!r}: no such file holds {bgr.shape[:2]}")
        return content.tobytes()


def _encoder(path: Path) -> tuple[int, int]:
    """What cv2.imencode wants to know."""
    if path.suffix.lower() not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise UsageError(f"cannot write pictures as {path.name!r}; there are: {known}")
    return ENCODERS[path.suffix.lower()]


def _numbering(pattern: str) -> Callable[[int], str]:
    if "%" not in pattern:
        return lambda index: pattern
    try:
        numbered = pattern % 1 != pattern % 2
    except (TypeError, ValueError):
        numbered = False
    if not numbered:
        raise UsageError(
            f"cannot number pictures by {pattern!r}: write one %d, as in frames_%06d.png"
        )
    return lambda index: pattern % index
