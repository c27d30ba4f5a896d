"""Which cameras this machine has, and what each offers: asked of Video4Linux itself.

The requests and structures are those of Linux's ``linux/videodev2.h``.
"""

from __future__ import annotations

import fcntl
import glob
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_CAPTURE = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_CAP_VIDEO_CAPTURE and V4L2_FRMSIZE_TYPE_DISCRETE, all 1."""

_HAS_DEVICE_CAPS = 0x80000000


@dataclass(frozen=True)
class Format:
    """fourcc: e.g. MJPG. fps: the fastest that is offered; 0 where nobody says."""

    fourcc: str
    height: int
    width: int
    fps: Fraction


@dataclass(frozen=True)
class CameraInfo:
    device: str
    name: str
    formats: tuple[Format, ...]


def cameras(pattern: str = "/dev/video*") -> list[CameraInfo]:
    """Those that give pictures and that this user may open; others are left out."""
    found = (_camera(device) for device in sorted(glob.glob(pattern)))
    return [each for each in found if each is not None]


def _camera(device: str) -> CameraInfo | None:
    try:
        file = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        name = _name(file)
        return None if name is None else CameraInfo(device, name, tuple(_formats(file)))
    finally:
        os.close(file)


def _name(file: int) -> str | None:
    """None for what is no camera: metadata nodes, encoders, other files."""
    answer = _ask(file, number=0, size=104, start=b"", reads_only=True)
    if answer is None:
        return None
    capabilities, of_device = struct.unpack_from("=II", answer, 84)
    able = of_device if capabilities & _HAS_DEVICE_CAPS else capabilities
    return answer[16:48].split(b"\0")[0].decode("utf-8", "replace") if able & _CAPTURE else None


def _formats(file: int) -> Iterator[Format]:
    for index in range(64):
        answer = _ask(file, number=2, size=64, start=struct.pack("=II", index, _CAPTURE))
        if answer is None:
            return
        (fourcc,) = struct.unpack_from("=I", answer, 44)
        for height, width in _sizes(file, fourcc):
            name = fourcc.to_bytes(4, "little").decode("ascii", "replace").strip()
            yield Format(name, height, width, fps=_fps(file, fourcc, size=(height, width)))


def _sizes(file: int, fourcc: int) -> Iterator[tuple[int, int]]:
    """Of a camera that offers every size in a range, the largest."""
    for index in range(64):
        answer = _ask(file, number=74, size=44, start=struct.pack("=II", index, fourcc))
        if answer is None:
            return
        kind, *lengths = struct.unpack_from("=7I", answer, 8)
        if kind != _CAPTURE:
            _, widest, _, _, tallest, _ = lengths
            yield tallest, widest
            return
        yield lengths[1], lengths[0]


def _fps(file: int, fourcc: int, *, size: tuple[int, int]) -> Fraction:
    fastest = Fraction(0)
    for index in range(64):
        start = struct.pack("=IIII", index, fourcc, size[1], size[0])
        answer = _ask(file, number=75, size=52, start=start)
        if answer is None:
            return fastest
        numerator, denominator = struct.unpack_from("=II", answer, 20)
        if numerator:
            fastest = max(fastest, Fraction(denominator, numerator))
    return fastest


def _ask(
    file: int, *, number: int, size: int, start: bytes, reads_only: bool = False
) -> bytes | None:
    """An ioctl of type 'V'; None where the device has no answer."""
    direction = 2 if reads_only else 3
    request = direction << 30 | size << 16 | ord("V") << 8 | number
    answer = bytearray(start.ljust(size, b"\0"))
    try:
        fcntl.ioctl(file, request, answer)
    except OSError:
        return None
    return bytes(answer)
