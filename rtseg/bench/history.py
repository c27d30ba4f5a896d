"""A result of ``rtseg bench`` beside an earlier one: faster, slower, or no telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtseg.bench.intervals import Interval, ratio_interval, ratio_of_medians
from rtseg.errors import UsageError

Result = Mapping[str, Any]

MACHINE = ("cpu", "cores", "gpu")
SETTING = ("source", "mode", "engine_only")

FIGURES = {"processed_fps": 1, "engine_fps": 1, "latency_p99_ms": -1}
"""Name -> 1 where more is better, -1 where less is."""


@dataclass(frozen=True)
class Change:
    """ratio: of medians, new over old. interval: None for one round on either side."""

    cell: str
    figure: str
    ratio: float
    interval: Interval | None
    worse: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "cell": self.cell,
            "figure": self.figure,
            "ratio": round(self.ratio, 4),
            "interval": self.interval.rounded(4) if self.interval else None,
            "worse": self.worse,
        }


def changes(
    new: Result, old: Result, *, tolerance: float, across_machines: bool = False
) -> list[Change]:
    """Cell by cell, figure by figure, of what both have. Raises UsageError for unlike runs.

    Worse: by more than the tolerance, and not by chance, which is that the interval leaves 1 out;
    where no interval is known, the ratio alone decides.
    """
    refuse_unlike(new["machine"], old["machine"], across_machines=across_machines)
    for key in SETTING:
        if new[key] != old[key]:
            raise UsageError(
                f"--history: {key} is {new[key]!r}, it was {old[key]!r}: only equal runs compare"
            )
    before = {each["name"]: each for each in old["cells"] if not each["error"]}
    found = [
        _change(row, before[row["name"]], figure, tolerance=tolerance)
        for row in new["cells"]
        if not row["error"] and row["name"] in before
        for figure in FIGURES
        if row.get(figure) and before[row["name"]].get(figure)
    ]
    if not found:
        raise UsageError(
            "the two results have no measured cell in common; the earlier one has: "
            f"{', '.join(before) or 'none'}"
        )
    return found


def refuse_unlike(new: Result, old: Result, *, across_machines: bool = False) -> None:
    """Of two machines, as ``machine.fingerprint`` tells them. Raises UsageError."""
    unlike = [
        f"{key} {new.get(key)!r}, it was {old.get(key)!r}"
        for key in MACHINE
        if new.get(key) != old.get(key)
    ]
    if unlike and not across_machines:
        raise UsageError(
            f"--history: another machine ({'; '.join(unlike)}); --across-machines compares anyway"
        )


def _change(new: Result, old: Result, figure: str, *, tolerance: float) -> Change:
    mine, theirs = new[figure]["rounds"], old[figure]["rounds"]
    ratio, interval = ratio_of_medians(mine, theirs), ratio_interval(mine, theirs)
    if FIGURES[figure] > 0:
        worse = ratio < 1 - tolerance and (interval is None or interval.high < 1)
    else:
        worse = ratio > 1 / (1 - tolerance) and (interval is None or interval.low > 1)
    return Change(new["name"], figure, ratio, interval=interval, worse=worse)
