"""A video file that somebody is still writing, read to where it stops to grow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import av

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.decoder import Decoder, open_container
from rtseg.types import Frame

_LOOK_SECONDS = 0.1
"""Linux tells nobody who has no more than the standard library that a file has grown."""


class GrowingFile:
    """Every frame in order, as of a file; not to be sought in.

    Formats that need no end: .ts, .mkv, fragmented .mp4. idle_seconds: when the file has not grown
    for so long, it counts as finished, and as long is waited for one that is not there yet.
    """

    def __init__(self, path: str | Path, *, idle_seconds: float = 10.0) -> None:
        self._path = Path(path)
        self._idle_seconds = idle_seconds
        self._closed = threading.Event()
        self._exit = ExitStack()
        self._decoder: Decoder | None = None
        self._info: SourceInfo | None = None

    def __enter__(self) -> GrowingFile:
        with ExitStack() as opening:
            tail = opening.enter_context(_Tail(self._path, self._closed, self._idle_seconds))
            try:
                container = opening.enter_context(open_container(tail))
                decoder = Decoder(container, name=repr(str(self._path)), live=False)
            except av.FFmpegError as error:
                raise SourceError(
                    f"cannot follow {str(self._path)!r}: what is there so far is no video that can "
                    "be read from its beginning; record .mkv, .ts or fragmented .mp4",
                    cause="closed" if self._closed.is_set() else "codec unsupported",
                ) from error
            self._exit = opening.pop_all()
        self._decoder = decoder
        self._info = SourceInfo(
            name=str(self._path),
            height=decoder.height,
            width=decoder.width,
            fps=decoder.fps,
            live=False,
            path=self._path,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    @property
    def info(self) -> SourceInfo:
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._decoder.warnings if self._decoder else ()

    def __iter__(self) -> Iterator[Frame]:
        assert self._decoder is not None, "a source gives frames only while it is open"
        try:
            for index, decoded in enumerate(self._decoder):
                if self._closed.is_set():
                    return
                yield Frame(decoded.picture, index, decoded.pts, time.monotonic_ns())
        except av.FFmpegError as error:
            raise SourceError(f"lost {str(self._path)!r}: {error.strerror}") from error

    def close(self) -> None:
        self._closed.set()


class _Tail:
    """A file to FFmpeg, without an end while it grows, and hence without ``seek``."""

    def __init__(self, path: Path, closed: threading.Event, idle_seconds: float) -> None:
        self.name = str(path)
        self._path, self._closed, self._idle = path, closed, idle_seconds
        self._ended = False

    def __enter__(self) -> _Tail:
        until = time.monotonic() + self._idle
        while not self._path.exists() and time.monotonic() < until:
            if self._closed.wait(_LOOK_SECONDS):
                break
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            message = f"cannot follow {self.name!r}: {error.strerror}"
            raise SourceError(message, cause="not found") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """Nothing only at the end, which is reached once: FFmpeg asks again and again there."""
        until = time.monotonic() + self._idle
        piece = self._file.read(size)
        while not piece and not self._ended:
            self._ended = self._closed.wait(_LOOK_SECONDS) or time.monotonic() >= until
            piece = self._file.read(size)
        return piece
