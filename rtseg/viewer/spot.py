"""What is at one pixel of a shot."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.labels import IGNORE, LabelSet
from rtseg.pipeline.session import Shot
from rtseg.types import LabelMap


@dataclass(frozen=True)
class Spot:
    """label, other: class ids that the first and the second engine give the pixel; other is None
    without a second one. score: of the first engine's label, 0..1; None where nobody asked."""

    x: int
    y: int
    color: tuple[int, int, int]
    label: int
    other: int | None
    score: float | None
    labels: LabelSet

    def words(self) -> str:
        """``312, 200   #7a7b70   road 0.92``, with ``road | pavement`` where two engines differ."""
        red, green, blue = self.color
        said = _name(self.label, self.labels)
        if self.other is not None and self.other != self.label:
            said += f" | {_name(self.other, self.labels)}"
        if self.score is not None:
            said += f" {self.score:.2f}"
        return f"{self.x}, {self.y}   #{red:02x}{green:02x}{blue:02x}   {said}"


def spot_at(shot: Shot, x: int, y: int) -> Spot:
    """x, y: a pixel of the frame's picture."""
    picture = shot.segmentation.frame.picture
    size: tuple[int, int] = picture.shape[:2]
    red, green, blue = (int(each) for each in picture[y, x])
    label = _label(shot.segmentation.labels, size, (x, y))
    score = None
    if shot.scores is not None and label < len(shot.scores):
        row, column = _cell(shot.scores.shape[1:], size, (x, y))
        score = float(shot.scores[label, row, column])
    other = None if shot.other is None else _label(shot.other, size, (x, y))
    return Spot(
        x=x,
        y=y,
        color=(red, green, blue),
        label=label,
        other=other,
        score=score,
        labels=shot.label_set,
    )


def _label(labels: LabelMap, size: tuple[int, int], pixel: tuple[int, int]) -> int:
    row, column = _cell(labels.shape, size, pixel)
    return int(labels[row, column])


def _cell(shape: tuple[int, ...], size: tuple[int, int], pixel: tuple[int, int]) -> tuple[int, int]:
    """(row, column) under the pixel's centre, as ``stretch.nearest`` has it."""
    x, y = pixel
    return (2 * y + 1) * shape[0] // (2 * size[0]), (2 * x + 1) * shape[1] // (2 * size[1])


def _name(label: int, labels: LabelSet) -> str:
    return labels.names[label] if label < len(labels) else ("-" if label == IGNORE else str(label))
