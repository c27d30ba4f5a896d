"""Each rule on the smallest network that breaks it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from brightness import brightness_onnx
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.graph import read_graph
from rtseg.engine.lint import NOWHERE, TARGETS, lint, refuse
from rtseg.engine.package import SHIPPED
from rtseg.errors import EngineError

FLOAT, UINT8, STRING = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.STRING


def network(*nodes, opset=13, kind=FLOAT, out=FLOAT, shape=(1, 4), weights=(), outputs=("y",)):
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info(name, out, list(shape)) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def node(op, inputs="x", outputs="y", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), f"/a/{op}", **attributes)


def pair(zero, scale=0.1, *, source="x"):
    zero = np.asarray(zero)
    nodes = [node("QuantizeLinear", f"{source} s z", "q"), node("DequantizeLinear", "q s z", "y")]
    return network(*nodes, weights=[("s", np.float32(scale)), ("z", zero)])


def found(model, target="tensorrt", **how):
    return [each for each in lint(model, TARGETS[target], **how) if each.severity == "error"]


WRONG = {
    "a missing output": (network(node("Relu"), outputs=()), "it has no output"),
    "too old": (network(node("Relu"), opset=8), "opset 8, TensorRT 10 and 11 reads 9 to 20"),
    "too new": (network(node("Relu"), opset=21), "export it with opset 20"),
    "cut off": (network(node("Relu", "gone")), "nothing makes its value 'gone'"),
    "no standard": (network(node("Relu", domain="mine")), "operator set 'mine'"),
    "unknown": (network(node("MaxUnpool", "x x")), "no TensorRT parses this operator"),
    "int to uint8": (
        network(node("ArgMax", "x", "i", keepdims=1), node("Cast", "i", to=UINT8), out=UINT8),
        "casts uint8 only from and to float",
    ),
    "uint8 without a cast": (
        network(node("Identity"), kind=UINT8, out=UINT8), "must go into a Cast first"
    ),
    "double input": (network(node("Cast", to=FLOAT), kind=TensorProto.DOUBLE), "it is double"),
    "double weight": (
        network(node("Cast", "w", "v", to=FLOAT), node("Add", "x v"), weights=[("w", np.zeros(4))]),
        "silently reads as float32",
    ),
    "cast to double": (
        network(node("Cast", "x", "d", to=TensorProto.DOUBLE), node("Cast", "d", to=FLOAT)),
        "casts to float64",
    ),
    "string input": (network(node("Identity"), kind=STRING, out=STRING), "it is string"),
    "loose axes": (network(node("Relu"), shape=("n", 4)), r"not all fixed \(n, 4\)"),
    "unsigned pair": (pair(np.uint8(0)), "its values are uint8"),
    "shifted pair": (pair(np.int8(3)), "its zero point is not 0"),
    "scale of nothing": (pair(np.int8(0), 0.0), "a scale is not above 0"),
    "picture per channel": (
        pair(np.zeros(4, np.int8), np.full(4, 0.1)), "which only weights may have"
    ),
    "pair of two": (
        network(
            node("QuantizeLinear", "x s", "q"), node("DequantizeLinear", "q s"),
            weights=[("s", np.float32(1))],
        ),
        "no zero point",
    ),
    "quantised bias": (
        network(
            node("DequantizeLinear", "b s z", "f"), node("Add", "x f"),
            weights=[("b", np.zeros(4, np.int32)), ("s", np.float32(1)), ("z", np.int32(0))],
        ),
        "int32 bias",
    ),
    "against ONNX": (network(node("Relu", "x x")), "breaks a rule of ONNX"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_a_parser_will_not_take_is_an_error_that_says_what_to_do(case):
    model, words = WRONG[case]
    errors = found(model)
    assert errors, "nothing was found"
    with pytest.raises(EngineError, match=words) as caught:
        refuse(errors, "'a.onnx'")
    assert "\n" not in str(caught.value)


def test_a_finding_names_node_and_operator():
    [error] = found(network(node("MaxUnpool", "x x")))[:1]
    assert str(error).startswith("MaxUnpool '/a/MaxUnpool': ")


@pytest.mark.parametrize("op", sorted(NOWHERE))
def test_every_operator_without_a_parser_is_refused_by_each_target(op):
    for target in TARGETS:
        assert found(network(node(op)), target)[0].op == op


def test_what_only_an_old_parser_lacks_is_a_warning_for_a_new_one():
    model = network(node("HardSwish"), opset=14)
    [old] = found(model, "tensorrt8")
    assert "TensorRT 8.5 does not know it" in old.words
    assert found(model) == []
    [warning] = lint(model, TARGETS["tensorrt"])
    assert (warning.severity, warning.op) == ("warning", "HardSwish")


def test_rtx_casts_what_tensorrt_does_not():
    model = WRONG["int to uint8"][0]
    assert found(model, "rtx") == []
    assert [each.severity for each in lint(model, TARGETS["rtx"])] == ["warning"]


def test_a_profile_allows_loose_axes():
    assert found(WRONG["loose axes"][0], profiled=True) == []


def test_scales_per_channel_are_right_on_weights():
    nodes = [
        node("QuantizeLinear", "w s z", "q", axis=0),
        node("DequantizeLinear", "q s z", "v", axis=0),
        node("Add", "x v"),
    ]
    weights = [("w", np.ones(4, "f")), ("s", np.full(4, 0.1, "f")), ("z", np.zeros(4, np.int8))]
    assert found(network(*nodes, weights=weights)) == []


@pytest.mark.parametrize("target", TARGETS)
def test_the_shipped_networks_and_the_tests_own_are_clean(tmp_path, target):
    shipped = [folder / "model.onnx" for folder in SHIPPED.iterdir()]
    for path in [*shipped, brightness_onnx(tmp_path / "a.onnx")]:
        assert lint(read_graph(path), TARGETS[target]) == []


def test_the_cpus_int8_file_is_refused_for_tensorrt():
    path = SHIPPED / "roadlite-camvid" / "model.int8.onnx"
    with pytest.raises(EngineError, match=r"QuantizeLinear '.*more like it"):
        refuse(found(read_graph(path)), str(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>404</html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (bytes(range(256)) * 8, "no complete ONNX file|holds no network"),
    ],
)
def test_what_is_no_onnx_file_is_refused_in_one_line(tmp_path, content, words):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(EngineError, match=words) as caught:
        read_graph(tmp_path / "a.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(tmp_path, share):
    whole = brightness_onnx(tmp_path / "a.onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(EngineError):
        refuse(found(read_graph(tmp_path / "a.onnx")), "it")


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(EngineError, match="cannot read"):
        read_graph(Path("/nowhere/a.onnx"))


def test_onnx_itself_takes_what_the_rules_take(tmp_path):
    onnx.checker.check_model(read_graph(brightness_onnx(tmp_path / "a.onnx")))
