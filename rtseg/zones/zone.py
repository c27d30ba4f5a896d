"""A named part of the picture, and rules about what may be in it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.persistence import Persistence
from rtseg.types import LabelMap
from rtseg.zones.polygon import Polygon


@dataclass(frozen=True)
class Rule:
    """An alarm while classes cover enough of a zone for long enough.

    ids: of the classes, which count together. share, leave: of the zone, 0..1: what raises it, and
    what it falls below in the end. after, gone: seconds for which it must last to raise and to end.
    """

    name: str
    ids: tuple[int, ...]
    share: float
    leave: float
    after: Fraction
    gone: Fraction


@dataclass(frozen=True)
class Zone:
    name: str
    polygon: Polygon
    rules: tuple[Rule, ...] = ()


class ZoneShares:
    """What a zone shows, in the label map's own pixels."""

    def __init__(self, polygon: Polygon) -> None:
        self._polygon = polygon
        self._mask: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def __call__(self, labels: LabelMap) -> NDArray[np.float64]:
        """(256,) each class id's share of the zone, 0..1; all 0 where no pixel is in it."""
        if self._mask.shape != labels.shape:
            self._mask = self._polygon.mask(*labels.shape)
        counts = cv2.calcHist([labels], [0], self._mask, [256], [0, 256]).ravel()
        return np.asarray(counts / max(1, counts.sum()), np.float64)


class Alarm:
    """A rule over time. ``holds`` is as of the last frame."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._held = Persistence(rule.after, rule.gone)

    @property
    def holds(self) -> bool:
        return self._held.holds

    def update(self, shares: NDArray[np.float64], seconds: Fraction) -> bool:
        """shares: (256,) of the zone. seconds: as ``Frame.pts``."""
        covered = float(shares[list(self.rule.ids)].sum())
        enough = self.rule.leave if self.holds else self.rule.share
        return self._held.update(covered >= enough, seconds)
