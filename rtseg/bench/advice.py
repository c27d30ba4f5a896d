"""Which of the cells to take: those that nothing beats, and one for a wanted frame rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

REAL_TIME_FPS = 30.0
LIVE_SHARE = 0.99
"""Of a live source's own rate: more frames than came cannot be processed."""


@dataclass(frozen=True)
class Quality:
    """words: what is compared. values: by a row's name, 0..1; empty where rows cannot be compared.

    mIoU counts only where all were measured on the same data; agreement with FP32 only among
    variants of one model.
    """

    words: str
    values: dict[str, float]


def quality(rows: Sequence[Row]) -> Quality:
    """Of rows that were measured."""
    found = [each["accuracy"] for each in rows]
    data = {(each["data"], each["split"]) for each in found if each and each["miou"] is not None}
    if len(data) == 1 and all(each and each["miou"] is not None for each in found):
        ((name, split),) = data
        return Quality(
            f"mIoU on {name} {split}", {each["name"]: each["accuracy"]["miou"] for each in rows}
        )
    agreements = {each["name"]: each["agreement"]["share"] for each in rows if each["agreement"]}
    if len({each["model"] for each in rows}) == 1 and len(agreements) == len(rows):
        return Quality("agreement with FP32", agreements)
    return Quality("", {})


def frontier(rows: Sequence[Row], worth: Quality) -> list[str]:
    """Names of the rows that no other beats in speed without losing in quality: Pareto's."""
    points = {each["name"]: (fps(each), worth.values.get(each["name"], 0.0)) for each in rows}
    return [
        name
        for name, mine in points.items()
        if not any(_beats(other, mine) for other in points.values())
    ]


def recommended(rows: Sequence[Row], worth: Quality, *, target: float) -> dict[str, Any] | None:
    """The best that reaches the target, of equals the fastest; None for no rows.

    The lower end of a cell's interval must reach it, where there is an interval.
    """
    if not rows:
        return None
    able = [each for each in rows if reaches(each, target)]

    def rank(row: Row) -> tuple[float, float]:
        return worth.values.get(row["name"], 0.0), fps(row)

    best = max(able, key=rank) if able else max(rows, key=fps)
    what = f"{best['name']} ({_described(best, worth)})"
    rate = f"{_target(best, target):g} FPS"
    words = (
        f"on this machine, for >= {rate}, use {what}"
        if able
        else f"on this machine nothing measured reaches {rate}; the fastest is {what}"
    )
    return {"target_fps": target, "reached": bool(able), "name": best["name"], "words": words}


def reaches(row: Row, target: float) -> bool:
    figure = headline(row)
    surely = figure["interval"]["low"] if figure["interval"] else figure["median"]
    return bool(surely >= _target(row, target))


def fps(row: Row) -> float:
    return float(headline(row)["median"])


def headline(row: Row) -> Mapping[str, Any]:
    """processed_fps, or engine_fps where the engine ran alone."""
    figure: Mapping[str, Any] = row.get("processed_fps") or row["engine_fps"]
    return figure


def _target(row: Row, target: float) -> float:
    if row["mode"] == "live" and row["source_fps"]:
        return min(target, LIVE_SHARE * float(row["source_fps"]))
    return target


def _beats(other: tuple[float, float], mine: tuple[float, float]) -> bool:
    return other != mine and other[0] >= mine[0] and other[1] >= mine[1]


def _described(row: Row, worth: Quality) -> str:
    kind = "FPS" if row.get("processed_fps") else "FPS of the engine alone"
    value = worth.values.get(row["name"])
    known = "accuracy not comparable" if value is None else f"{worth.words} {100 * value:.1f} %"
    return f"{fps(row):.1f} {kind}, {known}"
