"""The height and width of a picture file, without decoding it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

JPEG_START = b"\xff\xd8"
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that carry the size (ITU-T T.81, table B.1); the three left out are no frames."""
JPEG_ALONE = frozenset(range(0xD0, 0xDA)) | {0x01}
"""Markers without a length."""


def picture_size(path: Path) -> tuple[int, int] | None:
    """(H, W) as stored, before any EXIF orientation; None for what is neither PNG nor JPEG."""
    try:
        with path.open("rb") as file:
            start = file.read(24)
            if start[:4] == b"\x89PNG" and len(start) == 24:
                width, height = struct.unpack(">II", start[16:])
                return height, width
            if start[:2] == JPEG_START:
                file.seek(2)
                return _jpeg_size(file)
    except (OSError, struct.error):
        pass
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    while file.read(1) == b"\xff":
        while (marker := file.read(1)) == b"\xff":
            pass  # fill bytes
        if not marker:
            return None
        if marker[0] in JPEG_ALONE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if marker[0] in JPEG_FRAMES:
            height, width = struct.unpack(">xHH", file.read(5))
            return height, width
        file.seek(length - 2, 1)
    return None
