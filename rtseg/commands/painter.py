"""The render step of `rtseg run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from rtseg.engine.base import Engine, PaintingEngine
from rtseg.labels import LabelSet
from rtseg.legend import draw_legend
from rtseg.overlay import BLENDED, Look, render, visible_classes, weights
from rtseg.overlay_planes import can_paint, paint
from rtseg.sink.planes import Films
from rtseg.sink.statistics import class_counts
from rtseg.stats import RunStats
from rtseg.types import Rgb, Segmentation
from rtseg.yuv import Planes, matrix_for


@dataclass(frozen=True)
class Painter:
    """The overlay, and on request its legend with the FPS.

    films: where nobody needs R G B, so that planes may stay planes.
    """

    labels: LabelSet
    look: Look
    films: Films | None = None

    def __post_init__(self) -> None:
        visible_classes(self.labels, self.look.hidden)

    def hand_over(self, engine: Engine) -> bool:
        """Whether the engine, not open yet, paints in its place; it draws no borders or text."""
        if not engine.takes_pictures or self.look.legend or self.look.mode not in BLENDED:
            return False
        cast(PaintingEngine, engine).paint(*weights(self.labels, self.look))
        return True

    def __call__(self, segmentation: Segmentation, stats: RunStats) -> Rgb | Planes:
        if self.films is not None and can_paint(segmentation, self.look):
            height, width = segmentation.frame.size
            onto = self.films.blank(height, width, matrix_for(height))
            paint(segmentation, self.labels, self.look, onto=onto)
            return onto
        return self.paint(segmentation, f"{stats.processed.fps:.0f} FPS")

    def paint(self, segmentation: Segmentation, *lines: str) -> Rgb:
        """lines: of text above the classes, where a legend is wanted."""
        image = render(segmentation, self.labels, self.look)
        if self.look.legend:
            counts = class_counts(segmentation.labels, len(self.labels))
            shares = counts / max(1, segmentation.labels.size)
            draw_legend(image, self.labels, shares=shares, lines=lines)
        return image
