"""One thin strip for each class, coloured where the class was to be seen."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRectF
from qtpy.QtGui import QImage, QPainter

from rtseg.labels import LabelSet
from rtseg.viewer.presence import Presence

REDRAW_SECONDS = 0.5
LEAST_STRIP = 3
"""Pixels: strips that are thinner cannot be told apart, so the smallest classes are left out."""

FAINTEST = 0.3
"""Opacity of a class's smallest share; its largest is drawn in full."""

TOLD = 6


class PresenceStrips:
    """Strips stand in the label set's order; a class that was never seen has none."""

    def __init__(self) -> None:
        self._labels: LabelSet | None = None
        self._hidden: frozenset[str] = frozenset()
        self._shares = np.zeros((0, 0))
        self._drawn: tuple[Presence | None, int] = (None, -1)
        self._drawn_at = 0.0
        self._image: QImage | None = None
        self._image_rows = 0

    def show_classes(self, labels: LabelSet, hidden: frozenset[str]) -> None:
        self._labels, self._hidden = labels, hidden
        self._image = None

    def show_presence(self, presence: Presence) -> bool:
        """Whether there is something new to paint; looked at twice a second."""
        now, found = time.monotonic(), (presence, presence.revision)
        other = presence is not self._drawn[0]
        if found == self._drawn or (not other and now - self._drawn_at < REDRAW_SECONDS):
            return False
        self._drawn, self._drawn_at = found, now
        self._shares = presence.shares()
        self._image = None
        return True

    def largest(self, shares: NDArray[np.float64]) -> list[tuple[int, str]]:
        """Id and name of the classes with the largest (C,) ``shares`` that have any."""
        if self._labels is None:
            return []
        order = np.argsort(-shares)[:TOLD].tolist()
        return [(each, self._labels.names[each]) for each in order if shares[each] > 0]

    def paint(self, painter: QPainter, place: QRectF) -> None:
        """place: of the time that ``Presence.shares`` covers."""
        rows = max(1, int(place.height() // LEAST_STRIP))
        if self._image is None or rows != self._image_rows:
            self._image, self._image_rows = self._made(rows), rows
        if self._image is not None:
            painter.drawImage(place, self._image)

    def _made(self, most: int) -> QImage | None:
        """(strips, bins) pixels; a copy, so that Qt does not look at numpy's memory later."""
        classes = self._chosen(most)
        if self._labels is None or not classes:
            return None
        shares = np.nan_to_num(self._shares[:, classes].T)
        strength = np.sqrt(shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-9))
        alpha = np.where(shares > 0, FAINTEST + (1 - FAINTEST) * strength, 0.0)
        pixels = np.empty((*shares.shape, 4), np.uint8)
        pixels[..., :3] = self._labels.colors[classes][:, None]
        pixels[..., 3] = np.round(255 * alpha)
        height, width = shares.shape
        image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
        return image.copy()

    def _chosen(self, most: int) -> list[int]:
        if self._labels is None or self._shares.shape[1] != len(self._labels):
            return []
        total = np.nansum(self._shares, axis=0)
        hidden = [name in self._hidden for name in self._labels.names]
        total[np.array(hidden, bool)] = 0
        largest = np.argsort(-total, kind="stable")[:most]
        return sorted(each for each in largest.tolist() if total[each] > 0)
