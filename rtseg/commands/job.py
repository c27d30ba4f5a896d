"""One run from start to report: what ``rtseg run`` and ``rtseg demo`` have in common."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from rtseg.commands.health import CameraHealth, health_for
from rtseg.commands.interrupts import Interrupts
from rtseg.commands.memory import keep_freed_memory
from rtseg.commands.outputs import Wanted, make_sinks
from rtseg.commands.report import Run, as_json, print_report, process_age_nanos
from rtseg.commands.screen import print_json, progress_bar, warn
from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine, EngineInfo
from rtseg.engine.package import DEFAULT_MODEL, ModelPackage, find_package
from rtseg.errors import EngineError, RtsegError, UsageError
from rtseg.labels import LabelSet
from rtseg.legend import draw_legend
from rtseg.overlay import Look, render, visible_classes
from rtseg.pipeline.lineup import depth_for
from rtseg.pipeline.pipeline import Pipeline
from rtseg.sink.base import Sink
from rtseg.sink.events import STDOUT
from rtseg.sink.statistics import class_counts
from rtseg.smoothing import Smoothing
from rtseg.source.base import Source
from rtseg.source.paced import Paced
from rtseg.stats import RunStats
from rtseg.types import Rgb, Segmentation

MODES = ("auto", "offline", "live")


def in_mode(source: Source, mode: str) -> Source:
    """The source as the mode wants it: "live" replays a file at its own rate."""
    if mode not in MODES:
        raise UsageError(f"no mode named {mode!r}; there are: {', '.join(MODES)}")
    return Paced(source) if mode == "live" else source


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
    smoothing: Smoothing = field(default_factory=Smoothing)
    health: str = "auto"

    def run(self, *, json_on_stdout: bool = False) -> int:
        """Returns the exit code. A failure is raised after what could be kept was written."""
        if json_on_stdout and self.wanted.events == STDOUT:
            raise UsageError(
                "--json and --events - both want stdout: send the events to a file or udp://"
            )
        keep_freed_memory()
        package = find_package(self.model or DEFAULT_MODEL)
        painter = Painter(package.labels, self.look)
        with self.source as source:
            refuse_waiting(source, self.mode)
            sinks = make_sinks(self.wanted, source, self.reference, labels=package.labels)
            engine = self._engine(package, live=source.info.live)
            health = health_for(self.health, live=source.info.live)
            pipeline = Pipeline(
                source,
                engine,
                sinks,
                render=painter,
                limit=self.limit,
                smoothing=self.smoothing,
                watch=health,
            )
            pipeline.stats.started_nanos -= process_age_nanos()
            failure, code = self._drive(pipeline, health)
            run = self._described(package, engine, sinks, stats=pipeline.stats, health=health)
        if run.summary.frames_written or failure is None:
            # Where events have stdout, people read the report on stderr.
            with redirect_stdout(sys.stderr if self.wanted.events == STDOUT else sys.stdout):
                _report(run, json_on_stdout=json_on_stdout)
        if failure is not None:
            raise failure
        return code

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

    def _drive(
        self, pipeline: Pipeline, health: CameraHealth | None
    ) -> tuple[RtsegError | None, int]:
        """Run to the end or to a signal, showing progress; the failure that ended it, if any."""
        with (
            Interrupts(gently=pipeline.finish, at_once=pipeline.stop) as interrupts,
            pipeline,
            progress_bar("run") as bar,
        ):
            task = bar.add_task("run", total=self._total(), note="")
            while not pipeline.wait(0.2):
                written = pipeline.stats.written
                faults = f"  {health.note}" if health and health.note else ""
                bar.update(task, completed=written.count, note=f"{written.fps:.1f} FPS{faults}")
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
            spec=package.spec,
            labels=package.labels,
            engine=_info(engine),
            mode="live" if source.info.live else "offline",
            smoothing=self.smoothing,
            summary=stats.summary(),
            outputs=tuple(path for sink in sinks for path in sink.outputs),
            warnings=(*source.warnings, *(each for sink in sinks for each in sink.warnings)),
            health=health,
        )


@dataclass(frozen=True)
class Painter:
    """The render step of a pipeline: the overlay, and on request its legend with the FPS."""

    labels: LabelSet
    look: Look

    def __post_init__(self) -> None:
        visible_classes(self.labels, self.look.hidden)

    def __call__(self, segmentation: Segmentation, stats: RunStats) -> Rgb:
        return self.paint(segmentation, f"{stats.processed.fps:.0f} FPS")

    def paint(self, segmentation: Segmentation, *lines: str) -> Rgb:
        """lines: of text above the classes, where a legend is wanted."""
        image = render(segmentation, self.labels, self.look)
        if self.look.legend:
            counts = class_counts(segmentation.labels, len(self.labels))
            shares = counts / max(1, segmentation.labels.size)
            draw_legend(image, self.labels, shares=shares, lines=lines)
        return image


def _info(engine: Engine) -> EngineInfo | None:
    try:
        return engine.info
    except EngineError:
        return None


def _report(run: Run, *, json_on_stdout: bool) -> None:
    if json_on_stdout:
        print_json(as_json(run))
    else:
        print_report(run)
    for warning in run.warnings:
        warn(warning)
