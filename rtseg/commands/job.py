"""One run from start to report: what ``rtseg run`` and ``rtseg demo`` have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace

from rtseg.commands.climbing import climber_for, painting
from rtseg.commands.health import CameraHealth, health_for
from rtseg.commands.interrupts import Interrupts
from rtseg.commands.log import tell, warn
from rtseg.commands.memory import keep_freed_memory
from rtseg.commands.outputs import Wanted, make_sinks
from rtseg.commands.painter import Painter
from rtseg.commands.report import Run, as_json, print_report, process_age_nanos
from rtseg.commands.screen import print_json, progress_bar
from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine, EngineInfo
from rtseg.engine.package import DEFAULT_MODEL, ModelPackage, find_package
from rtseg.errors import EngineError, RtsegError, UsageError
from rtseg.operation.health import Health
from rtseg.operation.watch import Watch
from rtseg.overlay import Look
from rtseg.pipeline.climber import Climber
from rtseg.pipeline.lineup import Lineup, depth_for
from rtseg.pipeline.pipeline import Pipeline, Render
from rtseg.pipeline.rungs import LadderWish
from rtseg.sink.base import Sink
from rtseg.sink.events import STDOUT
from rtseg.sink.planes import Films
from rtseg.sink.video import OverlayVideo
from rtseg.smoothing import Smoothing
from rtseg.source.base import Source
from rtseg.source.chaos import Chaos
from rtseg.source.connection import Connected
from rtseg.source.paced import Paced
from rtseg.stats import RunStats

MODES = ("auto", "offline", "live")


def in_mode(source: Source, mode: str) -> Source:
    """The source as the mode wants it: "live" replays a file at its own rate."""
    if mode not in MODES:
        raise UsageError(f"no mode named {mode!r}; there are: {', '.join(MODES)}")
    if mode != "live":
        return source
    return source.around(Paced) if isinstance(source, Chaos) else Paced(source)


def age_limit_nanos(source: Source, max_age_millis: float | None) -> int | None:
    """Raises UsageError for the limit of a source that waits for whoever reads it."""
    if max_age_millis is None:
        return None
    if not source.info.live:
        raise UsageError(
            f"{source.info.name} is not live: its frames do not age; leave --max-age out, or add "
            "--mode live"
        )
    return round(max_age_millis * 1e6)


def refuse_waiting(source: Source, mode: str) -> None:
    """Raises UsageError for the mode "offline" where the open source is live."""
    if mode == "offline" and source.info.live:
        raise UsageError(
            f"{source.info.name} is live: its frames cannot wait, so there is no offline mode for "
            "it; leave --mode out"
        )


@dataclass(frozen=True)
class Job:
    """Everything that was asked for. source: not open yet; reference: what the user called it."""

    reference: str
    source: Source
    wanted: Wanted
    look: Look
    model: str = ""
    backend: str = "auto"
    precision: str = "auto"
    threads: int = 0
    limit: int | None = None
    mode: str = "auto"
    max_age_millis: float | None = None
    smoothing: Smoothing = field(default_factory=Smoothing)
    health: str = "auto"
    ladder: LadderWish | None = None
    watch: Watch = field(default_factory=Watch)

    def run(self, *, json_on_stdout: bool = False) -> int:
        """Returns the exit code. A failure is raised after what could be kept was written."""
        if json_on_stdout and self.wanted.events == STDOUT:
            raise UsageError(
                "--json and --events - both want stdout: send the events to a file or udp://"
            )
        keep_freed_memory()
        package = find_package(self.model or DEFAULT_MODEL)
        painter = Painter(package.labels, self.look)
        with self._watched(), self.source as source:
            refuse_waiting(source, self.mode)
            sinks = make_sinks(self.wanted, source, self.reference, labels=package.labels)
            if _only_videos(sinks):
                painter = replace(painter, films=Films())
            health = health_for(self.health, live=source.info.live)
            climber = climber_for(self, package, source.info)
            if climber is None:
                engine = self._engine(package, live=source.info.live)
                painted = self._is_painted_by(engine, painter, sinks)
                pipeline = self._pipeline(engine, sinks, painter, painted=painted, health=health)
            else:
                lineup = climber.first()
                engine = lineup.inferences[0].engine
                render = painting(climber, painter)
                pipeline = self._pipeline(lineup, [*sinks, climber], render, health=health)
                climber.follow(pipeline)
            pipeline.stats.started_nanos -= process_age_nanos()
            self.watch.follow(
                pipeline,
                source=source.info.name,
                model=package.name,
                labels=package.labels,
                connection=source.connection if isinstance(source, Connected) else None,
            )
            failure, code = self._drive(pipeline, _notes(climber, health))
            run = self._described(package, engine, sinks, stats=pipeline.stats, health=health)
            if climber is not None:
                run = replace(run, ladder=climber.facts())
        if run.summary.frames_written or failure is None:
            # Where events have stdout, people read the report on stderr.
            with redirect_stdout(sys.stderr if self.wanted.events == STDOUT else sys.stdout):
                _report(run, json_on_stdout=json_on_stdout)
        if failure is not None:
            raise failure
        return code

    def _pipeline(
        self,
        engine: Engine | Lineup,
        sinks: Sequence[Sink],
        render: Render,
        *,
        painted: bool = False,
        health: CameraHealth | None,
    ) -> Pipeline:
        return Pipeline(
            self.source,
            engine,
            sinks,
            render=render,
            painted=painted,
            limit=self.limit,
            max_age_nanos=age_limit_nanos(self.source, self.max_age_millis),
            smoothing=self.smoothing,
            watch=health,
        )

    @contextmanager
    def _watched(self) -> Iterator[None]:
        with self.watch as watch:
            if watch.url:
                tell(f"metrics at {watch.url}/metrics", event="listening", url=watch.url)
            yield

    def _engine(self, package: ModelPackage, *, live: bool) -> Engine:
        depth = depth_for(self.smoothing, live=live)
        if self.smoothing.active:
            return make_engine(
                self.backend,
                package,
                self.precision,
                depth=depth,
                threads=self.threads,
                scores=True,
            )
        return make_engine(self.backend, package, self.precision, depth=depth, threads=self.threads)

    def _is_painted_by(self, engine: Engine, painter: Painter, sinks: Sequence[Sink]) -> bool:
        """Not where labels are still to be steadied."""
        wanted = any(sink.wants_image for sink in sinks) and not self.smoothing.active
        return wanted and painter.hand_over(engine)

    def _drive(self, pipeline: Pipeline, note: Callable[[], str]) -> tuple[RtsegError | None, int]:
        """Run to the end or to a signal, showing progress; the failure that ended it, if any."""
        with (
            Interrupts(gently=pipeline.finish, at_once=pipeline.stop) as interrupts,
            pipeline,
            progress_bar("run") as bar,
        ):
            task = bar.add_task("run", total=self._total(), note="")
            while not pipeline.wait(0.2):
                written = pipeline.stats.written
                bar.update(task, completed=written.count, note=f"{written.fps:.1f} FPS{note()}")
                _say(self.watch.beat(stopping=interrupts.exit_code != 0))
            try:
                pipeline.join()
            except RtsegError as error:
                return error, interrupts.exit_code
        return None, interrupts.exit_code

    def _total(self) -> int | None:
        counts = [each for each in (self.source.info.frames, self.limit) if each is not None]
        return min(counts, default=None)

    def _described(
        self,
        package: ModelPackage,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        stats: RunStats,
        health: CameraHealth | None,
    ) -> Run:
        source = self.source
        return Run(
            source=source.info,
            spec=engine.spec,
            labels=package.labels,
            engine=_info(engine),
            mode="live" if source.info.live else "offline",
            smoothing=self.smoothing,
            summary=stats.summary(),
            connection=source.connection if isinstance(source, Connected) else None,
            outputs=tuple(path for sink in sinks for path in sink.outputs),
            warnings=(*source.warnings, *(each for sink in sinks for each in sink.warnings)),
            health=health,
        )


def _only_videos(sinks: Sequence[Sink]) -> bool:
    return all(isinstance(sink, OverlayVideo) for sink in sinks if sink.wants_image)


def _info(engine: Engine) -> EngineInfo | None:
    try:
        return engine.info
    except EngineError:
        return None


def _notes(climber: Climber | None, health: CameraHealth | None) -> Callable[[], str]:
    """What the progress line says beside the rate."""

    def notes() -> str:
        rung = str(climber.rung) if climber is not None else ""
        faults = health.note if health is not None else ""
        return "".join(f", {each}" for each in (rung, faults) if each)

    return notes


def _say(health: Health | None) -> None:
    if health is not None:
        say = tell if health.good else warn
        say(f"{health.state}: {health.reason}", event=health.state)


def _report(run: Run, *, json_on_stdout: bool) -> None:
    if json_on_stdout:
        print_json(as_json(run))
    else:
        print_report(run)
    for warning in run.warnings:
        warn(warning)
