"""TensorRT's FP16 and INT8 of a model, and the CPU's INT8, beside its FP32 in OpenVINO.

python benchmarks/int8_agreement.py --calibration DIR --pictures DIR --data camvid:DIR
                                    [--model NAME] [--every 3] [--json FILE]

The files are those that `rtseg build --calibration DIR` makes, executed on the CPU: as they are
written, and by runtimes that read them wrongly. Agreement is the share of pixels with the same
label at the network's own size, over the roads in --pictures and over the test split of --data,
whose truth also gives mIoU. Ends with 1 where TensorRT's INT8 agrees on less than 97 % of pixels,
or loses more than a point of mIoU.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from machine import fingerprint, load

from rtseg.commands.gate_frames import pictures_of
from rtseg.engine.base import Engine
from rtseg.engine.graph import read_graph, write_graph
from rtseg.engine.ort import OnnxRuntimeEngine, normalise
from rtseg.engine.ov import OpenVinoEngine
from rtseg.engine.package import DEFAULT_MODEL, ModelFile, ModelPackage, find_package, sha256_of
from rtseg.engine.resizing import Shape
from rtseg.engine.typed import typed_network
from rtseg.metrics import Confusion
from rtseg.models.catalogue import entry
from rtseg.preprocess import prepare
from rtseg.source.dataset import open_dataset
from rtseg.source.images import ImageFolder
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap, Precision, Rgb, Tensor

LEAST_AGREEMENT, MOST_LOST = 0.97, 0.01
CANDIDATES = ("fp16", "int8")
HEADS = ("file, executed by", "pictures", "data", "mIoU % there")


@dataclass
class Seen:
    """Pictures as engines get them, and their truths (H, W): none where nobody labelled them."""

    tensors: list[Tensor]
    truths: list[LabelMap]


def main() -> None:
    wanted = arguments()
    package = find_package(wanted.model)
    sets = {"pictures": roads(wanted.pictures, package), "data": labelled(wanted, package)}
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="rtseg-int8-") as folder:
        frames = pictures_of(str(wanted.calibration), package.spec)
        options = {"calibrating": frames.calibrating, "folder": Path(folder)}
        files = {each: made(package, each, **options) for each in CANDIDATES}
        expected = {}
        for name, engine in engines(package, files):
            with engine:
                found = {each: labels(engine, sets[each].tensors) for each in sets}
            expected = expected or found
            rows.append({"name": name, **measured(sets, found, expected, package=package)})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    report = {"machine": fingerprint(), "load": load(), "calibrating": len(frames.calibrating)}
    report |= {"model": package.name, "rows": rows}
    print(markdown(report))
    if wanted.json:
        wanted.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.exit(0 if passes(rows) else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="INT8 and FP16 beside FP32.")
    parser.add_argument("--calibration", type=Path, required=True, help="as of `rtseg build`")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of other roads")
    parser.add_argument("--data", required=True, help="data set, its split test")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--every", type=int, default=3, help="picture of the data set")
    parser.add_argument("--json", type=Path, help="file for everything that was measured")
    return parser.parse_args()


def roads(folder: Path, package: ModelPackage) -> Seen:
    with ImageFolder(str(folder)) as source:
        return Seen([prepared(frame.picture, package) for frame in source], [])


def labelled(wanted: argparse.Namespace, package: ModelPackage) -> Seen:
    dataset = open_dataset(wanted.data, "test", labels=package.spec.labels)
    samples = dataset.samples[:: wanted.every]
    tensors = [prepared(sample.picture(), package) for sample in samples]
    return Seen(tensors, [sample.truth() for sample in samples])


def prepared(picture: Rgb, package: ModelPackage) -> Tensor:
    return prepare(Frame(picture, 0, Fraction(0), time.monotonic_ns()), package.spec).tensor


def made(
    package: ModelPackage, precision: Precision, *, calibrating: Sequence[Tensor], folder: Path
) -> ModelPackage:
    """The package with TensorRT's file of that precision, as ``rtseg build`` makes it."""
    spec = package.spec
    pictures = [normalise(each, spec) for each in calibrating] if precision == "int8" else []
    network = typed_network(
        read_graph(package.file("fp32")),
        Shape(spec.height, spec.width),
        precision,
        pictures=pictures,
        unquantized=entry(package.manifest.network).unquantized,
    )
    path = folder / f"{precision}.onnx"
    write_graph(network, path)
    files = {precision: ModelFile(path.name, sha256_of(path))}
    return ModelPackage(folder, replace(package.manifest, files=files))


def engines(
    package: ModelPackage, files: dict[str, ModelPackage]
) -> Iterable[tuple[str, OpenVinoEngine | OnnxRuntimeEngine]]:
    """The reference comes first."""
    half, small = files["fp16"], files["int8"]
    yield "FP32, OpenVINO", OpenVinoEngine(package, "fp32", depth=1)
    as_written = "ONNX Runtime as written"
    yield f"TensorRT FP16, {as_written}", OnnxRuntimeEngine(half, "fp16", as_written=True)
    yield f"TensorRT INT8 and FP16, {as_written}", OnnxRuntimeEngine(small, "int8", as_written=True)
    yield "CPU INT8 (the shipped file), OpenVINO", OpenVinoEngine(package, "int8", depth=1)
    yield "TensorRT INT8, ONNX Runtime optimised", OnnxRuntimeEngine(small, "int8")
    yield "TensorRT INT8, OpenVINO", OpenVinoEngine(with_logits(small), "int8", depth=1)


def with_logits(package: ModelPackage) -> ModelPackage:
    """OpenVINO's engine makes its labels of the logits, which TensorRT's file does not give out."""
    import onnx

    model = read_graph(package.file("int8"))
    (choice,) = (node for node in model.graph.node if node.op_type == "ArgMax")
    known = onnx.shape_inference.infer_shapes(model).graph.value_info
    (logits,) = (value for value in known if value.name == choice.input[0])
    identity = onnx.helper.make_node("Identity", [logits.name], ["logits"], "/logits")
    model.graph.node.append(identity)
    model.graph.output.append(logits)
    model.graph.output[-1].name = "logits"
    path = package.folder / "logits.onnx"
    write_graph(model, path)
    files = {"int8": ModelFile(path.name, sha256_of(path))}
    return ModelPackage(package.folder, replace(package.manifest, files=files))


def labels(engine: Engine, tensors: Iterable[Tensor]) -> list[LabelMap]:
    found = []
    for tensor in tensors:
        engine.submit(tensor)
        found.append(engine.collect())
    return found


def measured(
    sets: dict[str, Seen],
    found: dict[str, list[LabelMap]],
    expected: dict[str, list[LabelMap]],
    *,
    package: ModelPackage,
) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for name, seen in sets.items():
        report[name] = agreement(expected[name], found[name], classes=len(package.labels))
        if seen.truths:
            confusion = Confusion.of(len(package.labels))
            for truth, predicted in zip(seen.truths, found[name], strict=True):
                confusion.add(truth, stretched(predicted, *truth.shape))
            report[name]["miou"] = round(confusion.miou, 4)
    return report


def agreement(
    expected: Sequence[LabelMap], found: Sequence[LabelMap], *, classes: int
) -> dict[str, Any]:
    """share: of pixels. overlap: mean IoU of the two over the classes. present: in the expected."""
    confusion = Confusion.of(classes)
    same = total = 0
    for one, other in zip(expected, found, strict=True):
        confusion.add(one, other)
        same += int(np.count_nonzero(one == other))
        total += one.size
    present = len(np.unique(np.concatenate([each.ravel() for each in expected])))
    share, overlap = round(same / total, 4), round(float(np.nanmean(confusion.overlap)), 4)
    return {"pictures": len(found), "share": share, "overlap": overlap, "present": present}


def passes(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether TensorRT's INT8, executed as it is written, is as good as is asked of it."""
    full = rows[0]
    small = next(row for row in rows if row["name"].startswith("TensorRT INT8 and FP16"))
    shares = [small[each]["share"] for each in ("pictures", "data")]
    lost = round(full["data"]["miou"] - small["data"]["miou"], 4)
    print(f"least agreement {min(shares):.2%}, mIoU lost {100 * lost:.2f} points", file=sys.stderr)
    return min(shares) >= LEAST_AGREEMENT and lost <= MOST_LOST


def markdown(report: dict[str, Any]) -> str:
    rows = report["rows"]
    heads = [f"{rows[0][each]['pictures']} {each}" for each in HEADS[1:3]]
    lines = [
        f"| {HEADS[0]} | {heads[0]} | {heads[1]} | {HEADS[3]} |",
        "|---|---:|---:|---:|",
    ]
    for row in rows:
        shares = [f"{100 * row[each]['share']:.2f}" for each in ("pictures", "data")]
        lines.append(f"| {row['name']} | {' | '.join(shares)} | {100 * row['data']['miou']:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
