"""One row per frame: when it came, when it was done, and how much of each class it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.labels import LabelSet
from rtseg.sink.file import FileSink, sink_error
from rtseg.sink.rows import CsvRows, JsonRows, ParquetRows, Row, Rows
from rtseg.types import Frame, LabelMap, Picture, Segmentation

TABLES: dict[str, Callable[[Path], Rows]] = {
    ".csv": CsvRows,
    ".jsonl": JsonRows,
    ".parquet": ParquetRows,
}


def class_counts(label_map: LabelMap, classes: int) -> NDArray[np.int64]:
    """(classes,) pixels of each id; ids from ``classes`` on, like IGNORE, are not counted.

    Exact up to 2^24 pixels of a class, beyond which cv2's float32 bins round.
    """
    counts = cv2.calcHist([label_map], [0], None, [256], [0, 256])
    return counts.ravel()[:classes].astype(np.int64)


class Statistics(FileSink):
    """path: .csv or .jsonl, readable up to the last row at any moment; .parquet, once closed.

    Times are seconds since the first frame's capture. ``<class>_frac`` is of the label map,
    ``<class>_px`` the same share of the frame's pixels, rounded; blanks in names become ``_``.
    ``dropped_before`` counts the frames lost between this row and the one above. ``health``, where
    somebody looked, has the camera's faults joined by ``+``, or ``ok``.
    """

    wants_image = False

    def __init__(self, path: Path, labels: LabelSet) -> None:
        super().__init__()
        if path.suffix.lower() not in TABLES:
            known = ", ".join(TABLES)
            raise UsageError(f"cannot write statistics as {path.name!r}: name it {known}")
        self._path = path
        self._labels = labels
        self._table: Rows | None = None
        self._crash_safe = True
        self._began_nanos: int | None = None
        self._last_index = -1

    def open(self) -> None:
        self._claim(self._path)
        self._table = TABLES[self._path.suffix.lower()](self._path)
        self._crash_safe = self._table.crash_safe
        self._outputs.append(self._path)

    def write(self, picture: Picture) -> None:
        assert self._table is not None, "write() belongs inside `with`"
        segmentation = picture.segmentation
        row = {
            **self._times(segmentation.frame),
            **_health(picture.faults),
            **_shares(segmentation, self._labels),
        }
        try:
            self._table.append(row)
        except OSError as error:
            raise self._broken(error) from error
        self._written += 1

    def close(self) -> None:
        table, self._table = self._table, None
        if table is None:
            return
        try:
            table.close()
        except OSError as error:
            raise self._broken(error) from error

    def _times(self, frame: Frame) -> Row:
        if self._began_nanos is None:
            self._began_nanos = frame.captured_nanos
        now_nanos = time.monotonic_ns()
        dropped = frame.index - self._last_index - 1
        self._last_index = frame.index
        return {
            "frame": frame.index,
            "pts_s": round(float(frame.pts), 6),
            "t_capture": (frame.captured_nanos - self._began_nanos) / 1e9,
            "t_done": (now_nanos - self._began_nanos) / 1e9,
            "latency_ms": (now_nanos - frame.captured_nanos) / 1e6,
            "dropped_before": dropped,
        }

    def _broken(self, error: OSError) -> Exception:
        return sink_error(self._path, error, written=self._written if self._crash_safe else 0)


def _health(faults: tuple[str, ...] | None) -> Row:
    return {} if faults is None else {"health": "+".join(faults) or "ok"}


def _shares(segmentation: Segmentation, labels: LabelSet) -> Row:
    height, width = segmentation.frame.size
    fractions = class_counts(segmentation.labels, len(labels)) / segmentation.labels.size
    row: dict[str, int | float] = {}
    for name, fraction in zip(labels.names, fractions.tolist(), strict=True):
        column = name.replace(" ", "_")
        row[f"{column}_px"] = round(fraction * height * width)
        row[f"{column}_frac"] = round(fraction, 6)
    return row
