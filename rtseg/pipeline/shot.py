"""What a session hands to those who watch."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.labels import LabelSet
from rtseg.types import LabelMap, Scores, Segmentation


@dataclass(frozen=True)
class Shot:
    """One finished frame; its arrays are never written again.

    other: of the second engine, at its own output size, in the ids of the first one's label set;
    None without one. scores: of the first engine, where they were wished for. number: counts the
    finished frames of the session from 0, across seeks. label_set: what the ids mean.
    """

    segmentation: Segmentation
    other: LabelMap | None
    scores: Scores | None
    number: int
    label_set: LabelSet
