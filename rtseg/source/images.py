"""Pictures on disk: a folder of them, a glob, a list, or a single one."""

from __future__ import annotations

import glob
import re
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from rtseg.errors import SourceError
from rtseg.source.base import GivenUp, SourceInfo, never
from rtseg.source.frame_times import EvenTimes
from rtseg.types import Frame, Rgb

EXTENSIONS = (
    ".bmp", ".dib", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".pnm",
    ".tif", ".tiff", ".webp",
)  # fmt: skip
"""Of pictures, as they are looked for in folders; a list or a single path may hold others."""

LIST_EXTENSION = ".txt"
DEFAULT_FPS = Fraction(25)


class ImageFolder:
    """Pictures in natural order (2 before 10), or in the order of a list; sizes may differ.

    reference: a folder (not searched below), a glob, a ``.txt`` with one path a line (relative to
    the list; ``#`` starts a comment), or one picture. What cannot be decoded is left out and
    named in ``warnings``; its index stays free, so that ``name_of`` and ``pts`` keep their place.
    """

    def __init__(self, reference: str | Path, *, fps: Fraction = DEFAULT_FPS) -> None:
        self._reference = Path(reference)
        self._fps = fps
        self._paths: tuple[Path, ...] = ()
        self._names: tuple[str, ...] = ()
        self._unreadable: list[str] = []
        self._frames: Iterator[Frame] = iter(())
        self._info: SourceInfo | None = None

    def __enter__(self) -> ImageFolder:
        self._paths = _paths(self._reference)
        self._names = _unique_names(self._paths)
        frames = self._decoded()
        first = next(frames, None)
        if first is None:
            raise SourceError(
                f"none of the {len(self._paths)} pictures of {str(self._reference)!r} can be "
                f"decoded, beginning with {self._unreadable[0]!r}"
            )
        self._frames = chain([first], frames)
        self._info = SourceInfo(
            name=str(self._reference),
            height=first.picture.shape[0],
            width=first.picture.shape[1],
            fps=self._fps,
            live=False,
            frames=len(self._paths),
            seconds=len(self._paths) / self._fps,
            seekable=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._frames = iter(())

    @property
    def info(self) -> SourceInfo:
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(f"{name!r} could not be decoded" for name in self._unreadable)

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def index_at(self, seconds: Fraction, *, given_up: GivenUp = never) -> int:
        return EvenTimes(self._fps, len(self._paths)).at(seconds)

    def from_frame(self, index: int, *, given_up: GivenUp = never) -> Iterator[Frame]:
        """After the last picture that can be decoded: that one."""
        for start in range(min(index, len(self._paths) - 1), -1, -1):
            frames = self._decoded(start)
            first = next(frames, None)
            if first is not None:
                return chain([first], frames)
            if given_up():
                break
        return iter(())

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are read, in their order."""
        return self._paths

    def picture(self, index: int) -> Rgb | None:
        """One of ``paths`` alone, out of turn; None if it cannot be decoded."""
        return _read(self._paths[index])

    def name_of(self, index: int) -> str:
        """The file's stem, to name an output after; its whole path where two stems are equal."""
        return self._names[index]

    def _decoded(self, start: int = 0) -> Iterator[Frame]:
        for index, path in enumerate(self._paths[start:], start):
            picture = _read(path)
            if picture is None:
                if path.name not in self._unreadable:
                    self._unreadable.append(path.name)
                continue
            yield Frame(picture, index, index / self._fps, time.monotonic_ns())


def _read(path: Path) -> Rgb | None:
    """EXIF orientation applied, 16 bits scaled to 8, alpha left out; None if it is no picture."""
    try:
        # Not cv2.imread: it cannot open names that are no UTF-8, and complains on stderr.
        encoded = np.fromfile(path, np.uint8)
        bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    except (OSError, cv2.error):
        return None
    if bgr is None:
        return None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _paths(reference: Path) -> tuple[Path, ...]:
    if reference.is_dir():
        return _only_pictures(reference.iterdir(), what=f"the folder {str(reference)!r}")
    if reference.is_file():
        return _listed(reference) if reference.suffix == LIST_EXTENSION else (reference,)
    if glob.has_magic(str(reference)):
        found = map(Path, glob.glob(str(reference), recursive=True))
        return _only_pictures(found, what=f"the pattern {str(reference)!r}")
    raise SourceError(f"no picture, folder or list {str(reference)!r}")


def _only_pictures(paths: Iterator[Path], *, what: str) -> tuple[Path, ...]:
    pictures = [path for path in paths if path.suffix.lower() in EXTENSIONS and path.is_file()]
    if not pictures:
        looked_for = " ".join(EXTENSIONS)
        raise SourceError(f"no pictures in {what}; looked for {looked_for}")
    return tuple(sorted(pictures, key=_natural))


def _listed(path: Path) -> tuple[Path, ...]:
    text = path.read_text("utf-8-sig", errors="surrogateescape")
    lines = (line.strip() for line in text.splitlines())
    pictures = tuple(path.parent / line for line in lines if line and not line.startswith("#"))
    if not pictures:
        raise SourceError(f"the list {str(path)!r} names no pictures; expected one path a line")
    return pictures


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Digits count as numbers. The second half decides between 1 and 01."""
    parts = re.findall(r"\d+|\D+", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], str(path)


def _unique_names(paths: tuple[Path, ...]) -> tuple[str, ...]:
    stems = tuple(path.stem for path in paths)
    if len(set(stems)) == len(stems):
        return stems
    return tuple("_".join(path.parts).replace("/", "").lstrip("_") for path in paths)
