"""The engines of a ladder, all of them warm, and the going over from one to another."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

from rtseg.errors import RtsegError
from rtseg.pipeline.engines import discard
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.ladder import Ladder, Moment
from rtseg.pipeline.lineup import Lineup
from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.rungs import Rung
from rtseg.pipeline.wish import EngineWish
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo
from rtseg.types import Picture

OPENING_NANOS = 5 * 10**9
"""For a machine that is busy when the run starts: the open rungs must do then."""


@dataclass(frozen=True)
class Switch:
    """seconds: since the first frame arrived. why: for people."""

    seconds: float
    before: Rung
    after: Rung
    why: str

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s: from {self.before} to {self.after}: {self.why}"


@dataclass
class Served:
    """What one rung did. nanos: the time in which it served; engine_nanos: of every inference."""

    frames: int = 0
    nanos: int = 0
    engine_nanos: array[int] = field(default_factory=lambda: array("q"))


class Climber:
    """A sink that watches the frames leave, and engages the line-up of another rung when it should.

    ``Pipeline(source, climber.first(), [*sinks, climber])``, then ``climber.follow(pipeline)``
    before that is entered. The first rung serves from the start; while it does, the others' engines
    are opened and warmed, one after the other, each on its own thread. As that is a load itself,
    nothing is judged until all are open, but no longer than OPENING_NANOS. A rung whose engine
    cannot be opened is left out, which a note says. Engines stay open to the end. All but ``first``
    and ``follow`` on the sinks thread.

    rungs: at least one, the best first. wish: the engine of a rung. smoothing: of the rungs that
    are full; their engine gives scores. told: called with a switch, or with a note.
    """

    wants_image = False
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        rungs: Sequence[Rung],
        wish: Callable[[Rung], EngineWish],
        source: SourceInfo,
        *,
        target_fps: float,
        smoothing: Smoothing,
        told: Callable[[str], None],
    ) -> None:
        self.rung = rungs[0]
        self.target_fps = target_fps
        self.switches: list[Switch] = []
        self.notes: list[str] = []
        self._wish, self._source, self._smoothing = wish, source, smoothing
        self._told = told
        self._waiting = list(rungs)
        self._open: dict[Rung, Inference] = {}
        self._engines: dict[EngineWish, Inference] = {}
        self._served = {rung: Served() for rung in rungs}
        self._ladder = Ladder(
            rungs[0].cost, target_fps=target_fps, cores=len(os.sched_getaffinity(0))
        )
        self._opening: tuple[Rung, Inference] | None = None
        self._complete = False
        self._began_nanos = self._last_nanos = 0

    def first(self) -> Lineup:
        """The pipeline opens its engine."""
        rung = self._waiting.pop(0)
        self._open[rung] = self._inference(rung)
        return self._lineup(rung)

    def follow(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        if 0 < self._source.fps < self.target_fps:
            self._note(
                f"{self._source.name} gives {float(self._source.fps):g} FPS: that is held, not "
                f"{self.target_fps:g}"
            )

    def __enter__(self) -> Climber:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Also engines that are still opening, and one that took over when nothing came any more:
        the pipeline does not know them, or has closed its own before."""
        discard(list(self._engines.values()))

    def write(self, picture: Picture) -> None:
        moment = self._moment(picture)
        self._count(moment)
        if not self._complete:
            self._open_next()
        if not self._complete and moment.done_nanos < self._began_nanos + OPENING_NANOS:
            return
        move = self._ladder.see(moment)
        if move is not None:
            self._go(list(self._open)[move.rung], moment, why=move.why)
        elif self._complete and self._ladder.is_beaten:
            self._say_beaten(self._ladder.fps)

    def facts(self) -> dict[str, Any]:
        """For JSON; once the run is over."""
        return {
            "target_fps": self.target_fps,
            "rungs": [
                _described(rung, self._served[rung]) | {"precision": _precision(inference)}
                for rung, inference in self._open.items()
            ],
            "switches": [
                {
                    "seconds": round(each.seconds, 3),
                    "from": str(each.before),
                    "to": str(each.after),
                    "why": each.why,
                }
                for each in self.switches
            ],
            "notes": self.notes,
        }

    def _moment(self, picture: Picture) -> Moment:
        stages = self._pipeline.stats.stages_of_last(1)
        engine = stages.pop("inference", 0.0)
        return Moment(
            captured_nanos=picture.segmentation.frame.captured_nanos,
            done_nanos=time.monotonic_ns(),
            engine_nanos=round(engine * 1e6),
            others_nanos=round(sum(stages.values()) * 1e6),
            arrived=self._pipeline.stats.captured.count,
        )

    def _count(self, moment: Moment) -> None:
        """Frames that were on their way when a rung took over count as its own."""
        if not self._last_nanos:
            self._began_nanos = self._last_nanos = moment.done_nanos
        served = self._served[self.rung]
        served.frames += 1
        served.nanos += moment.done_nanos - self._last_nanos
        served.engine_nanos.append(moment.engine_nanos)
        self._last_nanos = moment.done_nanos

    def _open_next(self) -> None:
        """One engine at a time."""
        if self._opening is not None:
            rung, inference = self._opening
            if not (inference.ready or inference.error):
                return
            self._opening = None
            if inference.error:
                self._leave_out(rung, inference.error)
            else:
                self._open[rung] = inference
                self._ladder.add(rung.cost)
        if self._waiting:
            self._begin(self._waiting.pop(0))
            return
        self._complete = True
        if len(self._open) == 1:
            self._note(f"{self.rung} is the only rung: nothing can be done to hold the rate")

    def _begin(self, rung: Rung) -> None:
        try:
            inference = self._inference(rung)
        except RtsegError as error:
            self._leave_out(rung, error)
        else:
            inference.start()
            self._opening = rung, inference

    def _leave_out(self, rung: Rung, error: BaseException) -> None:
        self._note(f"the rung {rung} is left out: {error}")

    def _inference(self, rung: Rung) -> Inference:
        wish = self._wish(rung)
        if wish not in self._engines:
            self._engines[wish] = wish.inference(self._source)
        return self._engines[wish]

    def _lineup(self, rung: Rung) -> Lineup:
        return Lineup(
            [self._open[rung]],
            smoothing=self._smoothing if rung.full else Smoothing(),
            live=True,
            spare=list(self._open.values()),
        )

    def _go(self, rung: Rung, moment: Moment, *, why: str) -> None:
        seconds = (moment.done_nanos - self._pipeline.stats.captured.first_nanos) / 1e9
        self.switches.append(Switch(seconds, self.rung, rung, why))
        self.rung = rung
        self._pipeline.engage(self._lineup(rung))
        self._told(str(self.switches[-1]))

    def _say_beaten(self, fps: float) -> None:
        """Once."""
        if not any(note.startswith(_BEATEN) for note in self.notes) and len(self._open) > 1:
            stages = self._pipeline.stats.stages_of_last(15)
            slowest = max(stages, key=lambda name: stages[name])
            self._note(
                f"{_BEATEN}, {self.rung}, makes {fps:.1f} of {self.target_fps:g} FPS; the slowest "
                f"stage is {slowest}, with {stages[slowest]:.0f} ms a frame"
            )

    def _note(self, words: str) -> None:
        self.notes.append(words)
        self._told(words)


_BEATEN = "even the last rung"


def _precision(inference: Inference) -> str | None:
    """The one found; None where the engine never opened."""
    return inference.engine.info.precision if inference.ready else None


def _described(rung: Rung, served: Served) -> dict[str, Any]:
    seconds = served.nanos / 1e9
    engine = served.engine_nanos
    return {
        "rung": str(rung),
        "network": [rung.height, rung.width],
        "frames": served.frames,
        "seconds": round(seconds, 3),
        "fps": round(served.frames / seconds, 2) if seconds else None,
        "inference_ms": round(median(engine) / 1e6, 3) if engine else None,
    }
