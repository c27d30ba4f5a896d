"""Who labels the frames, and how: what may change between any two of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtseg.engine.base import Engine
from rtseg.labels import label_set, translation
from rtseg.pipeline.inference import Inference, Result
from rtseg.pipeline.segment import prepared_for
from rtseg.preprocess import prepare
from rtseg.smoothing import KeyFrames, Smoother, Smoothing
from rtseg.stats import RunStats
from rtseg.types import (
    Frame,
    Inferred,
    LabelMap,
    Motion,
    Painted,
    Picture,
    Prepared,
    Rgb,
    Scored,
    Scores,
    Segmentation,
)


def depth_for(smoothing: Smoothing, *, live: bool) -> int:
    """Tensors in flight. With key frames it is one: the next is too far away to wait for."""
    return 1 if live or smoothing.keyframe != 1 else 2


def capacity_for(*, live: bool) -> int:
    """Of the channels between two stages: a live frame should never wait long."""
    return 1 if live else 2


@dataclass(frozen=True)
class Pending:
    """A frame on its way through a line-up's engines. seen: whether it was given to them.

    small: what the first of them eats: (h, w), or the whole picture.
    """

    frame: Frame
    small: Rgb
    motion: Motion | None
    seen: bool
    lineup: Lineup


class Lineup:
    """One engine, or two that get the same frames, the second for comparison.

    Their labels are steadied each for itself. scores: whether the first one's are wanted; with
    these or an active smoothing all must be scored. spare: open engines that get no frame, but stay
    open when this line-up takes over. Every frame goes through ``submit`` on one
    thread and ``settle`` on another, in the same order. Raises UsageError where the label sets of
    two engines share no class.
    """

    def __init__(
        self,
        inferences: Sequence[Inference],
        *,
        smoothing: Smoothing,
        live: bool,
        scores: bool = False,
        spare: Sequence[Inference] = (),
    ) -> None:
        self.inferences, self.spare = tuple(inferences), tuple(spare)
        self.live = live
        self._scores = scores
        self._tracker = smoothing.tracker(live=live) if smoothing.active else None
        self._is_key = KeyFrames(smoothing)
        self._smoothers = [Smoother(smoothing) if smoothing.active else None for _ in inferences]
        names = [each.engine.spec.labels for each in self.inferences]
        self.label_set = label_set(names[0])
        self._ids = translation(names[-1], names[0]) if len(set(names)) > 1 else None

    def wait_for_turn(self) -> None:
        """Live, until no engine has work left: a frame that waited for it would be old by then."""
        if self.live:
            for inference in self.inferences:
                inference.wait_until_idle()

    def submit(self, frame: Frame, stats: RunStats) -> Pending:
        """Prepare a frame and give it to the engines; waits for room. Raises Closed."""
        started = time.monotonic_ns()
        prepared = self._prepared(frame)
        done = time.monotonic_ns()
        stats.clock("preprocess", done - started)
        motion = None
        if self._tracker is not None:
            motion = self._tracker(prepared[0]).motion
            stats.clock("motion", time.monotonic_ns() - done)
        seen = self._is_key(motion)
        if seen:
            for inference, each in zip(self.inferences, prepared, strict=True):
                inference.submit(each.tensor)
        return Pending(frame, prepared[0].tensor[0], motion, seen=seen, lineup=self)

    def settle(self, pending: Pending, stats: RunStats) -> Picture:
        """Wait for the frame's results; not rendered unless the engine did. Raises Closed."""
        results: list[Result | None] = []
        for inference in self.inferences:
            result, nanos = inference.take() if pending.seen else (None, 0)
            if pending.seen:
                stats.clock(inference.name, nanos)
            results.append(result)
        started = time.monotonic_ns()
        segmentations = [
            _labelled(Inferred(pending.frame, result, pending.motion), smoother)
            for result, smoother in zip(results, self._smoothers, strict=True)
        ]
        if self._tracker is not None:
            stats.clock("smooth", time.monotonic_ns() - started)
        image = results[0].image if isinstance(results[0], Painted) else None
        return Picture(
            segmentations[0],
            image,
            other=self._other(segmentations),
            scores=self._first_scores(results[0]),
            label_set=self.label_set.name,
        )

    def _prepared(self, frame: Frame) -> list[Prepared]:
        """One for each engine; engines that eat the same share it."""
        made: dict[tuple[int, ...], Prepared] = {}
        return [self._prepared_for(each.engine, frame, made) for each in self.inferences]

    def _prepared_for(
        self, engine: Engine, frame: Frame, made: dict[tuple[int, ...], Prepared]
    ) -> Prepared:
        # The tracker looks for motion in what is as small as the network.
        whole = engine.takes_pictures and self._tracker is None
        eaten = () if whole else (engine.spec.height, engine.spec.width)
        if eaten not in made:
            made[eaten] = prepared_for(engine, frame) if whole else prepare(frame, engine.spec)
        return made[eaten]

    def _first_scores(self, result: Result | None) -> Scores | None:
        if not self._scores:
            return None
        if self._smoothers[0] is not None:
            return self._smoothers[0].scores
        return result.scores if isinstance(result, Scored) else None

    def _other(self, segmentations: Sequence[Segmentation]) -> LabelMap | None:
        """The second engine's labels, if there is one, in the ids of the first one's set."""
        if len(segmentations) == 1:
            return None
        other = segmentations[1].labels
        return other if self._ids is None else self._ids[other]


def _labelled(inferred: Inferred, smoother: Smoother | None) -> Segmentation:
    if smoother is not None:
        return smoother(inferred)
    result = inferred.result
    assert result is not None, "without smoothing every frame is seen"
    bare = result if isinstance(result, np.ndarray) else result.labels
    return Segmentation(inferred.frame, bare)
