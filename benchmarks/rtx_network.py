"""One model or network as TensorRT-RTX engines in FP32, FP16 and INT8: really built, never run.

python benchmarks/rtx_network.py NAME PICTURES WORK [--size 352x480]

Prints one JSON object. NAME is a model by name or folder, with its own weights and at its own size,
or a network of the catalogue, with fresh ones (network.py says how they are made) and at --size.
Every second picture calibrates INT8. Each engine is built twice, in processes of their own; the
time is that of the second, counted by the kernel, so that a busy machine does not matter much.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
from rtseg.machine import load
from rtseg.models.catalogue import CATALOGUE, entry
from rtseg.models.export import export_onnx
from rtseg.types import ModelSpec, Precision

MODULE, TARGET = "tensorrt_rtx", TARGETS["rtx"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")


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
    spec = package.spec if package else sized(wanted.size, multiple=entry(network).multiple)
    pictures = [normalise(each, spec) for each in prepared(roads(wanted.pictures)[::2], spec)]
    path = package.file("fp32") if package else fresh(network, spec, pictures, work=wanted.work)
    return {
        "network": wanted.name,
        "weights": "trained" if package else "fresh",
        "size": f"{spec.height}x{spec.width}",
        "calibrating": len(pictures),
        "load": load(),
        "builds": builds(path, spec, pictures, unquantized=entry(network).unquantized),
    }


def sized(text: str, *, multiple: int) -> ModelSpec:
    """HxW, or the next that the network takes."""
    height, width = (-(-int(side) // multiple) * multiple for side in text.split("x"))
    return ModelSpec(height, width, "rgb", MEAN, STD, "cityscapes19")


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
    """seconds: of CPUs, of the whole builder's process, the second of two; same: to the byte."""
    hashes, size, seconds = set(), 0, 0.0
    with TemporaryDirectory(prefix="rtseg-rtx-") as folder:
        source, engine = Path(folder) / "network.onnx", Path(folder) / "engine"
        write_graph(network, source)
        order = BuildOrder(MODULE, str(source), str(engine), precision)
        for _ in range(2):
            before = cpu_seconds_of_children()
            build_apart(order, lambda event: None)
            seconds = cpu_seconds_of_children() - before
            hashes.add(sha256_of(engine))
            size = engine.stat().st_size
    return {"seconds": round(seconds, 2), "mb": round(size / 1e6, 1), "same": len(hashes) == 1}


def cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
