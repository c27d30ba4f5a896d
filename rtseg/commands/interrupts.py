"""Ctrl-C and SIGTERM end a run properly: what was written stays playable."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """While open, the first SIGINT or SIGTERM calls ``gently``, the next one ``at_once``.

    Main thread only. ``exit_code``: 0, or 130 and 143 by the signal that came.
    """

    def __init__(self, *, gently: Callable[[], None], at_once: Callable[[], None]) -> None:
        self.exit_code = 0
        self._gently, self._at_once = gently, at_once
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.exit_code:
            self._at_once()
            return
        self.exit_code = 128 + number
        self._gently()
