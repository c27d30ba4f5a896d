"""One model or network as TensorRT-RTX engines in FP32, FP16 and INT8: really built, never run.

python benchmarks/rtx_network.py NAME PICTURES WORK [--size 352x480]

Prints one JSON object. NAME is a model by name or folder, with its own weights, or a network of the
catalogue, with fresh ones (network.py says how they are made). Every second picture calibrates
INT8. Each engine is built twice, in processes of its own; the second time is the one that is told.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from machine import load
from network import FILES, MEAN, STD, Tensors, lively, prepared, roads

from rtseg.engine.building import build_apart
from rtseg.engine.graph import read_graph, write_graph
from rtseg.engine.lint import TARGETS, lint, refuse
from rtseg.engine.ort import normalise
from rtseg.engine.package import find_package, sha256_of
from rtseg.engine.resizing import Shape
from rtseg.engine.trt_builder import BuildOrder
from rtseg.engine.typed import layer_precisions, typed_network
from rtseg.errors import RtsegError
from rtseg.models.catalogue import CATALOGUE, entry
from rtseg.models.export import export_onnx
from rtseg.types import ModelSpec, Precision

MODULE, TARGET = "tensorrt_rtx", TARGETS["rtx"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
FRESH = ModelSpec(0, 0, "rgb", MEAN, STD, "cityscapes19")


def main() -> None:
    parser = argparse.ArgumentParser(description="One network, built by TensorRT-RTX.")
    parser.add_argument("name")
    parser.add_argument("pictures", type=Path, help="folder")
    parser.add_argument("work", type=Path, help="folder for the exported files of fresh networks")
    parser.add_argument("--size", default="352x480")
    wanted = parser.parse_args()
    with redirect_stdout(sys.stderr):
        report = row(wanted)
    print(json.dumps(report))


def row(wanted: argparse.Namespace) -> dict[str, Any]:
    package = None if wanted.name in CATALOGUE else find_package(wanted.name)
    network = package.manifest.network if package else wanted.name
    height, width = size_of(wanted.size, multiple=entry(network).multiple)
    known = package.spec if package else FRESH
    spec = replace(known, height=height, width=width)
    pictures = [normalise(each, spec) for each in prepared(roads(wanted.pictures)[::2], spec)]
    path = package.file("fp32") if package else fresh(network, spec, pictures, work=wanted.work)
    return {
        "network": wanted.name,
        "weights": "trained" if package else "fresh",
        "size": f"{height}x{width}",
        "calibrating": len(pictures),
        "load": load(),
        "builds": builds(path, spec, pictures, unquantized=entry(network).unquantized),
    }


def size_of(text: str, *, multiple: int) -> tuple[int, int]:
    """Or the next that the network takes."""
    height, width = (-(-int(side) // multiple) * multiple for side in text.split("x"))
    return height, width


def fresh(network: str, spec: ModelSpec, pictures: Tensors, *, work: Path) -> Path:
    """The FP32 file of random weights, in a folder that network.py can go on with."""
    path = work / f"{network}-{spec.height}x{spec.width}" / FILES["fp32"]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        export_onnx(lively(network, pictures), path, height=spec.height, width=spec.width)
    return path


def builds(
    path: Path, spec: ModelSpec, pictures: Tensors, *, unquantized: Sequence[str]
) -> dict[str, Any]:
    """By precision: what was built, or why it was not, in one line."""
    found: dict[str, Any] = {}
    for precision in PRECISIONS:
        try:
            model = read_graph(path)
            refuse(lint(model, TARGET), repr(path.name))
            shape = Shape(spec.height, spec.width)
            calibrating = pictures if precision == "int8" else ()
            network = typed_network(
                model, shape, precision, pictures=calibrating, unquantized=unquantized
            )
            refuse(lint(network, TARGET), "what was made of it")
            found[precision] = {"layers": layer_precisions(network), **built(network, precision)}
        except RtsegError as error:
            found[precision] = {"error": str(error)}
    return found


def built(network: Any, precision: Precision) -> dict[str, Any]:
    """seconds: of the builder's process, the second of two; same: to the byte."""
    hashes, size, seconds = set(), 0, 0.0
    with TemporaryDirectory(prefix="rtseg-rtx-") as folder:
        source, engine = Path(folder) / "network.onnx", Path(folder) / "engine"
        write_graph(network, source)
        order = BuildOrder(MODULE, str(source), str(engine), precision)
        for _ in range(2):
            started = time.perf_counter()
            build_apart(order, lambda event: None)
            seconds = time.perf_counter() - started
            hashes.add(sha256_of(engine))
            size = engine.stat().st_size
    return {"seconds": round(seconds, 2), "mb": round(size / 1e6, 1), "same": len(hashes) == 1}


if __name__ == "__main__":
    main()
