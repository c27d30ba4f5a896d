import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.quantize import store_as_half


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
