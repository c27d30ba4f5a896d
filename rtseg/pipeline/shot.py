"""What a session hands to those who watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from rtseg.labels import LabelSet, label_set
from rtseg.types import LabelMap, Picture, Scores, Segmentation


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


class ShotSink:
    """The end of a pipeline whose frames are watched. finish: called on the sinks thread."""

    wants_image = False
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, finish: Callable[[Shot], None]) -> None:
        self._finish = finish
        self._count = 0

    def __enter__(self) -> ShotSink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def write(self, picture: Picture) -> None:
        shot = Shot(
            picture.segmentation,
            picture.other,
            picture.scores,
            number=self._count,
            label_set=label_set(picture.label_set),
        )
        self._count += 1
        self._finish(shot)
