"""How well a live source has been connected: what was lost, for how long, and a grade for it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from rtseg.errors import Cause

Grade: TypeAlias = Literal["excellent", "good", "fair", "poor", "unusable"]

_HOUR = 3600 * 10**9
_REMEMBERED = 10_000

_GRADES: tuple[tuple[Grade, float, int], ...] = (
    ("excellent", 0.999, 0),
    ("good", 0.99, 3),
    ("fair", 0.95, 12),
    ("poor", 0.5, _REMEMBERED),
)
"""Each with the least share of the last hour in which frames came, and the most reconnects and
stalls in it. Three an hour is a cable that somebody touched, twelve one every five minutes; a feed
that is dark half of the time is of no use."""


@dataclass(frozen=True)
class _Gap:
    began: int
    ended: int
    is_loss: bool


@dataclass
class Connection:
    """Written by the thread that reads the source, read by any. Times: ``time.monotonic_ns()``.

    stall: a pause in the frames that did not end the connection. losses: by cause.
    """

    opened_nanos: int
    reconnects: int = 0
    stalls: int = 0
    losses: dict[Cause, int] = field(default_factory=dict)
    longest_down_nanos: int = 0
    lost_nanos: int | None = None
    _gaps: deque[_Gap] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lose(self, cause: Cause, nanos: int) -> None:
        with self._lock:
            self.losses[cause] = self.losses.get(cause, 0) + 1
            self.lost_nanos = nanos

    def regain(self, nanos: int) -> int:
        """Returns for how many nanoseconds it was lost."""
        with self._lock:
            began = nanos if self.lost_nanos is None else self.lost_nanos
            self.lost_nanos = None
            self.reconnects += 1
            self.longest_down_nanos = max(self.longest_down_nanos, nanos - began)
            self._gaps.append(_Gap(began, nanos, is_loss=True))
        return nanos - began

    def stall(self, began: int, ended: int) -> None:
        with self._lock:
            self.stalls += 1
            self._gaps.append(_Gap(began, ended, is_loss=False))

    def grade(self, nanos: int) -> Grade:
        """Of the hour before this moment, or since opening."""
        with self._lock:
            present, events = self._share_of_hour(nanos), len(self._recent(nanos))
            events += self.lost_nanos is not None
        fitting = (name for name, least, most in _GRADES if present >= least and events <= most)
        return next(fitting, "unusable")

    def facts(self, nanos: int) -> dict[str, Any]:
        """For JSON and the report."""
        with self._lock:
            recent = self._recent(nanos)
            facts = {
                "reconnects": self.reconnects,
                "reconnects_last_hour": sum(each.is_loss for each in recent),
                "stalls": self.stalls,
                "stalls_last_hour": sum(not each.is_loss for each in recent),
                "losses": dict(self.losses),
                "longest_down_seconds": round(self.longest_down_nanos / 1e9, 3),
            }
        return {"grade": self.grade(nanos), **facts}

    def _recent(self, nanos: int) -> list[_Gap]:
        return [each for each in self._gaps if each.ended > nanos - _HOUR]

    def _share_of_hour(self, nanos: int) -> float:
        since = max(self.opened_nanos, nanos - _HOUR)
        gaps = [(each.began, each.ended) for each in self._recent(nanos)]
        if self.lost_nanos is not None:
            gaps.append((self.lost_nanos, nanos))
        absent = sum(ended - max(began, since) for began, ended in gaps)
        return 1 - absent / max(1, nanos - since)


@runtime_checkable
class Connected(Protocol):
    """A source that keeps account of its connection; None where there is none to lose."""

    @property
    def connection(self) -> Connection | None: ...
