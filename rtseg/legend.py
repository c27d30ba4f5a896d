"""The corner of the picture that says which colour is what, and how fast it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.labels import LabelSet
from rtseg.types import Rgb

FONT = cv2.FONT_HERSHEY_SIMPLEX
SCALE_AT_360 = 0.45  # capitals of 10 pixels
TEXT = (255, 255, 255)


def draw_legend(
    image: Rgb, labels: LabelSet, *, shares: NDArray[np.float64] | None, lines: Sequence[str] = ()
) -> None:
    """Drawn into ``image``, top left: first the lines, then the classes, the largest first.

    shares: (C,) fractions of the picture, 0..1; classes without a pixel are left out. None: all
    classes, in the label set's order, without a number. What does not fit is left out.
    """
    height, width, _ = image.shape
    type_ = _Type.for_height(height)
    entries = _entries(labels, shares, lines)
    room = (height - 2 * type_.margin - 2 * type_.padding) // type_.line_height
    entries = [each for each in entries if type_.width_of(each) <= width - 2 * type_.margin]
    entries = entries[: max(room, 0)]
    if not entries:
        return
    panel_width = max(map(type_.width_of, entries))
    panel_height = len(entries) * type_.line_height + 2 * type_.padding
    panel = image[type_.margin :, type_.margin :][:panel_height, :panel_width]
    panel //= 3
    for row, entry in enumerate(entries):
        type_.draw(image, entry, type_.margin + type_.padding + row * type_.line_height)


@dataclass(frozen=True)
class _Entry:
    text: str
    color: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class _Type:
    """Lengths in pixels of the picture."""

    scale: float
    thickness: int
    capital: int

    @classmethod
    def for_height(cls, height: int) -> _Type:
        """Grows slower than the picture: a large one is looked at from as near as a small one."""
        scale = SCALE_AT_360 * max(1.0, height / 360) ** 0.75
        thickness = max(1, round(1.6 * scale))
        (_, capital), _ = cv2.getTextSize("H", FONT, scale, thickness)
        return cls(scale, thickness, capital)

    @property
    def margin(self) -> int:
        return self.capital // 2

    @property
    def padding(self) -> int:
        return self.capital // 2

    @property
    def line_height(self) -> int:
        return self.capital * 17 // 10

    def width_of(self, entry: _Entry) -> int:
        (width, _), _ = cv2.getTextSize(entry.text, FONT, self.scale, self.thickness)
        return self._indent(entry) + width + 2 * self.padding

    def draw(self, image: Rgb, entry: _Entry, top: int) -> None:
        left = self.margin + self.padding
        middle = top + self.line_height // 2
        upper, lower = middle - self.capital // 2, middle + self.capital // 2
        if entry.color is not None:
            corners = (left, upper), (left + self.capital, lower)
            cv2.rectangle(image, *corners, entry.color, cv2.FILLED)
            cv2.rectangle(image, *corners, TEXT, 1)
        origin = (left + self._indent(entry), lower)
        cv2.putText(image, entry.text, origin, FONT, self.scale, TEXT, self.thickness, cv2.LINE_AA)

    def _indent(self, entry: _Entry) -> int:
        return 0 if entry.color is None else self.capital * 8 // 5


def _entries(
    labels: LabelSet, shares: NDArray[np.float64] | None, lines: Sequence[str]
) -> list[_Entry]:
    colors: list[tuple[int, int, int]] = [(int(r), int(g), int(b)) for r, g, b in labels.colors]
    entries = [_Entry(line) for line in lines]
    if shares is None:
        return entries + [_Entry(*each) for each in zip(labels.names, colors, strict=True)]
    for class_id in np.argsort(-shares, kind="stable"):
        if shares[class_id] > 0:
            text = f"{labels.names[class_id]} {_percent(float(shares[class_id]))}"
            entries.append(_Entry(text, colors[class_id]))
    return entries


def _percent(share: float) -> str:
    return "<1%" if share < 0.01 else f"{100 * share:.0f}%"
