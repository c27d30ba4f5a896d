"""Does it matter which frames calibrate INT8? `rtseg calibrate` against simpler ways to take 128.

python benchmarks/calibration_sets.py LINES.jsonl CLIP... --data camvid:DIR [--in-a-row 4]
                                      [--model NAME] [--count 128] [--frames 12] [--every 6]

Each set makes TensorRT's INT8 file, which ONNX Runtime executes as it is written beside FP32 in
OpenVINO: on --frames frames of each clip that are in none of the sets, and on the test split of
--data. The sets: what `rtseg calibrate CLIP...` keeps, evenly spaced frames of all
clips, and that many in a row around the middle of each of the first --in-a-row clips. LINES.jsonl
gets one line a set; what has a line is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from child import RTSEG
from int8_agreement import add_line, agreement, labelled, labels, made, measured, prepared
from machine import fingerprint

from rtseg.engine.ort import OnnxRuntimeEngine
from rtseg.engine.ov import OpenVinoEngine
from rtseg.engine.package import DEFAULT_MODEL, MANIFEST, ModelPackage, find_package
from rtseg.source.sparse import evenly, open_sparse
from rtseg.types import LabelMap, Tensor

CHOSEN, EVENLY = "chosen by `rtseg calibrate`", "evenly spaced, of all clips"
ON = {"clips": "other frames", "data": "pictures of the data set"}

Places: TypeAlias = dict[str, list[int]]
"""Indices of frames, by clip."""


def main() -> None:
    wanted = arguments()
    names = [CHOSEN, EVENLY, *map(in_a_row, wanted.clips[: wanted.in_a_row])]
    if missing := [name for name in names if name not in measured(wanted.lines)]:
        measure(wanted, missing)
    print(markdown([measured(wanted.lines)[name] for name in names], count=wanted.count))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Which frames calibrate INT8 best.")
    parser.add_argument("lines", type=Path, help="JSON lines, one a set")
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("--data", required=True, help="data set, its split test")
    parser.add_argument("--in-a-row", type=int, default=4, help="clips that calibrate alone")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--count", type=int, default=128, help="frames of a set")
    parser.add_argument("--frames", type=int, default=12, help="of each clip, to compare on")
    parser.add_argument("--every", type=int, default=6, help="picture of the data set")
    return parser.parse_args()


def measure(wanted: argparse.Namespace, names: Sequence[str]) -> None:
    package = find_package(wanted.model)
    lengths = {clip: len(open_sparse(clip).places(sys.maxsize)) for clip in wanted.clips}
    sets = calibration_sets(lengths, wanted.count, alone=wanted.in_a_row)
    others = unused(lengths, sets, wanted.frames)
    seen = {clip: tensors(clip, places, package=package) for clip, places in others.items()}
    seen["data"] = labelled(wanted, package).tensors
    with OpenVinoEngine(package, "fp32", depth=1) as engine:
        expected = {name: labels(engine, each) for name, each in seen.items()}
    for name in names:
        found = answers(package, sets[name], seen)
        row = {"name": name, **compared(expected, found, classes=len(package.labels))}
        add_line(wanted.lines, row | {"machine": fingerprint()})


def calibration_sets(lengths: dict[str, int], count: int, *, alone: int) -> dict[str, Places]:
    share = count // len(lengths)
    sets = {
        CHOSEN: chosen(lengths, count),
        EVENLY: {clip: evenly(length, share) for clip, length in lengths.items()},
    }
    for clip, length in list(lengths.items())[:alone]:
        first = max(0, (length - count) // 2)
        sets[in_a_row(clip)] = {clip: list(range(first, min(length, first + count)))}
    return sets


def in_a_row(clip: str) -> str:
    return f"in a row, of {Path(clip).stem}"


def chosen(lengths: dict[str, int], count: int) -> Places:
    """What the command itself keeps, read from the manifest of its set."""
    words = ("calibrate", "set", *lengths, "--count", str(count))
    with TemporaryDirectory(prefix="rtseg-sets-") as home:
        environment = os.environ | {"RTSEG_HOME": home}
        subprocess.run([*RTSEG, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
        path = Path(home) / "calibration" / "set" / MANIFEST
        pictures = json.loads(path.read_text(encoding="utf-8"))["pictures"]
    by_clip: Places = {clip: [] for clip in lengths}
    for each in pictures:
        by_clip[each["source"]].append(each["index"])
    return by_clip


def unused(lengths: dict[str, int], sets: dict[str, Places], frames: int) -> Places:
    """The middles of ``frames`` equal parts of each clip; one that calibrates is passed over."""
    kept = {}
    for clip, length in lengths.items():
        used = {place for each in sets.values() for place in each.get(clip, ())}
        middles = [(2 * part + 1) * length // (2 * frames) for part in range(frames)]
        kept[clip] = [place for place in middles if place not in used]
    return kept


def tensors(clip: str, places: Sequence[int], *, package: ModelPackage) -> list[Tensor]:
    return [prepared(frame.picture, package) for frame in open_sparse(clip).at(places)]


def answers(
    package: ModelPackage, places: Places, seen: dict[str, list[Tensor]]
) -> dict[str, list[LabelMap]]:
    """What INT8, calibrated by these frames, says of everything that is compared on."""
    calibrating = [each for clip in places for each in tensors(clip, places[clip], package=package)]
    with TemporaryDirectory(prefix="rtseg-int8-") as folder:
        small = made(package, "int8", calibrating=calibrating, folder=Path(folder))
        with OnnxRuntimeEngine(small, "int8", as_written=True) as engine:
            return {name: labels(engine, each) for name, each in seen.items()}


def compared(
    expected: dict[str, list[LabelMap]], found: dict[str, list[LabelMap]], *, classes: int
) -> dict[str, Any]:
    clips = {
        Path(clip).stem: agreement(expected[clip], found[clip], classes=classes)
        for clip in expected
        if clip != "data" and expected[clip]
    }
    every = [
        [each for clip in which if clip != "data" for each in which[clip]]
        for which in (expected, found)
    ]
    return {
        "clips": agreement(*every, classes=classes),
        "each": clips,
        "data": agreement(expected["data"], found["data"], classes=classes),
    }


def markdown(rows: Sequence[dict[str, Any]], *, count: int) -> str:
    on = [f"{rows[0][each]['pictures']} {words}" for each, words in ON.items()]
    lines = [
        f"| {count} frames | {on[0]}: pixels % | mean IoU % | worst clip: pixels % "
        f"| {on[1]}: pixels % | mean IoU % |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for row in rows:
        worst = min(row["each"], key=lambda clip: row["each"][clip]["share"])
        clips, data = (
            [f"{100 * row[each][key]:.1f}" for key in ("share", "overlap")] for each in ON
        )
        at_worst = f"{100 * row['each'][worst]['share']:.1f} ({worst})"
        lines.append(f"| {' | '.join([row['name'], *clips, at_worst, *data])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
