"""Palette PNG files: the pixel is the class id, the palette inside gives it its colour.

Written by hand because cv2 cannot write them, and PyAV's encoder would add a container around
each picture. Format: W3C Portable Network Graphics, third edition.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from rtseg.labels import LabelSet
from rtseg.types import LabelMap

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE_COLOR = 3
UP = 2  # each byte minus the one above: a stretched label map becomes mostly zeros
SPEED = 1  # zlib's level: four times faster than its default here, and hardly larger


def palette_png(ids: LabelMap, labels: LabelSet) -> bytes:
    """ids: (H, W), stored as they are; those without a name, like 255, are black."""
    height, width = ids.shape
    header = struct.pack(">IIBBBBB", width, height, 8, PALETTE_COLOR, 0, 0, 0)
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(labels)] = labels.colors
    lines = np.empty((height, 1 + width), np.uint8)
    lines[:, 0] = UP
    lines[0, 1:] = ids[0]
    np.subtract(ids[1:], ids[:-1], out=lines[1:, 1:])
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.data, SPEED)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
