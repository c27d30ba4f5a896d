"""Label files as they lie on disk: what is written in each pixel, before anybody translates it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.errors import DatasetError

RawLabels: TypeAlias = NDArray[Any]
"""(H, W) unsigned integers: the ids of the file, or its colours as 0xRRGGBB."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3  # colour types of W3C Portable Network Graphics
FULL_SCALE = {1: 1, 2: 3, 4: 15}


def read_ids(path: Path) -> RawLabels:
    """A one-channel PNG of 8 or 16 bits, or the indices of one with a palette."""
    encoded, scale = _palette_as_grey(_read(path))
    raw = _decoded(encoded, cv2.IMREAD_UNCHANGED)
    if raw is None or raw.ndim != 2 or raw.dtype not in (np.uint8, np.uint16):
        raise DatasetError(
            f"{str(path)!r} is not a one-channel label map of 8 or 16 bits: expected a class id "
            "in each pixel; colours need a data set that says what they mean"
        )
    return np.asarray(raw // scale if scale > 1 else raw)


def read_colors(path: Path) -> RawLabels:
    """A picture whose colours are the classes, with or without a palette."""
    bgr = _decoded(_read(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise DatasetError(f"cannot decode the label picture {str(path)!r}")
    values = np.asarray(bgr, np.uint32)
    return values[..., 2] << 16 | values[..., 1] << 8 | values[..., 0]


def read_sbd(path: Path) -> RawLabels:
    """The class ids of the Semantic Boundaries Dataset: ``GTcls.Segmentation`` in a .mat file."""
    return _from_matlab(path, lambda content: content["GTcls"][0, 0]["Segmentation"])


def read_label_map(path: Path) -> RawLabels:
    """The 459 ids of PASCAL-Context: ``LabelMap`` in a .mat file."""
    return _from_matlab(path, lambda content: content["LabelMap"])


def _from_matlab(path: Path, chosen: Callable[[dict[str, Any]], Any]) -> RawLabels:
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ModuleNotFoundError as error:
        raise DatasetError(
            f"{str(path)!r} is a MATLAB file, and reading it needs scipy: pip install scipy"
        ) from error
    try:
        return np.asarray(chosen(loadmat(path))).astype(np.uint16)
    except (
        MatReadError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        NotImplementedError,
    ) as error:
        raise DatasetError(f"{str(path)!r} holds no label map: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"cannot read the label map {str(path)!r}: {error.strerror}") from error


def _decoded(encoded: bytes, flags: int) -> NDArray[Any] | None:
    try:
        return cv2.imdecode(np.frombuffer(encoded, np.uint8), flags) if encoded else None
    except cv2.error:
        return None


def _palette_as_grey(encoded: bytes) -> tuple[bytes, int]:
    """The file without its palette, and what its pixels are then multiplied with.

    cv2 knows no indices, only the colours that they stand for; and different indices may share
    one, as in Mapillary Vistas. Without the palette the very same pixels are grey levels, which
    it stretches to 0..255 where they have fewer than 8 bits.
    """
    if not encoded.startswith(PNG_SIGNATURE) or encoded[25:26] != bytes([PALETTE]):
        return encoded, 1
    header = bytearray(encoded[16:29])
    depth, header[9] = header[8], GREY
    kept = [_chunk(b"IHDR", bytes(header))]
    position = 33
    while position + 8 <= len(encoded):
        length, kind = struct.unpack_from(">I4s", encoded, position)
        if kind in (b"IDAT", b"IEND"):
            kept.append(encoded[position : position + 12 + length])
        position += 12 + length
    return PNG_SIGNATURE + b"".join(kept), 255 // FULL_SCALE.get(depth, 255)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
