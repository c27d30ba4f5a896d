"""What a finished run says of itself: one JSON object, or a few lines and tables for people."""

from __future__ import annotations

import platform
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtseg import __version__
from rtseg.commands.health import CameraHealth
from rtseg.engine.base import EngineInfo
from rtseg.labels import LabelSet
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo
from rtseg.source.connection import Connection
from rtseg.stats import Summary
from rtseg.types import ModelSpec

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Run:
    """Everything about one run that its report needs. engine is None if it never opened.

    health: None where nobody looked. ladder: what ``Climber.facts`` says; None without one.
    """

    source: SourceInfo
    spec: ModelSpec
    labels: LabelSet
    engine: EngineInfo | None
    mode: str
    smoothing: Smoothing
    summary: Summary
    connection: Connection | None
    outputs: tuple[Path, ...]
    warnings: tuple[str, ...]
    health: CameraHealth | None
    ladder: dict[str, Any] | None = None


def as_json(run: Run) -> dict[str, Any]:
    """Stable keys; fractions, not per cent; milliseconds where the key says so."""
    summary, engine = run.summary, run.engine
    areas = summary.areas[: len(run.labels)].round(5).tolist()
    return {
        "source": run.source.name,
        "model": engine.model if engine else None,
        "backend": engine.backend if engine else None,
        "precision": engine.precision if engine else None,
        "mode": run.mode,
        **run.smoothing.facts,
        "frames_declared": run.source.frames,
        **_frames(summary),
        "connection": _connection(run),
        "capture_fps": round(summary.capture_fps, 2),
        "processed_fps": round(summary.processed_fps, 2),
        "written_fps": round(summary.written_fps, 2),
        "latency_ms": summary.latency.rounded(),
        "stages_ms": {name: each.rounded() for name, each in summary.stages.items()},
        "ladder": run.ladder,
        "first_frame_seconds": round(summary.first_frame_seconds, 3),
        "classes": dict(zip(run.labels.names, areas, strict=True)),
        "health": run.health.facts if run.health else None,
        "picture": [run.source.height, run.source.width],
        "network": [run.spec.height, run.spec.width],
        "warm_up": "2 inferences before the first frame; no frame is left out of the numbers",
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "device": engine.device if engine else None,
        "versions": _versions(engine),
        "outputs": [str(path) for path in run.outputs],
        "warnings": list(run.warnings),
    }


def _connection(run: Run) -> dict[str, Any] | None:
    return None if run.connection is None else run.connection.facts(time.monotonic_ns())


def _frames(summary: Summary) -> dict[str, Any]:
    return {
        "frames_read": summary.frames_read,
        "frames_written": summary.frames_written,
        "frames_key": summary.frames_written - summary.frames_warped,
        "frames_warped": summary.frames_warped,
        "dropped": summary.dropped,
    }


def print_report(run: Run) -> None:
    from rtseg.commands.screen import show, table

    summary, engine, source = run.summary, run.engine, run.source
    if engine is not None:
        show(
            f"{engine.model}  {engine.backend} {engine.precision}  "
            f"{run.spec.height}x{run.spec.width}  on {engine.device}"
        )
    dropped = ", ".join(f"{count} {cause}" for cause, count in summary.dropped.items()) or "none"
    show(
        f"{source.name}: {source.height}x{source.width}, {summary.frames_read} frames read, "
        f"{summary.frames_written} written, dropped: {dropped}  ({run.mode})",
        "",
    )
    times = table("milliseconds", "p50", "p95", "p99", "max")
    for name, each in [*summary.stages.items(), ("latency", summary.latency)]:
        times.add_row(name, *(f"{each_:.1f}" for each_ in (each.p50, each.p95, each.p99, each.max)))
    areas = table("class", "mean area %")
    for class_id in summary.areas[: len(run.labels)].argsort()[::-1]:
        if summary.areas[class_id] >= 0.0005:
            areas.add_row(run.labels.names[class_id], f"{100 * summary.areas[class_id]:.1f}")
    show(times, "", areas, "", f"processed_fps {summary.processed_fps:.1f}")
    if run.smoothing.active:
        show(
            f"smoothing: {run.smoothing.words}; {summary.frames_warped} frames were warped, not "
            f"processed: written_fps {summary.written_fps:.1f}"
        )
    if run.health is not None:
        show(f"camera health: {run.health.words or 'no fault'}")
    if run.ladder is not None:
        show("", _rungs(run.ladder))
    connection = _connection(run)
    if connection is not None:
        show(
            f"connection {connection['grade']}: {connection['reconnects']} reconnects, "
            f"{connection['stalls']} stalls, longest time away "
            f"{connection['longest_down_seconds']:.1f} s"
        )
    for path in run.outputs:
        show(f"wrote {path}")


def _rungs(ladder: dict[str, Any]) -> Table:
    from rtseg.commands.screen import table

    title = f"target {ladder['target_fps']:g} FPS, {len(ladder['switches'])} switches"
    rungs = table("rung", "seconds", "frames", "FPS", "inference ms", title=title)
    for each in ladder["rungs"]:
        words = (each[key] for key in ("seconds", "frames", "fps", "inference_ms"))
        rungs.add_row(each["rung"], *("" if word is None else f"{word:.4g}" for word in words))
    return rungs


def process_age_nanos() -> int:
    """How long ago this process was started; 0 where the system does not say."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    started = int(fields[19]) / _TICKS_PER_SECOND
    return max(0, int((time.clock_gettime(time.CLOCK_BOOTTIME) - started) * 1e9))


_TICKS_PER_SECOND = 100  # USER_HZ, fixed on Linux


def _versions(engine: EngineInfo | None) -> dict[str, str]:
    versions = {"rtseg": __version__, "python": platform.python_version()}
    return versions | ({engine.backend: engine.version} if engine else {})
