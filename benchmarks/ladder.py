"""`rtseg run --target-fps` while cores are kept busy for a part of the time; then without a ladder.

python benchmarks/ladder.py CLIP [--target-fps 12] [--busy 14:28] [--processes 1] [--json FILE]

The clip is played at its own rate, so it takes twice its length. --busy: from and until when, in
seconds since a run's start. --processes: so many loops that do nothing else, on the same cores:
`taskset -c 0 python benchmarks/ladder.py ...` shares one core with them. Prints, for every two
seconds, the frames a second, the median and the worst latency, and the rung at their end.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from child import run_rtseg

SLICE = 2.0  # seconds
LOOP = """
import sys, time
since, until = map(float, sys.argv[1:])
time.sleep(since)
end = time.monotonic() + until - since
while time.monotonic() < end:
    pass
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="The ladder under a load that comes and goes.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--target-fps", type=float, default=12.0)
    parser.add_argument("--busy", default="14:28", help="FROM:UNTIL in seconds")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="of the engine")
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    since, until = map(float, wanted.busy.split(":"))
    options = ("--threads", str(wanted.threads))
    found = {
        name: measured((wanted.clip, *options, *more), (since, until), processes=wanted.processes)
        for name, more in {
            "ladder": ("--target-fps", str(wanted.target_fps)),
            "none": (),
        }.items()
    }
    print(f"cores {len(os.sched_getaffinity(0))}, target {wanted.target_fps:g} FPS")
    for name, each in found.items():
        show(name, each, wanted.target_fps)
    if wanted.json:
        wanted.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def measured(
    arguments: Sequence[str | Path], busy: tuple[float, float], *, processes: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frames.csv")
        with loops(busy, processes):
            report = run_rtseg(*arguments, "--mode", "live", "-o", path).report
        with path.open(encoding="utf-8") as file:
            rows = [
                (float(each["t_done"]), float(each["latency_ms"])) for each in csv.DictReader(file)
            ]
    # The loops count from the start of the process, the frames from the first one's capture.
    offset = report["first_frame_seconds"] - rows[0][0]
    return {
        "busy": [round(each - offset, 2) for each in busy],
        "slices": list(slices(rows, report)),
        "report": report,
    }


@contextmanager
def loops(busy: tuple[float, float], processes: int) -> Iterator[None]:
    command = [sys.executable, "-c", LOOP, *map(str, busy)]
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def slices(rows: list[tuple[float, float]], report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ladder = report["ladder"]
    for number in range(int(rows[-1][0] // SLICE)):
        start, end = number * SLICE, (number + 1) * SLICE
        latencies = [latency for done, latency in rows if start <= done < end]
        yield {
            "from": start,
            "fps": len(latencies) / SLICE,
            "latency_ms": round(median(latencies), 1) if latencies else None,
            "worst_ms": round(max(latencies), 1) if latencies else None,
            "rung": rung_at(ladder, end) if ladder else "{}x{}".format(*report["network"]),
        }


def rung_at(ladder: dict[str, Any], seconds: float) -> str:
    gone = [each["to"] for each in ladder["switches"] if each["seconds"] < seconds]
    return str(gone[-1] if gone else ladder["rungs"][0]["rung"])


def show(name: str, found: dict[str, Any], target_fps: float) -> None:
    since, until = found["busy"]
    print(f"\n{name}: busy from {since:.1f} to {until:.1f} s")
    print("from s    fps  latency ms  worst ms  rung")
    for each in found["slices"]:
        load = "*" if since < each["from"] + SLICE and each["from"] < until else " "
        print(
            f"{each['from']:5.0f} {load} {each['fps']:6.1f}  {each['latency_ms'] or 0:10.0f}  "
            f"{each['worst_ms'] or 0:8.0f}  {each['rung']}"
        )
    loaded = [each["fps"] for each in found["slices"] if since + 2 <= each["from"] < until - SLICE]
    if loaded:
        mean = sum(loaded) / len(loaded)
        print(f"under load, after two seconds of it: {mean:.1f} of {target_fps:g} FPS")
    for each in (found["report"]["ladder"] or {"switches": []})["switches"]:
        print(f"{each['seconds']:6.1f} s  {each['from']} -> {each['to']}  {each['why']}")


if __name__ == "__main__":
    main()
