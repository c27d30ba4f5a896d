"""The report of a benchmark as one HTML file, and as one PNG."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from rtseg.commands.bench_charts import Rounds, charts, png
from rtseg.commands.bench_table import cost_rows, speed_rows, stage_rows
from rtseg.commands.files import write
from rtseg.commands.page import figures, page, section

Result = dict[str, Any]

_METHOD = (
    "FPS is (n - 1) / elapsed at the last sink, of distinct frames that the network saw; the "
    "median of the rounds, with an interval of order statistics. Latency counts from capture to "
    "the last sink. The warm-up is left out, and nothing else: no outlier is removed."
)
_WORDS = {
    "Quality against speed": "Up and to the right is better; the line joins what nothing beats.",
    "Speed over time": "Of the first round. A falling line is a machine that slows down.",
    "Latency": "Of the first round, over all its frames; the right end is the slowest frame.",
}


def write_report(folder: Path, result: Result, rounds: Rounds) -> None:
    """report.json, index.html and bench.png; names them in the result."""
    drawn = charts(result, rounds)
    paths = [folder / name for name in ("report.json", "index.html")]
    if drawn:
        paths.append(folder / "bench.png")
    result["outputs"] += [str(path) for path in paths]
    write(paths[0], json.dumps(result, indent=2) + "\n")
    write(paths[1], _page(result, rounds))
    if drawn:
        write(paths[2], png(drawn))


def _page(result: Result, rounds: Rounds) -> str:
    drawn = [
        section(each.title, _WORDS[each.title], each.drawn().svg(f"{each.title}: {each.y_axis}"))
        for each in charts(result, rounds)
    ]
    advice = result["recommended"]
    return page(
        "Benchmark",
        f"{result['source']}, {result['mode']}, {result['repeat']} rounds of "
        f"{result['duration_seconds']:g} s; {_machine(result)}",
        [
            figures(_headline(result)),
            f"<p>{escape(advice['words'])}</p>" if advice else "",
            section("Cells", _METHOD, _html_table(speed_rows(result))),
            section("What it costs", _COST_WORDS, _html_table(cost_rows(result))),
            section("Stages", _STAGE_WORDS, _html_table(stage_rows(result))),
            *drawn,
            _remarks(result),
        ],
    )


_COST_WORDS = (
    "CPU counts every thread and child, in cores; memory is the peak of the process. Accuracy is "
    "the model's own figure, agreement was measured apart from the timing."
)
_STAGE_WORDS = (
    "Milliseconds of work in each thread, p50 / p95 / p99 / max, waiting left out; inference "
    "counts from submission to result."
)


def _headline(result: Result) -> dict[str, str]:
    advice = result["recommended"]
    if not advice:
        return {"measured": "nothing"}
    row = next(each for each in result["cells"] if each["name"] == advice["name"])
    figure = row.get("processed_fps") or row["engine_fps"]
    latency = row.get("latency_ms") or row["engine_ms"]
    return {
        result["headline"]: f"{figure['median']:.1f}",
        "latency p99, ms": f"{latency['p99']:.1f}",
        advice["name"]: "recommended" if advice["reached"] else "fastest",
    }


def _machine(result: Result) -> str:
    machine = result["machine"]
    return f"{machine['cpu']}, {machine['cores']} cores, load {result['load']['start'][0]}"


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head; words that are no number are escaped."""
    head, *body = rows
    cells = "".join(f"<th>{escape(each)}</th>" for each in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in body
    )
    return (
        f'<div class="wide"><table class="classes"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _remarks(result: Mapping[str, Any]) -> str:
    versions = ", ".join(
        f"{name} {version}" for name, version in result["machine"]["versions"].items() if version
    )
    lines = [f"Versions: {versions}", f"Warm-up: {result['warm_up']}", *result["warnings"]]
    items = "".join(f"<p>{escape(each)}</p>" for each in lines)
    return section("Remarks", "", items)
