"""Which frames of a source a command looks at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rtseg.errors import UsageError
from rtseg.source.base import Source
from rtseg.types import Frame


def chosen(source: Source, *, every: int = 1, limit: int | None = None) -> Iterator[Frame]:
    """Every Nth frame of an open source, at most ``limit``; none is dropped to keep up.

    Raises UsageError for a source without an end and no limit.
    """
    if source.info.live and limit is None:
        raise UsageError(f"{source.info.name} has no end: say how many frames with --limit")
    return islice(source, 0, None if limit is None else every * (limit - 1) + 1, every)


def how_many(source: Source, *, every: int = 1, limit: int | None = None) -> int | None:
    """The frames that ``chosen`` will give, as far as the source declares its length."""
    declared = None if source.info.frames is None else -(-source.info.frames // every)
    return min((each for each in (declared, limit) if each is not None), default=None)
