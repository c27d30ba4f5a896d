"""One source played through one engine, or two, and commanded while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, TypeAlias

from rtseg.engine.base import EngineInfo
from rtseg.errors import RtsegError, StageError, UsageError
from rtseg.labels import LabelSet
from rtseg.pipeline.channel import Closed
from rtseg.pipeline.engines import Engines, fallback
from rtseg.pipeline.lineup import Lineup
from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.playback import Playback
from rtseg.pipeline.recording import Recorder
from rtseg.pipeline.shot import Shot, ShotSink
from rtseg.pipeline.wish import Policy, Wish
from rtseg.source.base import Source, SourceInfo, close
from rtseg.source.patience import Patience
from rtseg.source.uri import open_source
from rtseg.stats import RunStats
from rtseg.types import Rgb

__all__ = ["Policy", "Session", "Shot", "State", "Wish"]

State: TypeAlias = Literal["opening", "playing", "paused", "ended", "failed", "closed"]

WINDOW = 1024
"""Frames of which latencies and stages are kept: at 30 Hz, half a minute."""


class Session:
    """``with Session("drive.mp4", Wish(), shown=..., changed=...) as session: session.pause()``.

    Commands come from any thread and return at once; what they cannot do is told in ``warning``.
    shown, changed: called on the session's threads, and must return at once too: with every
    finished frame, and whenever a property has another value. Leaving the block ends and joins all
    threads. What ends it shows as the state "failed" with its error; another source needs another
    session. started_paused: with the first frame on show.
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
        self._reference, self._granted = source, wish
        self._shown, self._tell = shown, changed
        self._paused = started_paused
        self._warning = ""
        self._commanded = threading.Condition()
        self._wish: Wish | None = wish
        self._early: list[Callable[[Playback], None]] = []
        self._closing = self._over = False
        self._source: Source | None = None
        self._playback: Playback | None = None
        self._pipeline: Pipeline | None = None
        self._recorder = Recorder(changed)
        self._engines = Engines(self._wait, self._wake)
        self._labels: LabelSet | None = None
        self._no_stats = RunStats(time.monotonic_ns())
        self._position = Fraction(0)
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
        self._closing = True
        if self._source is not None:
            close(self._source)
        self._wake()
        self._director.join()
        self._recorder.close()

    @property
    def state(self) -> State:
        if self._closing:
            return "closed"
        if self.error is not None:
            return "failed"
        if self._playback is None or self._pipeline is None:
            return "opening"
        return "ended" if self._over else self._playback.phase

    @property
    def warning(self) -> str:
        """The newest thing that should be known though everything goes on; "" where nothing."""
        source = self._playback.warnings if self._playback else ()
        return self._warning or self._recorder.warning or (source[-1] if source else "")

    @property
    def wish(self) -> Wish:
        """The one that was granted last; before that, the first."""
        return self._granted

    @property
    def stats(self) -> RunStats:
        """Of the present stretch: since the last start, seek, change or new speed."""
        return self._pipeline.stats if self._pipeline else self._no_stats

    @property
    def source_info(self) -> SourceInfo | None:
        """None until it is open."""
        return self._playback.info if self._playback else None

    @property
    def engines(self) -> tuple[EngineInfo, ...]:
        """Those that run, the one that is compared with second; none until they are open."""
        return self._engines.infos

    @property
    def labels(self) -> LabelSet | None:
        """Of the first engine; None until it is open. A shot has its own."""
        return self._labels

    @property
    def position_seconds(self) -> float:
        """Of the newest finished frame."""
        return float(self._position)

    @property
    def recording(self) -> Path | None:
        """What is being written; None where nothing is."""
        return self._recorder.path

    def play(self) -> None:
        """From the beginning, where the end was reached."""
        self._command(Playback.play, anew=True)

    def pause(self) -> None:
        self._command(Playback.pause)

    def step(self, frames: int) -> None:
        """Pauses; so many frames on, or back where negative and the source is seekable."""
        self._command(lambda playback: playback.step(frames), forget=frames < 0)

    def seek(self, seconds: float) -> None:
        """To the frame that is on at this time; after the end, to the last one."""
        self._command(lambda playback: playback.seek(seconds), forget=True)

    def set_speed(self, factor: float | None) -> None:
        """1: as the source says; None: as fast as it goes."""
        self._command(lambda playback: playback.set_speed(factor), anew=True)

    def set_loop(self, loop: bool) -> None:
        self._command(lambda playback: playback.set_loop(loop))

    def change(self, wish: Wish) -> None:
        """Prepare what is wished for aside, then go over to it between two frames.

        Where that fails the old goes on. Of several changes in short order only the last counts.
        """
        with self._commanded:
            self._wish = wish
            self._commanded.notify_all()

    def record(self, path: Path, *, render: Callable[[Shot], Rgb]) -> None:
        """H.264 of every frame that is finished from now on, in place of a recording before.

        render: paints a shot, on the recording's thread. Raises UsageError for a name that is no
        video's. A disk that is full ends the recording, not the session.
        """
        if self._closing:
            return
        live = self._pipeline is not None and self._pipeline.is_live
        fps = self._playback.info.fps if self._playback else Fraction(0)
        self._recorder.begin(path, fps=fps, live=live, render=render)

    def stop_recording(self) -> None:
        """What was finished until now is still written, aside."""
        self._recorder.stop()

    def _command(
        self, order: Callable[[Playback], None], *, anew: bool = False, forget: bool = False
    ) -> None:
        """anew: with new statistics. forget: and without the frames that are on their way."""
        with self._commanded:
            pipeline, playback = self._pipeline, self._playback
            if pipeline is None or playback is None:
                self._early.append(order)
                return
        if forget and playback.info.seekable:
            pipeline.restart(forget=True)
        elif anew:
            pipeline.restart()
        self._carry_out(order, playback)

    def _carry_out(self, order: Callable[[Playback], None], playback: Playback) -> None:
        try:
            order(playback)
        except UsageError as error:
            self._warning = str(error)
        self._tell()

    def _direct(self) -> None:
        try:
            self._source = open_source(self._reference, patience=Patience())
            if not self._closing:
                with self._source as source:
                    self._run(source)
        except Closed:
            pass
        except RtsegError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a thread's last line, shown as the state
            self.error = StageError(f"the session died of {type(error).__name__}: {error}")
            self.error.__cause__ = error
        finally:
            self._engines.close()
            self._recorder.stop()
            self._tell()

    def _run(self, source: Source) -> None:
        playback = Playback(source, paused=self._paused, stats=lambda: self.stats, ended=self._tell)
        self._playback = playback
        lineup = self._prepare(playback)
        pipeline = Pipeline(
            playback,
            lineup,
            [ShotSink(self._finish)],
            render=None,
            counted=False,
            window=WINDOW,
            ended=self._end,
        )
        with pipeline, playback:
            with self._commanded:
                self._pipeline, early = pipeline, self._early
            for order in early:
                self._carry_out(order, playback)
            self._tell()
            while self._wait(lambda: self._wish is not None):
                self._switch(pipeline, playback)
            if self._over:
                pipeline.join()
                with self._commanded:
                    self._commanded.wait_for(lambda: self._closing)

    def _switch(self, pipeline: Pipeline, playback: Playback) -> None:
        before, granted = self._engines.infos, self._granted
        try:
            lineup = self._prepare(playback)
        except Closed:
            return
        except RtsegError as error:
            self._warning = f"{error}; what ran before goes on"
        else:
            automatic = self._granted.backend == granted.backend == "auto"
            self._warning = fallback(before, self._engines.infos) if automatic else ""
            pipeline.engage(lineup)
            pipeline.restart()
            playback.repeat()
        self._tell()

    def _prepare(self, playback: Playback) -> Lineup:
        """For the newest wish, which is granted with that."""
        with self._commanded:
            wish, self._wish = self._wish or self._granted, None
        lineup = self._engines.prepare(wish, playback.info)
        playback.late = lineup.live
        self._labels, self._granted = lineup.label_set, wish
        return lineup

    def _wait(self, condition: Callable[[], bool]) -> bool:
        """False where the session is closing, or its pipeline has ended."""
        with self._commanded:
            self._commanded.wait_for(lambda: condition() or self._closing or self._over)
            return not (self._closing or self._over)

    def _wake(self) -> None:
        with self._commanded:
            self._commanded.notify_all()

    def _end(self) -> None:
        self._over = True
        self._wake()

    def _finish(self, shot: Shot) -> None:
        """On the sinks thread."""
        self._position = shot.segmentation.frame.pts
        self._shown(shot)
        lost = self._recorder.offer(shot)
        if lost:
            self.stats.drop("recording", lost)
        assert self._playback is not None
        if self._playback.done(shot.segmentation.frame):
            self._tell()
