"""One source played through one engine, or two, and commanded while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

import numpy as np

from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine, EngineInfo
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.errors import EngineError, RtsegError
from rtseg.labels import LabelSet
from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.playback import Playback
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo
from rtseg.source.uri import open_source
from rtseg.stats import RunStats
from rtseg.types import LabelMap, Picture, Rgb, Scores, Segmentation

State: TypeAlias = Literal["opening", "playing", "paused", "ended", "failed", "closed"]
Policy: TypeAlias = Literal["auto", "live", "offline"]


@dataclass(frozen=True)
class Shot:
    """One finished frame; its arrays are never written again.

    other: of the second engine, in the ids of the first one's label set; None without one.
    scores: of the first engine, where they were wished for. number: counts the finished frames of
    the session from 0, across seeks. label_set: what the ids mean.
    """

    segmentation: Segmentation
    other: LabelMap | None
    scores: Scores | None
    number: int
    label_set: LabelSet


@dataclass(frozen=True)
class Wish:
    """What can change while a session runs.

    compare: model, backend and precision of a second engine on the same frames. policy: "offline"
    shows every frame, "live" the newest one, "auto" leaves that to the source. threads: of each
    engine, 0 = all cores.
    """

    model: str = ""
    backend: str = "auto"
    precision: str = "auto"
    compare: tuple[str, str, str] | None = None
    scores: bool = False
    smoothing: Smoothing = field(default_factory=Smoothing)
    policy: Policy = "auto"
    threads: int = 0


class Session:
    """``with Session("drive.mp4", Wish(), shown=..., changed=...) as session: session.pause()``.

    Commands come from any thread and return at once. shown, changed: called on the session's
    threads, and must return at once too: with every finished frame, and whenever a property has
    another value. Leaving the block ends and joins all threads. What fails shows as the state
    "failed" with its error; another source needs another session.
    """

    def __init__(
        self,
        source: str,
        wish: Wish,
        *,
        shown: Callable[[Shot], None],
        changed: Callable[[], None],
        started_paused: bool = False,
    ) -> None:
        self.error: RtsegError | None = None
        self.warning = ""
        self._reference, self._wish = source, wish
        self._tell_shot, self._tell_change = shown, changed
        self._paused = started_paused
        self._commanded = threading.Condition()
        self._closing = False
        self._ended = False
        self._playback: Playback | None = None
        self._pipeline: Pipeline | None = None
        self._labels: LabelSet | None = None
        self._engine: Engine | None = None
        self._idle_stats = RunStats(0)
        self._number = 0
        self._position = 0.0
        self._director = threading.Thread(target=self._direct, name="rtseg-session")

    def __enter__(self) -> Session:
        self._director.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._commanded:
            self._closing = True
            self._commanded.notify_all()
        if self._playback is not None:
            self._playback.close()
        self._director.join()

    @property
    def state(self) -> State:
        if self._closing:
            return "closed"
        if self.error is not None:
            return "failed"
        if self._playback is None or self._pipeline is None:
            return "opening"
        return self._playback.phase

    @property
    def stats(self) -> RunStats:
        """Of the present stretch: since the last seek, change, pause or new speed."""
        return self._pipeline.stats if self._pipeline else self._idle_stats

    @property
    def source_info(self) -> SourceInfo | None:
        """None until it is open."""
        return self._playback.info if self._playback else None

    @property
    def engines(self) -> tuple[EngineInfo, ...]:
        """Those that run: none until the first is open."""
        try:
            return (self._engine.info,) if self._engine else ()
        except EngineError:
            return ()

    @property
    def labels(self) -> LabelSet | None:
        """Of the first engine; None until it is open."""
        return self._labels

    @property
    def position_seconds(self) -> float:
        """Of the newest finished frame."""
        return self._position

    def play(self) -> None:
        self._command(Playback.play)

    def pause(self) -> None:
        self._command(Playback.pause)

    def step(self, frames: int) -> None:
        """Pauses; so many frames on, or back where negative and the source is seekable."""
        self._command(lambda playback: playback.step(frames))

    def seek(self, seconds: float) -> None:
        self._command(lambda playback: playback.seek(seconds))

    def set_speed(self, factor: float | None) -> None:
        """1: as the source says; None: as fast as it goes."""
        self._command(lambda playback: playback.set_speed(factor))

    def set_loop(self, loop: bool) -> None:
        self._command(lambda playback: playback.set_loop(loop))

    def change(self, wish: Wish) -> None:
        """Prepare what is wished for aside, then go over to it between two frames.

        Where that fails the old goes on, and ``warning`` says why.
        """
        with self._commanded:
            self._wish = wish
            self._commanded.notify_all()

    def record(self, path: Path, *, render: Callable[[Shot], Rgb]) -> None:
        """Write every finished frame, as ``render`` paints it on a thread of the session."""
        raise NotImplementedError

    def stop_recording(self) -> None:
        raise NotImplementedError

    def _command(self, order: Callable[[Playback], None]) -> None:
        if self._playback is not None:
            order(self._playback)
            self._tell_change()

    def _direct(self) -> None:
        try:
            package = find_package(self._wish.model or DEFAULT_MODEL)
            with open_source(self._reference) as source:
                playback = Playback(
                    source, paused=self._paused, drop=self._drop, ended=self._tell_change
                )
                self._labels = package.labels
                self._engine = make_engine(
                    self._wish.backend, package, self._wish.precision, depth=1
                )
                pipeline = Pipeline(playback, self._engine, [_Shots(self)], render=_nothing)
                with pipeline:
                    self._pipeline, self._playback = pipeline, playback
                    self._tell_change()
                    with self._commanded:
                        self._commanded.wait_for(lambda: self._closing)
        except RtsegError as error:
            self.error = error
            self._tell_change()

    def _drop(self, cause: str, count: int) -> None:
        self.stats.drop(cause, count)

    def _finished(self, picture: Picture) -> None:
        assert self._labels is not None
        assert self._playback is not None
        segmentation = picture.segmentation
        shot = Shot(segmentation, None, None, number=self._number, label_set=self._labels)
        self._number += 1
        self._position = float(segmentation.frame.pts)
        self._tell_shot(shot)
        self._playback.done(segmentation.frame)
        if self._playback.settled:
            self._tell_change()


class _Shots:
    """The sink that hands over."""

    wants_image = False
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> _Shots:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def write(self, picture: Picture) -> None:
        self._session._finished(picture)


def _nothing(segmentation: Segmentation, stats: RunStats) -> Rgb:
    return np.empty((0, 0, 3), np.uint8)
