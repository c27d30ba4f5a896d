"""One INT8 file does not serve two runtimes: the gate tells, on the shipped model."""

import time
from dataclasses import replace
from fractions import Fraction

import pytest

from rtseg.engine.gate import accept, compare
from rtseg.engine.graph import LABELS, at_opset, plain, read_graph, write_graph
from rtseg.engine.ort import OnnxRuntimeEngine, normalise
from rtseg.engine.ov import OpenVinoEngine
from rtseg.engine.package import ModelFile, ModelPackage, find_package, sha256_of
from rtseg.engine.resizing import Shape, resized
from rtseg.engine.symmetric import quantize_symmetric
from rtseg.engine.typed import layer_precisions
from rtseg.errors import ThresholdError
from rtseg.models.catalogue import entry
from rtseg.preprocess import prepare
from rtseg.source.road import RoadSource
from rtseg.types import Frame

SHAPE = Shape(192, 256)


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The shipped model, smaller: as it is, and in INT8 as TensorRT wants it."""
    folder = tmp_path_factory.mktemp("pair")
    shipped = find_package("roadlite-camvid")
    spec = replace(shipped.spec, height=SHAPE.height, width=SHAPE.width)
    model = resized(plain(read_graph(shipped.file("fp32")), keep=(LABELS, "logits")), SHAPE)
    calibrating = [normalise(each, spec) for each in tensors(spec, range(0, 240, 60))]
    symmetric = quantize_symmetric(
        at_opset(model, 19),
        calibrating,
        unquantized=entry(shipped.manifest.network).unquantized,
    )
    assert layer_precisions(symmetric) == {"int8": 57, "fp32": 6}
    made = []
    for precision, graph in (("fp32", model), ("int8", symmetric)):
        path = folder / f"{precision}.onnx"
        write_graph(graph, path)
        files = {precision: ModelFile(path.name, sha256_of(path))}
        made.append(ModelPackage(folder, replace(shipped.manifest, spec=spec, files=files)))
    return made


def tensors(spec, indices):
    road = RoadSource(height=360, width=640)
    frames = (Frame(road.picture(each), each, Fraction(0), time.monotonic_ns()) for each in indices)
    return [prepare(frame, spec).tensor for frame in frames]


def agreement(packages, candidate):
    frames = tensors(packages[0].spec, range(30, 240, 60))
    with OpenVinoEngine(packages[0], "fp32", depth=1) as reference, candidate:
        return compare(reference, candidate, frames)


def test_onnx_runtime_executes_tensorrts_file_rightly_when_it_does_as_it_is_written(packages):
    found = agreement(packages, OnnxRuntimeEngine(packages[1], "int8", as_written=True))
    accept(found, at_least=0.95, of_classes=11)
    assert len(found.overlap) == 11
    assert found.overlap[3] > 0.95  # road


def test_openvino_executes_it_wrongly_and_the_gate_refuses_the_pair(packages):
    found = agreement(packages, OpenVinoEngine(packages[1], "int8", depth=1))
    with pytest.raises(ThresholdError, match="labels agree on") as caught:
        accept(found, at_least=0.97, of_classes=11)
    assert caught.value.exit_code == 5
    assert found.share < 0.95
    assert min(found.overlap) < 0.1  # a class is all but gone
