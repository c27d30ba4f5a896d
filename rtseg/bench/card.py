"""What is said of one cell: its rounds together, in keys that stay.

FPS: the median of the rounds, with each round and an interval. Latency and stages: percentiles
over the frames of all rounds. Counts: summed. Memory and start-up: the largest and the median.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rtseg.bench.cells import Cell
from rtseg.bench.figures import DEADLINE_RULES, Figures
from rtseg.bench.intervals import median_interval, variation
from rtseg.engine.package import ModelPackage
from rtseg.stats import Percentiles
from rtseg.types import Precision

UNSTEADY = 0.025
"""Coefficient of variation above which trtexec of TensorRT warns."""

DRIFTED = 0.05

SOAK_SECONDS = 60.0

FACTS = ("mode", "backend", "precision", "precisions", "device", "version", "network", "in_flight")


def card(cell: Cell, rounds: Sequence[Figures]) -> dict[str, Any]:
    """Of at least one round; ``failed_card`` is for none."""
    facts, whole = rounds[0].recording.facts, bool(rounds[0].frames)
    return {
        "name": named(facts),
        "asked": {"backend": cell.backend, "precision": cell.precision, "size": cell.size or None},
        "model": facts["model"],
        **{key: facts[key] for key in FACTS},
        "picture": facts["picture"],
        "source_fps": round(facts["source_fps"], 3) or None,
        "rounds": len(rounds),
        "seconds": [round(each.seconds, 2) for each in rounds],
        **(_road(rounds) if whole else {}),
        "engine_fps": over_rounds(each.engine_fps for each in rounds),
        "engine_ms": _percentiles(each.engine_nanos for each in rounds),
        "peak_rss_mb": max(each.recording.counts["peak_rss_mb"] or 0.0 for each in rounds) or None,
        "energy": _energy(rounds),
        "variation": _variation(rounds),
        "drift": _drift(rounds),
        "accuracy": None,
        "agreement": None,
        "error": None,
    }


def failed_card(cell: Cell, reason: str) -> dict[str, Any]:
    asked = {"backend": cell.backend, "precision": cell.precision, "size": cell.size or None}
    return {"name": str(cell), "asked": asked, "model": cell.model, "rounds": 0, "error": reason}


def named(facts: dict[str, Any]) -> str:
    """As it was found to be, not as it was asked for."""
    height, width = facts["network"]
    return f"{facts['model']} {facts['backend']} {facts['precision']} {height}x{width}"


def over_rounds(values: Iterable[float | None], *, digits: int = 2) -> dict[str, Any] | None:
    """None where no round has a value."""
    known = [each for each in values if each is not None]
    if not known:
        return None
    interval = median_interval(known)
    return {
        "median": round(statistics.median(known), digits),
        "interval": interval.rounded(digits) if interval else None,
        "rounds": [round(each, digits) for each in known],
    }


def accuracy_in(package: ModelPackage, facts: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest's figure for this precision, of this backend if it has one; None for none."""
    entries = [
        each for each in package.manifest.accuracy if each.get("precision") == facts["precision"]
    ]
    entries.sort(key=lambda each: each.get("backend") != facts["backend"])
    keys = ("data", "split", "backend", "precision", "miou")
    return {key: entries[0].get(key) for key in keys} if entries else None


def sha256_in(package: ModelPackage, facts: dict[str, Any]) -> str | None:
    """Of the network's file; None where the engine that ran is no file of the package."""
    found: Precision = facts["precision"]
    precision: Precision = "fp32" if found == "bf16" else found
    entry = package.manifest.files.get(precision)
    return entry.sha256 if entry and facts["backend"] != "tensorrt" else None


def curve(rounds: Sequence[Figures], seconds: float = SOAK_SECONDS) -> list[list[dict[str, Any]]]:
    """By round, the run in pieces: what a soak is made for."""
    return [
        [
            {
                "seconds": piece.end,
                "fps": round(piece.fps, 2),
                "latency_p99_ms": _known(piece.latency_p99_ms),
                "lost": piece.lost,
                "cpu_cores": _known(piece.cpu_cores),
                **_sensed(each, piece.start, piece.end),
            }
            for piece in each.pieces(seconds)
        ]
        for each in rounds
    ]


def warnings_of(row: dict[str, Any]) -> list[str]:
    """What a reader must know before believing the row."""
    said = []
    for what, value in row["variation"].items():
        if value is not None and value > UNSTEADY:
            said.append(
                f"the FPS of single {what} varies by {value:.1%} (coefficient of variation)"
            )
    drift = row["drift"]
    if drift["fps"] is not None and drift["fps"] < 1 - DRIFTED:
        said.append(f"the last third of the run had {drift['fps']:.0%} of the first third's FPS")
    if drift["clock"] is not None and drift["clock"] < 1 - DRIFTED:
        said.append(f"the CPU's clock fell to {drift['clock']:.0%} of the first third's")
    return said


def _road(rounds: Sequence[Figures]) -> dict[str, Any]:
    counts = [each.recording.counts for each in rounds]
    dropped = Counter[str]()
    for each in counts:
        dropped.update(each["dropped"])
    return {
        "capture_fps": over_rounds(each.capture_fps for each in rounds),
        "processed_fps": over_rounds(each.processed_fps for each in rounds),
        "displayed_fps": None,
        "latency_ms": _percentiles(each.latency_nanos for each in rounds),
        "latency_p99_ms": over_rounds(
            (float(np.percentile(each.latency_nanos, 99) / 1e6) for each in rounds), digits=3
        ),
        "jitter_ms": over_rounds((each.jitter_ms for each in rounds), digits=3),
        "stages_ms": {
            name: _percentiles(each.stages.get(name, ()) for each in rounds)
            for name in rounds[0].stages
        },
        "frames_read": sum(each["frames_read"] for each in counts),
        "frames": sum(len(each.frames["done_nanos"]) for each in rounds),
        "dropped": dict(dropped),
        "deadline": _deadline(rounds),
        "cpu_cores": over_rounds(each.cpu_cores for each in rounds),
        "cpu_ms_per_frame": over_rounds(each.cpu_ms_per_frame for each in rounds),
        "first_frame_seconds": over_rounds(
            (each["first_frame_seconds"] for each in counts), digits=3
        ),
    }


def _percentiles(rounds: Iterable[Any]) -> dict[str, float | None]:
    """Milliseconds, over the values of all rounds."""
    values = [nanos for each in rounds for nanos in np.asarray(each).tolist()]
    return Percentiles.of_nanos(values).rounded()


def _deadline(rounds: Sequence[Figures]) -> dict[str, Any] | None:
    found = [each.deadline for each in rounds]
    known = [each for each in found if each is not None]
    if not known:
        return None
    facts = rounds[0].recording.facts
    missed, frames = (sum(each) for each in zip(*known, strict=True))
    return {
        "period_ms": round(1e3 / facts["source_fps"], 3),
        "missed": missed,
        "frames": frames,
        "share": round(missed / frames, 4),
        "rule": DEADLINE_RULES[facts["mode"]],
    }


def _energy(rounds: Sequence[Figures]) -> dict[str, Any] | None:
    found = [energy for each in rounds if (energy := each.energy)]
    if not found:
        return None
    return {
        "watts": over_rounds(each["watts"] for each in found),
        "joules_per_frame": over_rounds((each["joules_per_frame"] for each in found), digits=4),
        "sensors": rounds[0].recording.facts["energy_from"],
        "of": "the whole machine, whatever else ran on it",
    }


def _variation(rounds: Sequence[Figures]) -> dict[str, float | None]:
    seconds = [found for each in rounds if (found := each.seconds_variation) is not None]
    return {
        "rounds": _share(variation([each.headline for each in rounds])),
        "seconds": _share(statistics.median(seconds)) if seconds else None,
    }


def _drift(rounds: Sequence[Figures]) -> dict[str, Any]:
    """The median round's ratios; the highest temperatures."""
    drifts = [each.drift() for each in rounds]

    def middle(key: str) -> float | None:
        known = [each[key] for each in drifts if each[key] is not None]
        return _share(statistics.median(known)) if known else None

    degrees = [each["celsius"] for each in drifts if each["celsius"]]
    return {
        "fps": middle("fps"),
        "clock": middle("clock"),
        "celsius": [round(each, 1) for each in max(degrees, key=max)] if degrees else None,
    }


def _sensed(figures: Figures, start: float, end: float) -> dict[str, float | None]:
    found = {key: figures.sensed(key, start, end) for key in ("clock_mhz", "celsius", "rss_mb")}
    return {key: None if value is None else round(value, 1) for key, value in found.items()}


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _known(value: float) -> float | None:
    return None if value != value else round(value, 3)
