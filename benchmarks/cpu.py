"""CPU time of a whole frame over that of its unavoidable parts, each measured alone.

python benchmarks/cpu.py CLIP... [--repeat 7] [--frames 200] [--model NAME] [--at-most 1.15]
                         [--json FILE]

In every round decoder, engine, encoder and the two roads run once, each in a process of its own;
every other round goes backwards. CPU time hardly depends on what else runs; what it does depend on
(caches, clock) changes from round to round, so the ratio is taken within each. Exit code 1 where
the median of the road with H.264 is above --at-most.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from child import ChildError, run_child

from rtseg.engine.package import DEFAULT_MODEL
from rtseg.machine import fingerprint, load

STAGES = (sys.executable, Path(__file__).with_name("stages.py"))
ROAD = (sys.executable, Path(__file__).with_name("road.py"))
PARTS = {"null": ("decode", "engine"), "video": ("decode", "engine", "encode")}
RUNS = ("decode", "engine", "encode", *PARTS)


def main() -> None:
    wanted = _parser().parse_args()
    report: dict[str, Any] = {"machine": fingerprint(), "load": load(), "clips": []}
    try:
        for clip in wanted.clips:
            rounds = [run_round(clip, wanted, backwards=bool(i % 2)) for i in range(wanted.repeat)]
            report["clips"].append({"clip": clip.name} | compared(rounds))
            show(report["clips"][-1])
    except ChildError as error:
        sys.exit(str(error))
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    worst = max(each["ratio"]["video"]["median"] for each in report["clips"])
    sys.exit(1 if worst > wanted.at_most else 0)


def run_round(clip: Path, wanted: argparse.Namespace, *, backwards: bool) -> dict[str, float]:
    """CPU milliseconds per frame by contestant."""
    found = {}
    for name in reversed(RUNS) if backwards else RUNS:
        if name in PARTS:
            command = [*ROAD, clip, "--output", name, "--frames", str(wanted.frames)]
        else:
            command = [*STAGES, name, clip, "--inferences", str(wanted.frames)]
        found[name] = float(run_child([*command, "--model", wanted.model]).report["cpu_ms"])
        print(f"{name} {found[name]:.2f} ms", file=sys.stderr)
    return found


def compared(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Medians; a ratio is of one round."""
    ratios = {
        road: [each[road] / sum(each[part] for part in parts) for each in rounds]
        for road, parts in PARTS.items()
    }
    return {
        "cpu_ms": {name: statistics.median(each[name] for each in rounds) for name in RUNS},
        "ratio": {
            road: {"median": statistics.median(each), "low": min(each), "high": max(each)}
            for road, each in ratios.items()
        },
        "rounds": rounds,
    }


def show(report: dict[str, Any]) -> None:
    print(f"{report['clip']}: CPU ms per frame")
    for name, each in report["cpu_ms"].items():
        print(f"  {name:<8}{each:>9.2f}")
    for road, each in report["ratio"].items():
        spread = f"{each['low']:.3f} ... {each['high']:.3f}"
        print(f"  {road} takes {each['median']:.3f} x its parts ({spread})")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--repeat", type=int, default=7, help="rounds")
    parser.add_argument("--frames", type=int, default=200, help="after the warm-up")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--at-most", type=float, default=1.15)
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser


if __name__ == "__main__":
    main()
