"""The pictures of a benchmark: quality against speed, speed over time, latencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from rtseg.bench.advice import fps, quality
from rtseg.bench.card import SOAK_SECONDS
from rtseg.bench.figures import Figures
from rtseg.commands.chart import Chart

Rounds = Mapping[str, Sequence[Figures]]
"""By the name of a row."""

PERCENTILES = (*np.linspace(0, 98, 99), *np.linspace(98.1, 100, 20))
LEAST_SPAN = 2.0  # per cent
SECONDS = 1.0


def charts(result: Mapping[str, Any], rounds: Rounds) -> list[Chart]:
    """Those that have something to show."""
    found = [_quality(result), _over_time(result, rounds), _latencies(rounds)]
    return [each for each in found if each is not None]


def png(drawn: Sequence[Chart]) -> bytes:
    """All of them, one below the other."""
    picture = np.concatenate([each.drawn().picture() for each in drawn])
    _, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return content.tobytes()


def _quality(result: Mapping[str, Any]) -> Chart | None:
    rows = [each for each in result["cells"] if not each["error"]]
    worth = quality(rows)
    points = {each["name"]: (fps(each), 100 * worth.values.get(each["name"], 0)) for each in rows}
    if not worth.values:
        return None
    return Chart(
        "Quality against speed",
        result["headline"],
        f"{worth.words}, %",
        dots={name: [point] for name, point in points.items()},
        joined=[points[name] for name in result["frontier"]],
        from_zero=False,
        span=LEAST_SPAN,
    )


def _over_time(result: Mapping[str, Any], rounds: Rounds) -> Chart | None:
    """The first round of each; in minutes where it was a soak."""
    seconds = SOAK_SECONDS if result["soak"] else SECONDS
    lines = {}
    for name, each in rounds.items():
        pieces = each[0].pieces(seconds)
        if len(pieces) >= 2:
            lines[name] = [(piece.end / seconds, piece.fps) for piece in pieces]
    unit = "minutes" if result["soak"] else "seconds"
    return Chart("Speed over time", unit, result["headline"], lines=lines) if lines else None


def _latencies(rounds: Rounds) -> Chart | None:
    """Of the first round of each, by percentile."""
    lines = {}
    for name, each in rounds.items():
        nanos = each[0].latency_nanos if each[0].frames else each[0].engine_nanos
        if len(nanos):
            values = np.percentile(nanos / 1e6, PERCENTILES).tolist()
            lines[name] = list(zip(map(float, PERCENTILES), values, strict=True))
    words = "ms, from capture to done (of the engine alone: from submission to result)"
    return Chart("Latency", "% of frames at most", words, lines=lines) if lines else None
