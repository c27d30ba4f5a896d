"""Size and precision written into a graph, executed by ONNX Runtime as they are written."""

import numpy as np
import onnx
import onnxruntime
import pytest
from brightness import GREYS, HEIGHT, WIDTH, brightness_onnx
from onnx import numpy_helper

from rtseg.engine.graph import dims_of, plain, read_graph, tensor_facts
from rtseg.engine.half import to_half
from rtseg.engine.lint import TARGETS, lint
from rtseg.engine.ort import normalise
from rtseg.engine.package import find_package
from rtseg.engine.resizing import Shape, resized
from rtseg.engine.typed import layer_precisions, typed_network
from rtseg.errors import EngineError, UsageError
from rtseg.source.road import RoadSource

SHAPE = Shape(HEIGHT, WIDTH)


def picture(seed=0, *, batch=1, height=HEIGHT, width=WIDTH):
    return np.random.default_rng(seed).random((batch, 3, height, width), dtype=np.float32)


def executed(model, values, output="labels"):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run([output], {"picture": values})[0]


def by_hand(values):
    return np.abs(values.mean(1)[..., None] - GREYS).argmin(-1)


@pytest.fixture
def small(tmp_path):
    return read_graph(brightness_onnx(tmp_path / "a.onnx"))


@pytest.fixture(scope="module")
def shipped():
    return read_graph(find_package("roadlite-camvid").file("fp32"))


@pytest.mark.parametrize(("precision", "least"), [("fp32", 1.0), ("fp16", 0.995), ("int8", 0.95)])
@pytest.mark.parametrize("shape", [SHAPE, Shape(HEIGHT, WIDTH, 3), Shape(32, 40, 3, dynamic=True)])
def test_labels_are_those_worked_out_by_hand(small, precision, least, shape):
    size = {"height": shape.height, "width": shape.width}
    calibrating = [picture(seed, **size) for seed in range(8)]
    model = typed_network(small, shape, precision, pictures=calibrating)
    values = picture(9, batch=shape.batch, **size)
    expected = by_hand(values)
    assert len(np.unique(expected)) >= 5
    assert (executed(model, values) == expected).mean() >= least
    assert set(layer_precisions(model)) == {precision}


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_pictures_come_in_and_labels_go_out_as_before(small, precision):
    model = typed_network(small, SHAPE, precision, pictures=[picture()])
    assert tensor_facts(model) == [
        {"name": "picture", "mode": "input", "dtype": "float32", "shape": [1, 3, HEIGHT, WIDTH],
         "batches": []},
        {"name": "labels", "mode": "output", "dtype": "uint8", "shape": [1, HEIGHT, WIDTH],
         "batches": []},
    ]  # fmt: skip
    assert [each for each in lint(model, TARGETS["tensorrt"]) if each.severity == "error"] == []


@pytest.mark.parametrize(("precision", "off"), [("fp32", 1e-6), ("fp16", 0.005), ("int8", 0.1)])
@pytest.mark.parametrize("shape", [SHAPE, Shape(32, 40, 3, dynamic=True)])
def test_scores_are_a_second_output_in_float32(small, precision, off, shape):
    size = {"height": shape.height, "width": shape.width}
    calibrating = [picture(seed, **size) for seed in range(8)]
    model = typed_network(small, shape, precision, pictures=calibrating, scores=True)
    *_, scores = tensor_facts(model)
    assert (scores["name"], scores["dtype"]) == ("scores", "float32")
    values = picture(9, batch=shape.batch, **size)
    greys = GREYS.reshape(1, 6, 1, 1)
    powers = np.exp(2 * greys * values.mean(1, keepdims=True) - greys**2)
    expected = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(executed(model, values, output="scores"), expected, atol=off)
    assert (executed(model, values) == by_hand(values)).mean() >= 0.95
    findings = lint(model, TARGETS["tensorrt"], profiled=shape.dynamic)
    assert [each for each in findings if each.severity == "error"] == []


def test_half_precision_leaves_no_float32_inside(small):
    model = typed_network(small, SHAPE, "fp16")
    assert {each.data_type for each in model.graph.initializer} == {onnx.TensorProto.FLOAT16}


def test_tensorrt_8_gets_pairs_in_float32_at_opset_13(small):
    model = typed_network(small, SHAPE, "int8", typed=False, pictures=[picture()])
    assert model.opset_import[0].version == 13
    assert layer_precisions(model) == {"int8": 2}
    assert [str(each) for each in lint(model, TARGETS["tensorrt8"])] == []
    fp16 = typed_network(small, SHAPE, "fp16", typed=False)
    assert layer_precisions(fp16) == {"fp32": 2}  # a flag of the builder says it


def test_a_part_that_is_named_stays_out_of_int8(small):
    model = typed_network(small, SHAPE, "int8", pictures=[picture()], unquantized=["stem"])
    assert layer_precisions(model) == {"int8": 1, "fp16": 1}


def test_a_part_that_is_not_there_is_refused(small):
    with pytest.raises(EngineError, match="no convolution in 'tail'"):
        typed_network(small, SHAPE, "int8", pictures=[picture()], unquantized=["tail"])


def test_a_weight_beyond_float16_is_refused_by_name(small):
    large = numpy_helper.from_array(np.full((3, 3, 1, 1), 7e4, "f"), "same")
    small.graph.initializer[0].CopyFrom(large)
    with pytest.raises(EngineError, match="'same' holds 70000"):
        to_half(plain(small))


def test_stored_halves_become_weights_and_logits_go(shipped):
    model = plain(shipped)
    assert [each.name for each in model.graph.output] == ["labels"]
    weights = {each.name: each.data_type for each in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert {weights[node.input[1]] for node in convolutions} == {onnx.TensorProto.FLOAT}


def test_another_size_is_what_the_exporter_writes_for_that_size(tmp_path):
    torch = pytest.importorskip("torch")
    from rtseg.models.export import export_onnx
    from rtseg.models.zoo import build_network

    torch.manual_seed(0)
    network = build_network("roadnet-m", 11).eval()
    for height, width in ((64, 96), (96, 128)):
        export_onnx(network, tmp_path / f"{height}.onnx", height=height, width=width)
    other = resized(plain(read_graph(tmp_path / "64.onnx")), Shape(96, 128))
    values = 2 * picture(1, height=96, width=128) - 1
    expected = executed(plain(read_graph(tmp_path / "96.onnx")), values)
    assert len(np.unique(expected)) >= 5
    np.testing.assert_array_equal(executed(other, values), expected)


def test_a_batch_is_its_pictures_one_by_one(shipped):
    one = resized(plain(shipped), Shape(64, 96))
    spec = find_package("roadlite-camvid").spec
    with RoadSource(height=64, width=96) as road:
        values = np.concatenate(
            [normalise(road.picture(each)[None], spec) for each in (0, 80, 160)]
        )
    expected = np.concatenate([executed(one, each[None]) for each in values])
    assert len(np.unique(expected)) >= 5
    for dynamic in (False, True):
        many = resized(plain(shipped), Shape(64, 96, 3, dynamic=dynamic))
        assert dims_of(many.graph.input[0])[0] == ("batch" if dynamic else 3)
        np.testing.assert_array_equal(executed(many, values), expected)


def test_a_size_out_of_proportion_is_refused(shipped):
    with pytest.raises(UsageError, match="take a multiple of 32"):
        resized(plain(shipped), Shape(100, 96))
