"""What NVIDIA's parsers will not take, found and named before anything is built.

The rules are those of the parsers of TensorRT 8.5 to 11 and of TensorRT-RTX, read in their
sources and tried out: a newer parser is laxer than an older one, or silently wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from rtseg.engine.graph import constants, dims_of, last_line, need_onnx, opset_of
from rtseg.errors import EngineError

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True)
class Target:
    """A family of parsers. opsets: the oldest and newest it reads. strict_bytes: uint8 is cast
    from and to float32 and float16 only. lacks: operators that it does not know.
    """

    name: str
    opsets: tuple[int, int]
    strict_bytes: bool
    lacks: frozenset[str] = frozenset()


NEWER = frozenset({"HardSwish", "LayerNormalization", "GroupNormalization", "Mish"})

OLD = Target("TensorRT 8.5", (9, 17), strict_bytes=True, lacks=NEWER)
TARGETS: Mapping[str, Target] = {
    "tensorrt8": OLD,
    "tensorrt": Target("TensorRT 10 and 11", (9, 20), strict_bytes=True),
    "rtx": Target("TensorRT-RTX", (9, 20), strict_bytes=False),
}

NOWHERE = frozenset({
    "Adagrad", "Adam", "Bernoulli", "BitShift", "ConvInteger", "DeformConv", "Det",
    "DynamicQuantizeLinear", "MatMulInteger", "MaxRoiPool", "MaxUnpool", "Momentum", "Multinomial",
    "Optional", "QLinearConv", "QLinearMatMul", "SequenceConstruct", "SequenceEmpty",
    "SplitToSequence", "StringNormalizer", "TfIdfVectorizer", "Unique",
})  # fmt: skip
"""Operators that no TensorRT parses without a plugin."""


@dataclass(frozen=True)
class Finding:
    """node: its name in the file, "" for the whole file. words: what is wrong and what to do."""

    severity: Severity
    node: str
    op: str
    words: str

    def __str__(self) -> str:
        where = f"{self.op} {self.node!r}: " if self.op else ""
        return where + self.words


def lint(model: Any, target: Target, *, profiled: bool = False) -> list[Finding]:
    """Errors for the target first, then warnings about TensorRT 8.5.

    profiled: whether a range of sizes will be stated for axes that are not fixed.
    """
    graph = _Graph(model, profiled)
    found = [Finding("error", *each) for rule in RULES for each in rule(graph, target)]
    known = {(each.node, each.op) for each in found}
    if target is not OLD:
        old = [each for rule in RULES for each in rule(graph, OLD)]
        found += [
            Finding("warning", node, op, f"{words} (TensorRT 8.5 and 8.6 only)")
            for node, op, words in old
            if (node, op) not in known
        ]
    return found


def refuse(findings: list[Finding], what: str) -> None:
    """Raise EngineError if one of them is an error; it names the first and counts the others."""
    errors = [each for each in findings if each.severity == "error"]
    if errors:
        more = f" (and {len(errors) - 1} more like it)" if errors[1:] else ""
        raise EngineError(f"{what} cannot become an engine: {errors[0]}{more}")


Complaint: TypeAlias = tuple[str, str, str]


class _Graph:
    def __init__(self, model: Any, profiled: bool) -> None:
        self.model, self.profiled = model, profiled
        self.nodes, self.inputs = list(model.graph.node), list(model.graph.input)
        self.known = constants(model)
        self.makers = {name: node for node in self.nodes for name in node.output}
        self.types = _types(model)

    def readers(self, name: str) -> list[Any]:
        return [node for node in self.nodes if name in node.input]

    def is_constant(self, name: str) -> bool:
        """Also behind the Q/DQ pair of a weight."""
        while name not in self.known:
            maker = self.makers.get(name)
            if maker is None or maker.op_type not in {"QuantizeLinear", "DequantizeLinear"}:
                return False
            name = maker.input[0]
        return True


def _file(graph: _Graph, target: Target) -> Iterator[Complaint]:
    if not graph.model.graph.output:
        yield "", "", "it has no output: export it again with its outputs named"
    opset, (oldest, newest) = opset_of(graph.model), target.opsets
    if not oldest <= opset <= newest:
        yield (
            "",
            "",
            (
                f"it is written in ONNX opset {opset}, {target.name} reads {oldest} to {newest}: "
                f"export it with opset {min(max(opset, oldest), newest)}"
            ),
        )
    missing = {name for node in graph.nodes for name in node.input} - {""}
    missing -= graph.makers.keys() | graph.known.keys() | {each.name for each in graph.inputs}
    if missing:
        yield "", "", f"nothing makes its value {min(missing)!r}: it was cut off, export it again"


def _operators(graph: _Graph, target: Target) -> Iterator[Complaint]:
    for node in graph.nodes:
        if node.domain not in ("", "ai.onnx"):
            yield (
                node.name,
                node.op_type,
                (
                    f"the operator set {node.domain!r} is nobody's standard and needs a plugin: "
                    "export with standard operators only"
                ),
            )
        elif node.op_type in NOWHERE:
            yield (
                node.name,
                node.op_type,
                ("no TensorRT parses this operator: replace it in the network and export again"),
            )
        elif node.op_type in target.lacks:
            yield (
                node.name,
                node.op_type,
                (
                    f"{target.name} does not know it: export with opset 13, which writes it in "
                    "simpler operators"
                ),
            )
        elif _attribute(node, "coordinate_transformation_mode") == b"tf_crop_and_resize":
            yield (
                node.name,
                node.op_type,
                ("no TensorRT parses tf_crop_and_resize: resize with half_pixel instead"),
            )


def _inputs(graph: _Graph, target: Target) -> Iterator[Complaint]:
    kinds = need_onnx().TensorProto
    refused = {kinds.DOUBLE, kinds.STRING, kinds.UINT16, kinds.UINT32, kinds.UINT64, kinds.INT16}
    for each in graph.inputs:
        kind, dims = each.type.tensor_type.elem_type, dims_of(each)
        if kind in refused:
            yield (
                each.name,
                "input",
                (
                    f"it is {kinds.DataType.Name(kind).lower()}, which no TensorRT takes as it is: "
                    "export it as float32"
                ),
            )
        loose = [dim for dim in dims if not isinstance(dim, int) or dim < 1]
        if loose and not graph.profiled:
            yield (
                each.name,
                "input",
                (
                    f"its axes are not all fixed ({', '.join(map(str, dims))}): ask for --size and "
                    "--batch, or --dynamic"
                ),
            )
        casts = all(node.op_type == "Cast" for node in graph.readers(each.name))
        if kind == kinds.UINT8 and not casts:
            yield each.name, "input", "a uint8 input must go into a Cast first: export it so"


def _doubles(graph: _Graph, target: Target) -> Iterator[Complaint]:
    kinds = need_onnx().TensorProto
    for name, value in graph.known.items():
        if value.dtype == np.float64:
            yield (
                name,
                "constant",
                ("it is float64, which TensorRT silently reads as float32: export in float32"),
            )
    for node in graph.nodes:
        if node.op_type == "Cast" and _attribute(node, "to") == kinds.DOUBLE:
            yield node.name, "Cast", "it casts to float64, which no TensorRT has: use float32"


def _bytes(graph: _Graph, target: Target) -> Iterator[Complaint]:
    kinds = need_onnx().TensorProto
    floats = {kinds.FLOAT, kinds.FLOAT16}
    for node in graph.nodes:
        if node.op_type != "Cast" or not target.strict_bytes:
            continue
        before, after = graph.types.get(node.input[0]), _attribute(node, "to")
        wrong = after == kinds.UINT8 and before is not None and before not in floats
        if wrong or (before == kinds.UINT8 and after not in floats):
            yield (
                node.name,
                "Cast",
                ("TensorRT casts uint8 only from and to float: put a Cast to float32 in between"),
            )


def _pairs(graph: _Graph, target: Target) -> Iterator[Complaint]:
    for node in graph.nodes:
        if node.op_type in {"QuantizeLinear", "DequantizeLinear"}:
            for words in _wrong_pair(graph, node):
                yield node.name, node.op_type, f"{words}: quantise with `rtseg build`"


def _wrong_pair(graph: _Graph, node: Any) -> Iterator[str]:
    if len(node.input) != 3:
        yield "it has no zero point, and TensorRT wants three inputs"
        return
    source, scale, zero = node.input[0], *map(graph.known.get, node.input[1:])
    if source in graph.known and graph.known[source].dtype == np.int32:
        yield "an int32 bias may not be quantised for TensorRT"
        return
    if zero is None or scale is None:
        yield "its scale or zero point is computed, not constant"
        return
    if zero.dtype != np.int8:
        yield f"its values are {zero.dtype}, which TensorRT refuses or misreads: int8 is expected"
    if np.any(zero):
        yield "its zero point is not 0, TensorRT quantises symmetrically only"
    if not np.all(scale > 0):
        yield "a scale is not above 0"
    if scale.size > 1 and not graph.is_constant(source):
        yield "it has a scale per channel, which only weights may have"


def _standard(graph: _Graph, target: Target) -> Iterator[Complaint]:
    """Last, because its words are onnx's own."""
    onnx = need_onnx()
    if all(node.domain in ("", "ai.onnx") for node in graph.nodes):
        try:
            onnx.checker.check_model(graph.model)
        except onnx.checker.ValidationError as error:
            yield "", "", f"it breaks a rule of ONNX ({last_line(error)}): export it again"


RULES: tuple[Callable[[_Graph, Target], Iterator[Complaint]], ...] = (
    _file, _operators, _inputs, _doubles, _bytes, _pairs, _standard,
)  # fmt: skip


def _types(model: Any) -> dict[str, int]:
    """Element types by name, as far as ONNX can infer them."""
    try:
        known = need_onnx().shape_inference.infer_shapes(model).graph
    except Exception:  # noqa: BLE001  # a broken graph is what the other rules are for
        known = model.graph
    every = [*known.value_info, *known.input, *known.output]
    return {each.name: each.type.tensor_type.elem_type for each in every}


def _attribute(node: Any, name: str) -> Any:
    for each in node.attribute:
        if each.name == name:
            return need_onnx().helper.get_attribute_value(each)
    return None
