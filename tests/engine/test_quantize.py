import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.quantize import quantize_for_cpu, store_as_half
from rtseg.errors import EngineError


def scale_network(path, weights):
    """y = x * weights, with the weights stored in the file."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])],
        "scale",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(weights.shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(weights.shape))],
        [numpy_helper.from_array(weights, "w")],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def product(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]


def test_large_weights_take_half_the_room_and_the_network_still_computes_in_float32(tmp_path):
    weights = np.random.default_rng(0).normal(size=4096).astype(np.float32)
    path = scale_network(tmp_path / "a.onnx", weights)
    before = path.stat().st_size
    store_as_half(path)
    assert path.stat().st_size < 0.55 * before
    x = np.linspace(-1, 1, 4096, dtype=np.float32)
    found = product(path, x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, x * weights.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("count", [1, 1023])
def test_small_weights_stay_as_they_are(tmp_path, count):
    weights = np.full(count, 0.1, np.float32)
    path = scale_network(tmp_path / "a.onnx", weights)
    before = path.read_bytes()
    store_as_half(path)
    assert numpy_helper.to_array(onnx.load(str(path)).graph.initializer[0]).dtype == np.float32
    assert len(path.read_bytes()) == len(before)


def two_convolutions(path):
    """Named as the exporter names them: by the path of their module."""
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(4, 4, 3, 3)).astype(np.float32) for _ in range(2)]
    weights = [numpy_helper.from_array(each, f"w{i}") for i, each in enumerate(kernels)]
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["a"], "/network/stem/conv/Conv", pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"], "/network/stem/relu/Relu"),
        helper.make_node("Conv", ["b", "w1"], ["y"], "/network/head/Conv", pads=[1] * 4),
    ]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 8, 8])] for name in "xy"]
    graph = helper.make_graph(nodes, "two", *ends, weights)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def fed_by_integers(path):
    """The convolutions whose input comes out of a DequantizeLinear."""
    nodes = onnx.load(str(path)).graph.node
    dequantized = {node.output[0] for node in nodes if node.op_type == "DequantizeLinear"}
    return {node.name for node in nodes if node.op_type == "Conv" and node.input[0] in dequantized}


def test_a_part_that_is_named_stays_in_full_precision(tmp_path):
    source, target = two_convolutions(tmp_path / "a.onnx"), tmp_path / "b.onnx"
    pictures = [np.random.default_rng(i).normal(size=(1, 4, 8, 8)).astype("f") for i in range(8)]
    quantize_for_cpu(source, target, pictures)
    assert fed_by_integers(target) == {"/network/stem/conv/Conv", "/network/head/Conv"}
    quantize_for_cpu(source, target, pictures, unquantized=["stem"])
    assert fed_by_integers(target) == {"/network/head/Conv"}


def test_a_part_that_is_not_there_is_refused(tmp_path):
    source = two_convolutions(tmp_path / "a.onnx")
    with pytest.raises(EngineError, match="no convolution in 'tail'"):
        quantize_for_cpu(source, tmp_path / "b.onnx", [], unquantized=["tail"])


def test_weights_keep_to_the_seven_bits_that_no_cpu_overflows(tmp_path):
    """Two products of 8 and 7 bits fit in the 16 in which CPUs without VNNI add them."""
    target = tmp_path / "b.onnx"
    pictures = [np.random.default_rng(i).normal(size=(1, 4, 8, 8)).astype("f") for i in range(8)]
    quantize_for_cpu(two_convolutions(tmp_path / "a.onnx"), target, pictures)
    graph = onnx.load(str(target)).graph
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights = [
        stored[node.input[0]].astype(int)
        for node in graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in stored
    ]
    assert len(weights) == 2
    for each in weights:
        assert 32 < np.abs(each).max() <= 64
        assert 2 * 255 * np.abs(each).max() < 2**15
