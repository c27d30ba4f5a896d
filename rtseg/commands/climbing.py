"""The ladder of `rtseg run --target-fps`: which engines its rungs have, and how each is painted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rtseg.commands.log import tell
from rtseg.commands.painter import Painter
from rtseg.engine.backends import choose_backend
from rtseg.engine.package import ModelPackage
from rtseg.errors import UsageError
from rtseg.pipeline.climber import Climber
from rtseg.pipeline.pipeline import Render
from rtseg.pipeline.rungs import Rung
from rtseg.pipeline.wish import EngineWish, Wish
from rtseg.source.base import SourceInfo
from rtseg.stats import RunStats
from rtseg.types import Rgb, Segmentation
from rtseg.yuv import Planes

if TYPE_CHECKING:
    from rtseg.commands.job import Job


def climber_for(job: Job, package: ModelPackage, source: SourceInfo) -> Climber | None:
    """None where no rate is to be held. Raises UsageError where it cannot be."""
    if job.ladder is None:
        return None
    if not source.live:
        raise UsageError(
            f"--target-fps drops frames where it must, and of {source.name} every frame "
            "counts: add --mode live, or leave --target-fps out"
        )
    if job.smoothing.keyframe != 1:
        raise UsageError(
            "--target-fps counts frames that the network saw, and --keyframe hides most from "
            "it: leave one of them out"
        )
    full = job.smoothing.active or job.look != job.look.plain
    rungs = job.ladder.rungs(package, job.precision, full=full)
    return Climber(
        rungs,
        partial(_wish, job, _backend_for(job, package, rungs[0])),
        source,
        target_fps=job.ladder.target_fps,
        smoothing=job.smoothing,
        told=tell,
    )


def painting(climber: Climber, painter: Painter) -> Render:
    """As the rung says that serves."""
    plain = replace(painter, look=painter.look.plain)

    def paint(segmentation: Segmentation, stats: RunStats) -> Rgb | Planes:
        return (painter if climber.rung.full else plain)(segmentation, stats)

    return paint


def _backend_for(job: Job, package: ModelPackage, rung: Rung) -> str:
    """Of all rungs: on the CPU, what was not built for the GPU would be slower, not faster."""
    at_size = package.at(rung.height, rung.width)
    return choose_backend(job.backend, at_size, rung.precision, scores=job.smoothing.active)


def _wish(job: Job, backend: str, rung: Rung) -> EngineWish:
    wish = Wish(
        job.model,
        backend,
        rung.precision,
        scores=rung.full and job.smoothing.active,
        threads=job.threads,
    )
    return replace(wish.engines(live=True)[0], size=(rung.height, rung.width))
