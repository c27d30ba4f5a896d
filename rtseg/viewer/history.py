"""What happened in every second of a run, in memory that does not grow: for plots and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtseg.viewer.readings import Reading

RECENT_SECONDS = 60
CAPACITY = 2048
"""Spans of the whole run: full after 34 minutes of single seconds, 68 minutes of pairs, ..."""

RATES = ("capture_fps", "processed_fps", "displayed_fps")
LATENCIES = ("latency_p50", "latency_p99")
COLUMNS = ("seconds", *RATES, *LATENCIES, "dropped")


@dataclass(frozen=True)
class Rows:
    """n spans of time, oldest first. values: (n,) by each of ``COLUMNS``; areas: (n, C), 0..1.

    seconds: the end of the span, since the run began. Rates and areas are its means, latency_p50
    the median's mean and latency_p99 the worst second's, both in milliseconds; dropped is the
    number of frames that were lost in it. NaN where nothing was measured.
    """

    values: dict[str, NDArray[np.float64]]
    areas: NDArray[np.float64]


class History:
    """Fed with every reading; keeps one row a second of the last minute, and the whole run in at
    most ``capacity`` rows: when they are full, two neighbours become one. One thread.

    ``revision`` grows with every row, so that who draws them knows when there is something new.
    """

    def __init__(self, classes: int, *, capacity: int = CAPACITY) -> None:
        self.classes = classes
        self.revision = 0
        self.span_seconds = 1
        width = len(COLUMNS) + classes
        self._recent = np.empty((0, width))
        self._whole = np.empty((capacity, width))
        self._filled = 0
        self._pending: list[NDArray[np.float64]] = []
        self._areas: list[NDArray[np.float64]] = []
        self._dropped = 0
        self._next_second = 1.0

    def add(self, reading: Reading) -> None:
        """About ten times a second; a row is made whenever a second is over."""
        self._areas.append(reading.areas)
        if reading.seconds < self._next_second:
            return
        self._next_second = np.floor(reading.seconds) + 1.0
        row = self._row(reading)
        self._areas.clear()
        self._recent = np.vstack((self._recent, row))[-RECENT_SECONDS:]
        self._pending.append(row)
        if len(self._pending) >= self.span_seconds:
            self._close_span()
        self.revision += 1

    def last_minute(self) -> Rows:
        return self._rows(self._recent)

    def whole_run(self) -> Rows:
        """Up to now: the span that is not full yet is its last row."""
        rows = self._whole[: self._filled]
        if self._pending:
            rows = np.vstack((rows, _merged(np.array(self._pending))))
        return self._rows(rows)

    def _row(self, reading: Reading) -> NDArray[np.float64]:
        dropped = sum(reading.dropped.values())
        values = (
            reading.seconds,
            *(getattr(reading, name) for name in RATES),
            reading.latency.p50,
            reading.latency.p99,
            max(0, dropped - self._dropped),
        )
        self._dropped = dropped
        return np.array((*values, *_mean(np.array(self._areas))))

    def _close_span(self) -> None:
        """Where no row is free, spans become twice as long, and the one at hand is half full."""
        if self._filled == len(self._whole):
            pairs = self._whole.reshape(-1, 2, self._whole.shape[1])
            self._filled //= 2
            self._whole[: self._filled] = [_merged(pair) for pair in pairs]
            self.span_seconds *= 2
            return
        self._whole[self._filled] = _merged(np.array(self._pending))
        self._filled += 1
        self._pending.clear()

    def _rows(self, rows: NDArray[np.float64]) -> Rows:
        split = len(COLUMNS)
        values = {name: rows[:, at].copy() for at, name in enumerate(COLUMNS)}
        return Rows(values, rows[:, split:].copy())


def _merged(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, width) -> (width,)"""
    merged = _mean(rows)
    merged[_SECONDS] = rows[-1, _SECONDS]
    merged[_WORST] = rows[:, _WORST].max() if not np.isnan(rows[:, _WORST]).all() else np.nan
    merged[_DROPPED] = rows[:, _DROPPED].sum()
    return merged


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over what was measured; NaN where nothing was, without numpy's warning."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    mean: NDArray[Any] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


_SECONDS, _WORST, _DROPPED = (COLUMNS.index(name) for name in ("seconds", "latency_p99", "dropped"))
