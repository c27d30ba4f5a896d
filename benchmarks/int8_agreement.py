"""TensorRT's FP16 and INT8 of a model, and the CPU's INT8, beside its FP32 in OpenVINO.

python benchmarks/int8_agreement.py LINES.jsonl --calibration DIR --pictures DIR --data camvid:DIR
                                    [--model NAME] [--every 3]

The files are those that `rtseg build --calibration DIR` makes, executed on the CPU: as they are
written, and by runtimes that read them wrongly. Agreement is the share of pixels with the same
label at the network's own size, over the roads in --pictures and over the test split of --data,
whose truth also gives mIoU. LINES.jsonl gets one line a file and runtime; what has a line is not
measured again. Ends with 1 where TensorRT's INT8 agrees on less than 97 % of pixels,
or loses more than a point of mIoU.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import numpy as np

from rtseg.commands.gate_frames import pictures_of
from rtseg.engine.base import Engine
from rtseg.engine.graph import read_graph, write_graph
from rtseg.engine.ort import OnnxRuntimeEngine, normalise
from rtseg.engine.ov import OpenVinoEngine
from rtseg.engine.package import DEFAULT_MODEL, ModelFile, ModelPackage, find_package, sha256_of
from rtseg.engine.resizing import Shape
from rtseg.engine.typed import typed_network
from rtseg.machine import fingerprint
from rtseg.metrics import Confusion
from rtseg.models.catalogue import entry
from rtseg.preprocess import prepare
from rtseg.source.dataset import open_dataset
from rtseg.source.images import ImageFolder
from rtseg.stretch import stretched
from rtseg.types import Frame, LabelMap, Precision, Rgb, Tensor

LEAST_AGREEMENT, MOST_LOST = 0.97, 0.01
ON = {"pictures": "other roads", "data": "test pictures"}
FULL, SMALL = "FP32, OpenVINO", "TensorRT INT8 and FP16, ONNX Runtime as written"

Row: TypeAlias = dict[str, Any]
Labels: TypeAlias = dict[str, list[LabelMap]]
"""What an engine says of each set of pictures."""


@dataclass
class Seen:
    """Pictures as engines get them, and their truths (H, W): none where nobody labelled them."""

    tensors: list[Tensor]
    truths: list[LabelMap]


def main() -> None:
    wanted = arguments()
    package = find_package(wanted.model)
    missing = [name for name in CONTESTANTS if name not in measured(wanted.lines)]
    if missing:
        measure(wanted, package, missing)
    rows = [measured(wanted.lines)[name] for name in CONTESTANTS]
    print(markdown(rows))
    sys.exit(0 if passes(rows) else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="INT8 and FP16 beside FP32.")
    parser.add_argument("lines", type=Path, help="JSON lines, one a file and runtime")
    parser.add_argument("--calibration", type=Path, required=True, help="as of `rtseg build`")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of other roads")
    parser.add_argument("--data", required=True, help="data set, its split test")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--every", type=int, default=3, help="picture of the data set")
    return parser.parse_args()


def measured(path: Path) -> dict[str, Row]:
    """The last line of each name."""
    if not path.is_file():
        return {}
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["name"]: row for row in rows}


def add_line(path: Path, row: Row) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def measure(wanted: argparse.Namespace, package: ModelPackage, names: Sequence[str]) -> None:
    sets = {"pictures": roads(wanted.pictures, package), "data": labelled(wanted, package)}
    expected = answers(CONTESTANTS[FULL].engine(package), sets)
    frames = pictures_of(str(wanted.calibration), package.spec)
    about = {"calibrating": len(frames.calibrating), "machine": fingerprint()}
    with TemporaryDirectory(prefix="rtseg-int8-") as folder:
        options = {"calibrating": frames.calibrating, "folder": Path(folder)}
        files = {"": package}
        for name in names:
            kind, engine = CONTESTANTS[name].file, CONTESTANTS[name].engine
            if kind not in files:
                files[kind] = made(package, kind, **options)
            found = answers(engine(files[kind]), sets)
            row = {"name": name, **compared(sets, found, expected, classes=len(package.labels))}
            add_line(wanted.lines, row | about)


def answers(engine: OpenVinoEngine | OnnxRuntimeEngine, sets: dict[str, Seen]) -> Labels:
    with engine:
        return {name: labels(engine, seen.tensors) for name, seen in sets.items()}


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


def compared(
    sets: dict[str, Seen], found: Labels, expected: Labels, *, classes: int
) -> dict[str, Any]:
    report: dict[str, Any] = {}
    for name, seen in sets.items():
        report[name] = agreement(expected[name], found[name], classes=classes)
        if seen.truths:
            confusion = Confusion.of(classes)
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


def passes(rows: Sequence[Row]) -> bool:
    """Whether TensorRT's INT8, executed as it is written, is as good as is asked of it."""
    full, small = (next(row for row in rows if row["name"] == name) for name in (FULL, SMALL))
    shares = [small[each]["share"] for each in ON]
    lost = round(full["data"]["miou"] - small["data"]["miou"], 4)
    print(f"least agreement {min(shares):.2%}, mIoU lost {100 * lost:.2f} points", file=sys.stderr)
    return min(shares) >= LEAST_AGREEMENT and lost <= MOST_LOST


def markdown(rows: Sequence[Row]) -> str:
    """Shares of pixels in per cent."""
    heads = [f"{rows[0][each]['pictures']} {words}" for each, words in ON.items()]
    lines = [f"| file, executed by | {' | '.join(heads)} | mIoU % there |", "|---|---:|---:|---:|"]
    for row in rows:
        shares = [f"{100 * row[each]['share']:.2f}" for each in ON]
        lines.append(f"| {row['name']} | {' | '.join(shares)} | {100 * row['data']['miou']:.2f} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Contestant:
    """file: the precision of TensorRT's, "" for the package's own. engine: what executes it."""

    file: Precision | Literal[""]
    engine: Callable[[ModelPackage], OpenVinoEngine | OnnxRuntimeEngine]


CONTESTANTS = {
    FULL: Contestant("", lambda own: OpenVinoEngine(own, "fp32", depth=1)),
    "TensorRT FP16, ONNX Runtime as written": Contestant(
        "fp16", lambda half: OnnxRuntimeEngine(half, "fp16", as_written=True)
    ),
    SMALL: Contestant("int8", lambda small: OnnxRuntimeEngine(small, "int8", as_written=True)),
    "CPU INT8 (the shipped file), OpenVINO": Contestant(
        "", lambda own: OpenVinoEngine(own, "int8", depth=1)
    ),
    "TensorRT INT8, ONNX Runtime optimised": Contestant(
        "int8", lambda small: OnnxRuntimeEngine(small, "int8")
    ),
    "TensorRT INT8, OpenVINO": Contestant(
        "int8", lambda small: OpenVinoEngine(with_logits(small), "int8", depth=1)
    ),
}


if __name__ == "__main__":
    main()
