"""How long until the first frame, and how much memory a whole run takes.

python benchmarks/start_up.py [CLIP] [--repeat 5] [--rss CLIP] [--model NAME] [--json FILE]

first_frame: as `rtseg run CLIP -o null --limit 1` says it of itself, from the start of its process
(in steps of 10 ms) to the first written frame. whole_command: by the clock of this script. The
first run is thrown away: it warms the disk. --rss: the peak of one whole run with H.264 output.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from child import ChildError, run_rtseg

from rtseg.machine import fingerprint, load

# Nothing heavy is imported here: a child's peak memory counts from its parent's (see child.py).


def main() -> None:
    parser = argparse.ArgumentParser(description="Start-up time and peak memory, measured.")
    parser.add_argument("clip", nargs="?", default="test://road")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rss", metavar="CLIP", help="also run this one to its end")
    parser.add_argument("--model", help="name or folder")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    wanted = parser.parse_args()
    model = ["--model", wanted.model] if wanted.model else []
    report: dict[str, Any] = {"machine": fingerprint(), "load": {"start": load()}}
    try:
        report["start_up"] = start_up(wanted.clip, model, repeat=wanted.repeat)
        if wanted.rss:
            report["peak_rss"] = peak_rss(wanted.rss, model)
    except ChildError as error:
        sys.exit(str(error))
    report["load"]["end"] = load()
    show(report)
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def start_up(clip: str, model: Sequence[str], *, repeat: int) -> dict[str, Any]:
    children = [run_rtseg(clip, "-o", "null", "--limit", "1", *model) for _ in range(repeat + 1)]
    return {
        "clip": clip,
        "thrown_away": 1,
        "first_frame_seconds": [each.report["first_frame_seconds"] for each in children[1:]],
        "whole_command_seconds": [each.seconds for each in children[1:]],
    }


def peak_rss(clip: str, model: Sequence[str]) -> dict[str, Any]:
    """Two views of one figure: the kernel's of the child, and the child's of itself, in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        child = run_rtseg(clip, "-o", Path(folder, "out.mp4"), "--no-stats", *model)
    return {
        "clip": clip,
        "frames": child.report["frames_written"],
        "kernel_mb": child.peak_rss_mb,
        "own_mb": child.report["peak_rss_mb"],
    }


def show(report: dict[str, Any]) -> None:
    machine, began = report["machine"], report["start_up"]
    print(f"{machine['cpu']}, {machine['cores']} cores, load {report['load']['start']}")
    print(f"{began['clip']}, {len(began['whole_command_seconds'])} runs after one thrown away")
    for name in ("first_frame", "whole_command"):
        seconds = began[f"{name}_seconds"]
        median, low, high = statistics.median(seconds), min(seconds), max(seconds)
        print(f"  {name:<14} median {median:.2f} s ({low:.2f} ... {high:.2f})")
    if rss := report.get("peak_rss"):
        print(f"{rss['clip']}, {rss['frames']} frames, H.264 output")
        print(f"  peak_rss       {rss['kernel_mb']:.0f} MiB ({rss['own_mb']:.0f} by its own count)")


if __name__ == "__main__":
    main()
