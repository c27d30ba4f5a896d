"""What follows a benchmark: comparison with earlier ones, files, words, and the verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtseg.bench.history import changes, refuse_unlike
from rtseg.commands.bench_charts import Rounds
from rtseg.commands.bench_page import write_report
from rtseg.commands.bench_race import FORMAT, this_machine
from rtseg.commands.bench_samples import check_name, write_samples
from rtseg.commands.bench_table import print_result
from rtseg.commands.files import writable_folder
from rtseg.commands.log import warn
from rtseg.commands.screen import print_json
from rtseg.errors import ThresholdError, UsageError

Result = dict[str, Any]

KEYS = {
    *("format", "source", "mode", "engine_only", "machine", "cells", "headline", "history"),
    *("repeat", "duration_seconds", "warm_up", "load", "recommended", "interrupted"),
    *("outputs", "warnings"),
}
"""Of a report, as far as anything here reads them."""


@dataclass(frozen=True)
class Wishes:
    """earlier: results to compare with, by the names of their files."""

    output: Path | None
    samples: Path | None
    earlier: Mapping[str, Result]
    tolerance: float
    across_machines: bool
    min_fps: float
    max_p99_ms: float
    as_json: bool

    def check(self) -> None:
        """What can be refused before minutes of measuring, not after."""
        if self.samples is not None:
            check_name(self.samples)
        if self.output is not None:
            writable_folder(self.output)
        here = this_machine() if self.earlier else {}
        for old in self.earlier.values():
            refuse_unlike(here, old["machine"], across_machines=self.across_machines)


def conclude(result: Result, rounds: Rounds, wishes: Wishes) -> None:
    """Raises UsageError or ThresholdError at the very end, when all is written and said."""
    refused = None
    try:
        result["history"] = _compared(result, wishes)
    except UsageError as error:
        refused = error
    if wishes.samples is not None:
        write_samples(wishes.samples, rounds)
        result["outputs"].append(str(wishes.samples))
    if wishes.output is not None:
        write_report(wishes.output, result, rounds)
    for warning in result["warnings"]:
        warn(warning)
    if wishes.as_json:
        print_json(result)
    else:
        print_result(result)
    if refused is not None:
        raise refused
    found = complaints(result, wishes)
    if found and not result["interrupted"]:
        raise ThresholdError("; ".join(found))


def read_result(path: Path) -> Result:
    """An earlier ``report.json``, or what --json printed. Raises UsageError for anything else."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(
            f"cannot read {str(path)!r} as a report of rtseg bench: {error}"
        ) from error
    if not isinstance(result, dict) or not result.keys() >= KEYS or result["format"] != FORMAT:
        raise UsageError(
            f"{str(path)!r} is no report of rtseg bench in format {FORMAT}: give the report.json "
            "of its -o, or what its --json printed"
        )
    return result


def complaints(result: Result, wishes: Wishes) -> list[str]:
    """What is below what was asked for, cell by cell, and what became slower.

    Where something was asked for, a cell that could not be measured does not have it.
    """
    found = []
    for row in result["cells"]:
        if row["error"]:
            if wishes.min_fps or not math.isinf(wishes.max_p99_ms):
                found.append(f"{row['name']} was not measured")
            continue
        fps = (row.get("processed_fps") or row["engine_fps"])["median"]
        p99 = (row.get("latency_ms") or row["engine_ms"])["p99"]
        if fps < wishes.min_fps:
            found.append(
                f"{row['name']}: {result['headline']} {fps:.1f} is below {wishes.min_fps:g}"
            )
        if p99 > wishes.max_p99_ms:
            found.append(f"{row['name']}: latency p99 {p99:.1f} ms is above {wishes.max_p99_ms:g}")
    found += [
        f"{each['cell']}: {each['figure']} is {each['ratio']:.3f} of that in {each['than']}"
        for each in result["history"]
        if each["worse"]
    ]
    return found


def _compared(result: Result, wishes: Wishes) -> list[Result]:
    return [
        change.as_json() | {"than": name}
        for name, old in wishes.earlier.items()
        for change in changes(
            result,
            old,
            tolerance=wishes.tolerance,
            across_machines=wishes.across_machines,
        )
    ]
