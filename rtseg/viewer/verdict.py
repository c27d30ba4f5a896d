"""One sentence about how the run is doing, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtseg.errors import RtsegError, SourceError
from rtseg.viewer.language import number, tr
from rtseg.viewer.readings import Reading

Level = Literal["good", "warning", "bad", "idle"]

KEEPS_UP = 0.95
"""Of the wanted frames a second; a run that is paced by a clock jitters by some per cent."""

STARTING_SECONDS = 2.0

PAINTING = "painting"
"""The stage beside the pipeline: however long it takes, no frame waits for it."""


@dataclass(frozen=True)
class Verdict:
    level: Level
    text: str


def judge(
    reading: Reading,
    state: str,
    *,
    wanted_fps: float,
    live: bool,
    error: RtsegError | None = None,
    warning: str = "",
) -> Verdict:
    """What matters most, alone.

    state: a session's. wanted_fps: the source's, times the speed of playing; 0: as fast as it
    goes, or nobody knows. warning: what went wrong without ending the run, or that another engine
    runs than before; shown as it is.
    """
    if error is not None:
        return _ended_by(error)
    if state != "playing":
        return Verdict("warning" if warning else "idle", warning or _pause(state))
    if reading.stretch_seconds > STARTING_SECONDS and _falls_behind(reading, wanted_fps, live):
        return Verdict("bad" if live else "warning", _behind(reading, wanted_fps, live))
    if warning:
        return Verdict("warning", warning)
    return Verdict("good", tr("Keeps up") if wanted_fps else tr("As fast as it goes"))


def stage_name(stage: str) -> str:
    """In the viewer's language; a stage that is not known here keeps its own name."""
    return _stage_names().get(stage, stage)


def in_order(stages: dict[str, float]) -> dict[str, float]:
    """As a frame meets them; threads report them in any order. Unknown ones come last."""
    known = list(_stage_names())
    return dict(sorted(stages.items(), key=lambda each: (*known, each[0]).index(each[0])))


def _stage_names() -> dict[str, str]:
    return {
        "capture": tr("Capture"),
        "preprocess": tr("Pre-processing"),
        "motion": tr("Motion"),
        "inference": tr("Inference"),
        "compare": tr("Second engine"),
        "smooth": tr("Smoothing"),
        "overlay": tr("Overlay"),
        "sinks": tr("Output"),
        PAINTING: tr("Painting"),
    }


def _ended_by(error: RtsegError) -> Verdict:
    if isinstance(error, SourceError):
        return Verdict("bad", tr("Source lost: {reason}").format(reason=error))
    return Verdict("bad", tr("Stopped: {reason}").format(reason=error))


def _pause(state: str) -> str:
    return {
        "opening": tr("Opening ..."),
        "paused": tr("Paused"),
        "ended": tr("At the end"),
        "failed": tr("Stopped"),
    }.get(state, tr("Nothing is open"))


def _falls_behind(reading: Reading, wanted_fps: float, live: bool) -> bool:
    wanted = min(wanted_fps, reading.capture_fps) if live and wanted_fps else wanted_fps
    return reading.processed_fps < KEEPS_UP * (wanted or (reading.capture_fps if live else 0.0))


def _behind(reading: Reading, wanted_fps: float, live: bool) -> str:
    fps = wanted_fps or reading.capture_fps
    parts = [
        tr("Cannot keep up: {processed} of {wanted} FPS").format(
            processed=number(reading.processed_fps, 1), wanted=number(fps, 1)
        )
    ]
    stages = {name: millis for name, millis in reading.stages.items() if name != PAINTING}
    if stages:
        slowest = max(stages, key=lambda stage: stages[stage])
        parts.append(
            tr("{stage} takes {millis} ms").format(
                stage=stage_name(slowest), millis=number(stages[slowest], 1)
            )
        )
    parts.append(tr("late frames are dropped") if live else tr("no frame is dropped, it is slower"))
    return "; ".join(parts)
