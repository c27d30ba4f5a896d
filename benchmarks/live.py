"""A live source at its own rate: latency, drops and CPU; then with an engine that is too slow.

python benchmarks/live.py CLIP [--seconds 30] [--repeat 7] [--slow 3] [--model NAME] [--json FILE]

CLIP is paced at its own rate, as a camera would give it, and repeated. Three runs a round, each in
a process of its own: as it is; with the engine --slow times slower, asleep, where the newest frame
must not be older than the engine's time and one frame period when it is done; and with one frame a
second: whatever waits busily takes CPU time there that no frame takes. Exit code 1 where a bar is
missed: p99 within two periods and nothing dropped; the slow run's p50 within its engine's time and
a period; waiting within 2 % of one core.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from child import ChildError, run_child

from rtseg.engine.package import DEFAULT_MODEL
from rtseg.machine import fingerprint, load

ROAD = (sys.executable, Path(__file__).with_name("road.py"))
WARM_UP = 30
IDLE_CORES = 0.02


def main() -> None:
    wanted = _parser().parse_args()
    report: dict[str, Any] = {"machine": fingerprint(), "load": load()}
    try:
        report["rounds"] = [run_round(wanted) for _ in range(wanted.repeat)]
    except ChildError as error:
        sys.exit(str(error))
    report["verdicts"] = verdicts(report["rounds"])
    for name, (value, limit) in report["verdicts"].items():
        print(f"{name:<44}{value:>9.2f}  at most {limit:.2f}")
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.exit(any(value > limit for value, limit in report["verdicts"].values()))


def run_round(wanted: argparse.Namespace) -> dict[str, Any]:
    live = ("--mode", "live", "--output", "null", "--model", wanted.model)
    frames = round(30 * wanted.seconds)

    def road(*options: str) -> dict[str, Any]:
        command = [*ROAD, wanted.clip, *live, "--warm-up", str(WARM_UP), *options]
        return run_child(command).report

    return {
        "plain": road("--frames", str(frames)),
        "slow": road("--frames", str(frames), "--slow", str(wanted.slow)),
        "idle": road("--frames", "15", "--fps", "1", "--warm-up", "3"),
    }


def verdicts(rounds: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """What was measured, and what it may be at most; medians of the rounds."""

    def median(of: Callable[[dict[str, Any]], float]) -> float:
        return statistics.median(of(each) for each in rounds)

    period = median(lambda each: each["plain"]["latency_ms"]["period"])
    engine = median(lambda each: each["slow"]["latency_ms"]["engine_p50"])
    inference = median(lambda each: each["idle"]["cpu_ms"])
    return {
        "p99 latency, ms": (median(lambda each: each["plain"]["latency_ms"]["p99"]), 2 * period),
        "dropped frames": (median(lambda each: sum(each["plain"]["dropped"].values())), 0),
        "CPU, cores": (median(lambda each: each["plain"]["cpu_cores"]), float("inf")),
        "slow engine: p50 latency, ms": (
            median(lambda each: each["slow"]["latency_ms"]["p50"]),
            engine + period,
        ),
        "one frame a second: CPU ms beyond a busy frame's": (
            inference - median(lambda each: each["plain"]["cpu_ms"]),
            1000 * IDLE_CORES,
        ),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, default=30, help="of each run at 30 FPS")
    parser.add_argument("--repeat", type=int, default=7, help="rounds")
    parser.add_argument("--slow", type=float, default=3, help="times slower")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser


if __name__ == "__main__":
    main()
