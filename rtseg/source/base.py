"""What every source of frames looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from rtseg.types import Frame

GivenUp: TypeAlias = Callable[[], bool]


def never() -> bool:
    return False


@dataclass(frozen=True)
class SourceInfo:
    """What a source says of itself once it is open.

    name: for people, titles and JSON: passwords are already masked in it.
    height, width: of the first frame, upright (rotation metadata applied). Later ones may differ.
    fps: declared by the device or file, not measured. 0 where nobody says.
    live: True: late frames are worthless, drop them. False: every frame counts.
    frames: how many the container declares; None where unknown or endless. A file may hold fewer.
    path: the file on disk whose audio a video sink may pass through; None for everything else.
    seconds: how long it says that it is; None where unknown or endless.
    seekable: whether it is a Seekable that can be asked for any frame.
    """

    name: str
    height: int
    width: int
    fps: Fraction
    live: bool
    frames: int | None = None
    path: Path | None = None
    seconds: Fraction | None = None
    seekable: bool = False


@runtime_checkable
class Source(AbstractContextManager["Source"], Protocol):
    """``with source: for frame in source: ...``; the end of the loop is the end of the stream.

    ``info`` holds from ``__enter__`` on. Opening and reading may happen on two threads, one after
    the other. A source that breaks mid-stream raises SourceError, it never just ends: frames
    already given stay valid. What could be read around (a truncated tail, an undecodable packet)
    is counted in ``warnings``, one sentence each, readable at any time.
    """

    @property
    def info(self) -> SourceInfo: ...

    @property
    def warnings(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Iterator[Frame]: ...


@runtime_checkable
class Closable(Protocol):
    """A source that can be told to end while somebody waits for its next frame.

    ``close`` may be called from any thread and any number of times, also before and while the
    source is opened: opening then raises SourceError, reading just ends. It waits for nothing;
    what is held is freed by ``__exit__``, as ever.
    """

    def close(self) -> None: ...


def close(source: Source) -> None:
    """End the source's frames early, where it can do that."""
    if isinstance(source, Closable):
        source.close()


@runtime_checkable
class Seekable(Source, Protocol):
    """A source whose frames can be had in any order. One thread asks, that which iterates.

    given_up: asked again and again while something is looked for, which may take seconds in a long
    file. Where it says yes, nobody waits for the result any more: any index will do, and no frame.
    """

    def index_at(self, seconds: Fraction, *, given_up: GivenUp = never) -> int:
        """The index of the frame that is on at this time; after the end: of the last one."""
        ...

    def from_frame(self, index: int, *, given_up: GivenUp = never) -> Iterator[Frame]:
        """The same frames as from the start, from this one on; after the end: the last one.

        What earlier iterators would still have given is void. Raises SourceError.
        """
        ...
