"""A bounded hand-over from one thread to the next, which either side can end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The other side has given up: whoever meets this ends quietly."""


class Channel(Generic[T]):
    """Holds at most ``capacity`` items between one giver and one taker.

    latest=False: a full channel makes the giver wait (files: every frame counts).
    latest=True: a full channel loses its oldest item, counted in ``dropped`` (live: only now
    counts).
    """

    def __init__(self, capacity: int, *, latest: bool = False) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._latest = latest
        self._changed = threading.Condition()
        self._closed = False
        self._aborted = False

    def reshape(self, capacity: int, *, latest: bool = False) -> None:
        """What is inside stays, also where it is too much. Any thread."""
        with self._changed:
            self._capacity, self._latest = capacity, latest
            self._changed.notify_all()

    @property
    def empty(self) -> bool:
        with self._changed:
            return not self._items

    def put(self, item: T) -> int:
        """How many older items were lost for it.

        Raises Closed once the taker has aborted, also while waiting for room.
        """
        lost = 0
        with self._changed:
            self._changed.wait_for(lambda: self._latest or self._has_room or self._aborted)
            if self._aborted:
                raise Closed
            while not self._has_room:
                self._items.popleft()
                lost += 1
            self.dropped += lost
            self._items.append(item)
            self._changed.notify_all()
        return lost

    @property
    def _has_room(self) -> bool:
        return len(self._items) < self._capacity

    def __iter__(self) -> Iterator[T]:
        """Items until the giver has closed and all are taken. Raises Closed after an abort."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._closed or self._aborted)
                if self._aborted:
                    raise Closed
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item

    def close(self) -> None:
        """The giver is done; what is inside will still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Nobody will take any more: what is inside is lost. Any thread, any number of times."""
        with self._changed:
            self._aborted = True
            self._items.clear()
            self._changed.notify_all()
