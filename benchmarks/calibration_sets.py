"""Does it matter which frames calibrate INT8? `rtseg calibrate` against simpler ways to take 128.

python benchmarks/calibration_sets.py LINES.jsonl CLIP... --data camvid:DIR [--in-a-row 4]
                                      [--set DIR] [--only WORDS] [--model NAME] [--size HxW]
                                      [--count 128] [--frames 8] [--every 6]

Each set makes TensorRT's INT8 file, which ONNX Runtime executes as it is written beside FP32 in
OpenVINO: on --frames frames of each clip, which no set gets, and on the test split of --data. The
sets: what `rtseg calibrate CLIP...` keeps, evenly spaced frames of all clips, and that many in a
row around the middle of each of the first --in-a-row clips. LINES.jsonl gets one line a set; what
has a line is not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from child import RTSEG
from int8_agreement import Row, add_line, agreement, labelled, labels, made, measured, prepared

from rtseg.engine.graph import LABELS, plain, read_graph, write_graph
from rtseg.engine.ort import OnnxRuntimeEngine
from rtseg.engine.ov import OpenVinoEngine
from rtseg.engine.package import (
    DEFAULT_MODEL,
    MANIFEST,
    ModelFile,
    ModelPackage,
    find_package,
    sha256_of,
)
from rtseg.engine.resizing import Shape, resized
from rtseg.machine import fingerprint
from rtseg.source.sparse import evenly, open_sparse
from rtseg.types import LabelMap, Tensor

CHOSEN, EVENLY = "chosen by `rtseg calibrate`", "evenly spaced of all clips"
ON = {"clips": "other frames", "data": "pictures of the data set"}

Places: TypeAlias = dict[str, list[int]]
"""Indices of frames, by clip."""


def main() -> None:
    wanted = arguments()
    names = [CHOSEN, EVENLY, *map(in_a_row, wanted.clips[: wanted.in_a_row])]
    asked = [name for name in names if any(words in name for words in wanted.only.split(","))]
    if missing := [name for name in asked if name not in measured(wanted.lines)]:
        measure(wanted, missing)
    rows = measured(wanted.lines)
    print(markdown([rows[name] for name in names if name in rows]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Which frames calibrate INT8 best.")
    parser.add_argument("lines", type=Path, help="JSON lines, one a set")
    parser.add_argument("clips", nargs="+", metavar="CLIP")
    parser.add_argument("--data", required=True, help="data set, its split test")
    parser.add_argument("--in-a-row", type=int, default=4, help="clips that calibrate alone")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--set", type=Path, help="of these clips, made before by `rtseg calibrate`")
    parser.add_argument("--only", default="", help="words of sets' names, with commas between")
    parser.add_argument("--size", default="", help="HxW of the network; default: the model's")
    parser.add_argument("--count", type=int, default=128, help="frames of a set")
    parser.add_argument("--frames", type=int, default=8, help="of each clip, to compare on")
    parser.add_argument("--every", type=int, default=6, help="picture of the data set")
    return parser.parse_args()


def measure(wanted: argparse.Namespace, names: Sequence[str]) -> None:
    with TemporaryDirectory(prefix="rtseg-sets-") as folder:
        package = find_package(wanted.model)
        if wanted.size:
            package = at_size(package, wanted.size, folder=Path(folder))
        compare_sets(wanted, names, package)


def at_size(package: ModelPackage, size: str, *, folder: Path) -> ModelPackage:
    """The FP32 model for pictures of another size."""
    height, width = map(int, size.split("x"))
    model = plain(read_graph(package.file("fp32")), keep=(LABELS, "logits"))
    path = folder / "fp32.onnx"
    write_graph(resized(model, Shape(height, width)), path)
    files = {"fp32": ModelFile(path.name, sha256_of(path))}
    spec = replace(package.spec, height=height, width=width)
    return ModelPackage(folder, replace(package.manifest, spec=spec, files=files))


def compare_sets(wanted: argparse.Namespace, names: Sequence[str], package: ModelPackage) -> None:
    lengths = {clip: len(open_sparse(clip).places(sys.maxsize)) for clip in wanted.clips}
    kept_apart = {clip: apart(length, wanted.frames) for clip, length in lengths.items()}
    seen = {clip: tensors(clip, places, package=package) for clip, places in kept_apart.items()}
    seen["data"] = labelled(wanted, package).tensors
    with OpenVinoEngine(package, "fp32", depth=1) as engine:
        expected = {name: labels(engine, each) for name, each in seen.items()}
    for name in names:
        places = {
            clip: [each for each in taken if each not in kept_apart[clip]]
            for clip, taken in frames_of(name, lengths, wanted).items()
        }
        found = answers(package, places, seen)
        row = {"name": name, "calibrating": sum(map(len, places.values())), "size": wanted.size}
        row |= compared(expected, found, classes=len(package.labels))
        add_line(wanted.lines, row | {"machine": fingerprint()})


def apart(length: int, frames: int) -> list[int]:
    """A third into each of so many equal parts of a clip: where even steps hardly fall."""
    return [(3 * part + 1) * length // (3 * frames) for part in range(frames)]


def frames_of(name: str, lengths: dict[str, int], wanted: argparse.Namespace) -> Places:
    """Of the set of that name."""
    count = wanted.count
    if name == CHOSEN:
        return stated(wanted.set, lengths) if wanted.set else chosen(lengths, count)
    if name == EVENLY:
        share = count // len(lengths)
        return {clip: evenly(length, share) for clip, length in lengths.items()}
    (clip,) = (clip for clip in lengths if in_a_row(clip) == name)
    first = max(0, (lengths[clip] - count) // 2)
    return {clip: list(range(first, min(lengths[clip], first + count)))}


def in_a_row(clip: str) -> str:
    return f"in a row of {Path(clip).stem}"


def chosen(lengths: dict[str, int], count: int) -> Places:
    """What the command itself keeps."""
    words = ("calibrate", "set", *lengths, "--count", str(count))
    with TemporaryDirectory(prefix="rtseg-sets-") as home:
        environment = os.environ | {"RTSEG_HOME": home}
        subprocess.run([*RTSEG, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
        return stated(Path(home) / "calibration" / "set", lengths)


def stated(folder: Path, lengths: dict[str, int]) -> Places:
    """By the manifest of a set."""
    pictures = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["pictures"]
    by_clip: Places = {clip: [] for clip in lengths}
    for each in pictures:
        by_clip[each["source"]].append(each["index"])
    return by_clip


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


def markdown(rows: Sequence[Row]) -> str:
    on = [f"{rows[0][each]['pictures']} {words}" for each, words in ON.items()]
    lines = [
        f"| calibrated with | {on[0]}: pixels % | mean IoU % | worst clip: pixels % "
        f"| {on[1]}: pixels % | mean IoU % |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for row in rows:
        worst = min(row["each"], key=lambda clip: row["each"][clip]["share"])
        clips, data = (
            [f"{100 * row[each][key]:.1f}" for key in ("share", "overlap")] for each in ON
        )
        at_worst = f"{100 * row['each'][worst]['share']:.1f} ({worst})"
        name = f"{row['calibrating']} {row['name']}"
        lines.append(f"| {' | '.join([name, *clips, at_worst, *data])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
