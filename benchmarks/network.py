"""One network of the zoo: its weight, and its speed beside a reference's in the same process.

python benchmarks/network.py NAME PICTURES WORK [--reference ddrnet-23-slim]
                             [--sizes 352x480,512x1024] [--repeat 30]

Prints one JSON object. The weights are fresh: scales of batch norms are drawn at random and their
statistics estimated on every second picture, which also calibrate INT8; the others are those on
which INT8 and FP32 are compared. WORK keeps the exported files, and what is there is used again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stdout
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine
from rtseg.engine.gate import compare
from rtseg.engine.ort import normalise
from rtseg.engine.package import FORMAT, Manifest, ModelFile, ModelPackage, sha256_of
from rtseg.engine.quantize import quantize_for_cpu
from rtseg.machine import load
from rtseg.models.catalogue import entry
from rtseg.models.export import export_onnx
from rtseg.models.zoo import build_network, multiply_accumulates, parameter_count
from rtseg.preprocess import prepare
from rtseg.types import Frame, ModelSpec, Precision

REFERENCE = "ddrnet-23-slim"
CLASSES = 19
PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
FILES = {"fp32": "model.onnx", "int8": "model.int8.onnx"}
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
WARM_UP = 5
PATTERNS = ("*.png", "*.jpg", "*.webp")
BATCH = 4

Tensors = list[NDArray[Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description="One network, weighed and measured.")
    parser.add_argument("name")
    parser.add_argument("pictures", type=Path, help="folder")
    parser.add_argument("work", type=Path, help="folder for the exported files")
    parser.add_argument("--reference", default=REFERENCE)
    parser.add_argument("--sizes", default="352x480,512x1024")
    parser.add_argument("--repeat", type=int, default=30)
    wanted = parser.parse_args()
    with redirect_stdout(sys.stderr):  # NNCF draws progress bars
        report = row(wanted)
    print(json.dumps(report))


def row(wanted: argparse.Namespace) -> dict[str, Any]:
    paths = roads(wanted.pictures)
    report = {"network": wanted.name, "load": load(), **weighed(wanted.name), "sizes": {}}
    for size in wanted.sizes.split(","):
        reference, candidate = (
            package(name, size, paths, work=wanted.work) for name in (wanted.reference, wanted.name)
        )
        tensors = prepared(paths[1::2], candidate.spec)
        report["sizes"][size] = measured(reference, candidate, tensors, repeat=wanted.repeat)
    return report


def weighed(name: str) -> dict[str, float]:
    """Millions of parameters and 1e9 multiply-accumulates, as the catalogue's entry counts them."""
    facts = entry(name)
    network = build_network(name, facts.classes)
    return {
        "parameters": parameter_count(network) / 1e6,
        "gmacs": multiply_accumulates(network, *facts.size) / 1e9,
    }


def package(name: str, size: str, paths: Sequence[Path], *, work: Path) -> ModelPackage:
    """FP32 and INT8 files at ``size``, or at the next multiple that the network takes."""
    multiple = entry(name).multiple
    height, width = (-(-int(side) // multiple) * multiple for side in size.split("x"))
    spec = ModelSpec(height, width, "rgb", MEAN, STD, "cityscapes19")
    folder = work / f"{name}-{height}x{width}"
    if not (folder / FILES["int8"]).is_file():
        tensors = [normalise(each, spec) for each in prepared(paths[::2], spec)]
        build(name, spec, folder, tensors=tensors)
    files = {each: ModelFile(FILES[each], sha256_of(folder / FILES[each])) for each in PRECISIONS}
    manifest = Manifest(
        FORMAT, name, name, spec=spec, files=files, licence="", data="", made={}, accuracy=[]
    )
    return ModelPackage(folder, manifest)


def build(name: str, spec: ModelSpec, folder: Path, *, tensors: Tensors) -> None:
    """The INT8 file comes last and under another name first: one that is there is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    network = lively(name, tensors)
    export_onnx(network, folder / FILES["fp32"], height=spec.height, width=spec.width)
    unfinished = folder / "unfinished.onnx"
    unquantized = entry(name).unquantized
    quantize_for_cpu(folder / FILES["fp32"], unfinished, tensors, unquantized=unquantized)
    unfinished.rename(folder / FILES["int8"])


def lively(name: str, tensors: Tensors) -> torch.nn.Module:
    """Fresh weights answer one class everywhere; batch norms that have seen pictures do not."""
    torch.manual_seed(0)
    network = build_network(name, CLASSES).eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            layer.momentum = None  # an average over all that follows
            layer.train()
    with torch.no_grad():
        for start in range(0, len(tensors) - 1, BATCH):
            network(torch.from_numpy(np.concatenate(tensors[start : start + BATCH])))
    return network.eval()


def roads(folder: Path) -> list[Path]:
    paths = sorted(path for pattern in PATTERNS for path in folder.glob(pattern))
    if len(paths) < 4:
        raise SystemExit(f"{str(folder)!r} holds {len(paths)} pictures, at least 4 are needed")
    return paths


def prepared(paths: Sequence[Path], spec: ModelSpec) -> Tensors:
    """Pictures as engines get them."""
    pictures = (cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths)
    frames = (Frame(np.asarray(each, np.uint8), 0, Fraction(0), 0) for each in pictures)
    return [prepare(frame, spec).tensor for frame in frames]


def measured(
    reference: ModelPackage, candidate: ModelPackage, tensors: Tensors, *, repeat: int
) -> dict[str, Any]:
    report: dict[str, Any] = {"measured_at": f"{candidate.spec.height}x{candidate.spec.width}"}
    with ExitStack() as stack:
        for precision in PRECISIONS:
            engines = [
                stack.enter_context(make_engine("openvino", each, precision, depth=1))
                for each in (reference, candidate)
            ]
            report[precision] = compared(list(rounds(engines, repeat=repeat)))
    with (
        make_engine("openvino", candidate, "fp32", depth=1) as fp32,
        make_engine("openvino", candidate, "int8", depth=1) as int8,
    ):
        agreement = compare(fp32, int8, tensors)
    report["agreement"] = round(agreement.share, 4)
    report["classes"] = agreement.classes
    return report


def rounds(engines: list[Engine], *, repeat: int) -> Iterator[list[float]]:
    """Milliseconds of each engine, one after the other, every other round backwards."""
    random = np.random.default_rng(0)
    sizes = [(1, engine.spec.height, engine.spec.width, 3) for engine in engines]
    noise = [random.integers(0, 256, size, np.uint8) for size in sizes]
    for index in range(WARM_UP + repeat):
        milliseconds = [0.0] * len(engines)
        for each in list(range(len(engines)))[:: 1 if index % 2 else -1]:
            started = time.perf_counter()
            engines[each].submit(noise[each])
            engines[each].collect()
            milliseconds[each] = 1e3 * (time.perf_counter() - started)
        if index >= WARM_UP:
            yield milliseconds


def compared(pairs: list[list[float]]) -> dict[str, float]:
    """ratio: the median of the rounds' quotients, which a busy moment of the machine spares."""
    reference, candidate = zip(*pairs, strict=True)
    return {
        "ms": round(statistics.median(candidate), 3),
        "reference_ms": round(statistics.median(reference), 3),
        "ratio": round(statistics.median(b / a for a, b in pairs), 3),
    }


if __name__ == "__main__":
    main()
