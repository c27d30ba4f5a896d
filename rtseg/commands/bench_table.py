"""The rows of a benchmark as words, and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Result = Mapping[str, Any]
Rows = list[list[str]]

NONE = "-"


def speed_rows(result: Result) -> Rows:
    """The head, then one row a cell; of one that failed, its name and why."""
    head = ["cell", result["headline"], "interval", "capture", "engine", "p50 ms", "p95", "p99"]
    rows = [[*head, "max", "jitter", "missed %", "dropped"]]
    for each in result["cells"]:
        rows.append([each["name"], each["error"]] if each["error"] else _speed(each))
    return rows


def cost_rows(result: Result) -> Rows:
    head = ["cell", "CPU cores", "CPU ms/frame", "RSS MiB", "first frame s", "J/frame"]
    rows = [[*head, "mIoU %", "agreement %"]]
    return rows + [_cost(each) for each in result["cells"] if not each["error"]]


def stage_rows(result: Result) -> Rows:
    names = list(dict.fromkeys(name for each in result["cells"] for name in _stages(each)))
    rows = [["cell", *names]]
    for each in result["cells"]:
        stages = _stages(each)
        if stages:
            rows.append([each["name"], *(_four(stages.get(name)) for name in names)])
    return rows


def print_result(result: Result) -> None:
    from rtseg.commands.screen import show, table

    machine, load = result["machine"], result["load"]
    show(
        f"{machine['cpu']}, {machine['cores']} cores, load {load['start'][0]} ... {load['end'][0]}",
        f"{result['source']}: {result['mode']}, {result['repeat']} rounds of "
        f"{result['duration_seconds']:g} s; warm-up: {result['warm_up']}",
        "",
    )
    for rows in (speed_rows(result), cost_rows(result), stage_rows(result)):
        whole = [row for row in rows[1:] if len(row) == len(rows[0])]
        if whole:
            lines = table(*rows[0])
            for row in whole:
                lines.add_row(*row)
            show(lines, "")
    for row in result["cells"]:
        if row["error"]:
            show(f"{row['name']}: not measured: {row['error']}", "")
    for row in result["cells"]:
        for number, curve in enumerate(filter(None, row.get("curve") or ())):
            show(*_curve(f"{row['name']}, round {number + 1}", curve), "")
    for change in result["history"]:
        show(_change(change))
    if result["recommended"]:
        show(result["recommended"]["words"])
    for path in result["outputs"]:
        show(f"wrote {path}")


def _speed(row: Result) -> list[str]:
    figure = row.get("processed_fps") or row["engine_fps"]
    latency = row.get("latency_ms") or row["engine_ms"]
    deadline, dropped = row.get("deadline"), row.get("dropped") or {}
    return [
        row["name"],
        f"{figure['median']:.1f}",
        _interval(figure["interval"]),
        _median(row.get("capture_fps")),
        _median(row["engine_fps"]),
        *(f"{latency[key]:.1f}" for key in ("p50", "p95", "p99", "max")),
        _median(row.get("jitter_ms"), digits=2),
        f"{100 * deadline['share']:.1f}" if deadline else NONE,
        ", ".join(f"{count} {cause}" for cause, count in dropped.items()) or "none",
    ]


def _cost(row: Result) -> list[str]:
    energy, accuracy, agreement = row["energy"], row["accuracy"], row["agreement"]
    miou = accuracy["miou"] if accuracy else None
    share = agreement["share"] if agreement else None
    return [
        row["name"],
        _median(row.get("cpu_cores"), digits=2),
        _median(row.get("cpu_ms_per_frame"), digits=2),
        f"{row['peak_rss_mb']:.0f}" if row["peak_rss_mb"] else NONE,
        _median(row.get("first_frame_seconds"), digits=2),
        _median(energy["joules_per_frame"], digits=3) if energy else NONE,
        f"{100 * miou:.1f}" if miou is not None else NONE,
        f"{100 * share:.2f}" if share is not None else NONE,
    ]


def _stages(row: Result) -> Mapping[str, Any]:
    stages: Mapping[str, Any] = row.get("stages_ms") or {}
    return stages


def _four(stage: Mapping[str, float | None] | None) -> str:
    if stage is None or stage["p50"] is None:
        return NONE
    return " / ".join(f"{stage[key]:.1f}" for key in ("p50", "p95", "p99", "max"))


def _curve(name: str, pieces: Sequence[Mapping[str, Any]]) -> list[object]:
    from rtseg.commands.screen import table

    keys = ("fps", "latency_p99_ms", "lost", "cpu_cores", "clock_mhz", "celsius", "rss_mb")
    lines = table("minute", *keys)
    for piece in pieces:
        values = ("" if piece[key] is None else f"{piece[key]:g}" for key in keys)
        lines.add_row(f"{piece['seconds'] / 60:g}", *values)
    return [name, lines]


def _change(change: Mapping[str, Any]) -> str:
    interval = change["interval"]
    sure = f" ({_interval(interval, 3)})" if interval else " (one round a side: no interval)"
    verdict = "  WORSE" if change["worse"] else ""
    return (
        f"{change['cell']}: {change['figure']} {change['ratio']:.3f} of {change['than']}"
        f"{sure}{verdict}"
    )


def _median(figure: Mapping[str, Any] | None, digits: int = 1) -> str:
    return NONE if figure is None else f"{figure['median']:.{digits}f}"


def _interval(interval: Mapping[str, float] | None, digits: int = 1) -> str:
    if interval is None:
        return NONE
    low, high = (f"{interval[key]:.{digits}f}" for key in ("low", "high"))
    return f"{low} ... {high} ({100 * interval['coverage']:.0f} %)"
