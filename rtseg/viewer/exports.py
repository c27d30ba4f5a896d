"""Takes home what the panels show: tables as CSV, panels as PNG."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from qtpy.QtCore import QBuffer, QByteArray, QIODevice
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QWidget

from rtseg.labels import LabelSet
from rtseg.sink.file import sink_error
from rtseg.viewer.history import COLUMNS, Rows
from rtseg.viewer.readings import Reading

SHARPNESS = 2
"""Pixels of a picture for each one on a plain screen: good enough to be printed."""


def write_history(path: Path, rows: Rows, labels: LabelSet) -> None:
    """One line a span of time; ``<class>_frac`` is a class's share of the picture, 0..1. What was
    not measured stays empty. Raises SinkError.
    """
    areas = [f"{name.replace(' ', '_')}_frac" for name in labels.names]
    columns = [rows.values[name] for name in COLUMNS]
    lines = (
        [*map(_plain, values), *map(_plain, shares)]
        for values, shares in zip(zip(*columns, strict=True), rows.areas, strict=True)
    )
    _write(path, [*COLUMNS, *areas], lines)


def write_classes(path: Path, reading: Reading, labels: LabelSet) -> None:
    """One line a class, as the table of classes shows them. Raises SinkError."""
    lines = (
        [name, _plain(now), _plain(mean), str(frames)]
        for name, now, mean, frames in zip(
            labels.names,
            reading.areas.tolist(),
            reading.mean_areas.tolist(),
            reading.present.tolist(),
            strict=True,
        )
    )
    _write(path, ["class", "now_frac", "mean_frac", "frames"], lines)


def save_picture(path: Path, widget: QWidget) -> None:
    """What the widget shows, as PNG, twice as fine as a plain screen. Raises SinkError."""
    pixmap = QPixmap(widget.size() * SHARPNESS)
    pixmap.setDevicePixelRatio(SHARPNESS)
    widget.render(pixmap)
    encoded = QByteArray()
    buffer = QBuffer(encoded)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")
    try:
        path.write_bytes(encoded.data())
    except OSError as error:
        raise sink_error(path, error, written=0) from error


def _write(path: Path, heading: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(heading)
            table.writerows(lines)
    except OSError as error:
        raise sink_error(path, error, written=0) from error


def _plain(value: float) -> str:
    """With a point in every language: this is for programs."""
    return f"{value:.6g}" if value == value else ""
