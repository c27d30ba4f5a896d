"""A confusion matrix for people: as a table of a page, and as a picture."""

from __future__ import annotations

from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.labels import LabelSet
from rtseg.metrics import Confusion
from rtseg.types import Rgb

RIGHT, WRONG, EMPTY = (40, 98, 190), (214, 66, 52), (238, 240, 243)
CELL, MARGIN = 44, 12  # pixels
FONT, SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.45
INK = (28, 36, 48)
AXES = ("row: true", "column: given")


def matrix_table(confusion: Confusion, labels: LabelSet) -> str:
    """HTML: each row is a class of the truth and sums to 100 %; grey where it never occurs."""
    shares = _shares(confusion)
    head = "".join(f"<th><span>{escape(name)}</span></th>" for name in labels.names)
    rows = []
    for row, name in enumerate(labels.names):
        cells = "".join(
            f'<td style="background:rgb{_color(shares, row, column)};'
            f'color:rgb{_ink(shares, row, column)}">{_text(shares, row, column)}</td>'
            for column in range(len(labels))
        )
        rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    return (
        f'<div class="wide"><table class="matrix"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def matrix_picture(confusion: Confusion, labels: LabelSet) -> Rgb:
    """The same cells; true classes are rows, predicted ones columns."""
    shares = _shares(confusion)
    words = max(cv2.getTextSize(name, FONT, SIZE, 1)[0][0] for name in (*labels.names, *AXES))
    start = words + 2 * MARGIN
    side = start + CELL * len(labels) + MARGIN
    image = np.full((side, side, 3), 255, np.uint8)
    for row, column in np.ndindex(*shares.shape):
        top, left = start + row * CELL, start + column * CELL
        image[top : top + CELL - 1, left : left + CELL - 1] = _color(shares, row, column)
        _centred(
            image[top : top + CELL, left : left + CELL],
            _text(shares, row, column),
            color=_ink(shares, row, column),
        )
    image[start:, :start] = _names(labels, side - start, start, right=True)
    image[:start, start:] = np.rot90(_names(labels, side - start, start, right=False))
    for line, text in enumerate(AXES):
        cv2.putText(image, text, (MARGIN, 24 + 20 * line), FONT, SIZE, INK, 1, cv2.LINE_AA)
    return image


def _names(labels: LabelSet, height: int, width: int, *, right: bool) -> Rgb:
    """Lines of one side of the matrix, one a cell, aligned to the right or to the left."""
    strip = np.full((height, width, 3), 255, np.uint8)
    for index, name in enumerate(labels.names):
        (length, capital), _ = cv2.getTextSize(name, FONT, SIZE, 1)
        left = width - MARGIN - length if right else MARGIN
        at = (left, index * CELL + (CELL + capital) // 2)
        cv2.putText(strip, name, at, FONT, SIZE, INK, 1, cv2.LINE_AA)
    return strip


def _centred(cell: Rgb, text: str, *, color: tuple[int, int, int]) -> None:
    (length, capital), _ = cv2.getTextSize(text, FONT, SIZE, 1)
    height, width, _ = cell.shape
    at = ((width - length) // 2, (height + capital) // 2)
    drawn = np.ascontiguousarray(cell)
    cv2.putText(drawn, text, at, FONT, SIZE, color, 1, cv2.LINE_AA)
    cell[:] = drawn


def _shares(confusion: Confusion) -> NDArray[np.float64]:
    """(C, C) each row divided by its sum; NaN where that is 0."""
    counts = confusion.counts
    totals = counts.sum(1, keepdims=True)
    shares: NDArray[np.float64] = np.full(counts.shape, np.nan)
    np.divide(counts, totals, out=shares, where=totals > 0)
    return shares


def _text(shares: NDArray[np.float64], row: int, column: int) -> str:
    """In per cent; below a half of one nothing, or the eye finds no pattern."""
    share = shares[row, column]
    return f"{100 * share:.0f}" if share >= 0.005 else ""


def _color(shares: NDArray[np.float64], row: int, column: int) -> tuple[int, int, int]:
    """From white to blue on the diagonal, to red beside it: the root makes small errors show."""
    share = shares[row, column]
    if share != share:
        return EMPTY
    full = RIGHT if row == column else WRONG
    depth = share if row == column else share**0.5
    r, g, b = (round(255 + (each - 255) * depth) for each in full)
    return r, g, b


def _ink(shares: NDArray[np.float64], row: int, column: int) -> tuple[int, int, int]:
    return (255, 255, 255) if sum(_color(shares, row, column)) < 480 else INK
