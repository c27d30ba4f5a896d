"""Which colour is what, in a corner of the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPainter

from rtseg.labels import LabelSet

PANEL = QColor(0, 0, 0, 170)


def paint_legend(
    painter: QPainter, labels: LabelSet, shares: NDArray[np.float64], *, height: float
) -> None:
    """Top left, the largest class first; what does not fit into ``height`` is left out.

    shares: (C,) of the picture, 0..1. Lengths are logical pixels.
    """
    metrics = QFontMetricsF(painter.font())
    line, pad = metrics.lineSpacing() * 1.15, metrics.height() / 2
    present = [int(each) for each in np.argsort(-shares, kind="stable") if shares[each] > 0]
    present = present[: max(0, int((height - 4 * pad) / line))]
    if not present:
        return
    texts = [f"{labels.names[each]}  {_percent(shares[each])}" for each in present]
    width = max(map(metrics.horizontalAdvance, texts)) + line + 2 * pad
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PANEL)
    painter.drawRoundedRect(QRectF(pad, pad, width, len(texts) * line + pad), pad / 2, pad / 2)
    for row, (class_id, text) in enumerate(zip(present, texts, strict=True)):
        top, side = 1.5 * pad + row * line, metrics.capHeight() * 1.2
        middle = top + line / 2
        painter.setPen(QColor(255, 255, 255, 160))
        painter.setBrush(QColor(*labels.colors[class_id].tolist()))
        painter.drawRect(QRectF(1.75 * pad, middle - side / 2, side, side))
        painter.setPen(Qt.GlobalColor.white)
        baseline = middle + metrics.capHeight() / 2
        painter.drawText(QPointF(1.5 * pad + line, baseline), text)


def _percent(share: float) -> str:
    return "<1 %" if share < 0.01 else f"{100 * share:.0f} %"
