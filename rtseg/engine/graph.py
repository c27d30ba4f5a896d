"""An ONNX graph: read without surprises, made plain, given another size, written in one move.

Everything here works on ``onnx.ModelProto`` in memory; nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtseg.errors import EngineError, SinkError
from rtseg.types import Tensor

LABELS, LOGITS, SCORES = "labels", "logits", "scores"
"""Outputs. An engine keeps the labels and, if it was asked for them, the scores that are made of
the logits; those never leave a GPU."""


def read_graph(path: Path) -> Any:
    """An ``onnx.ModelProto``. Raises EngineError for what is no complete ONNX file.

    Checked first of all because NVIDIA's parser takes an empty file, a web page and random bytes
    for an empty network and says that all is well.
    """
    onnx = need_onnx()
    try:
        with path.open("rb") as file:
            head = file.read(64).lstrip()
        if path.stat().st_size == 0:
            raise EngineError(f"{str(path)!r} is empty: copy or download it again")
        if head[:1] == b"<":
            raise EngineError(f"{str(path)!r} is a web page, no ONNX file: download it again")
        if head.startswith(b"version https://git-lfs"):
            raise EngineError(f"{str(path)!r} is a Git LFS pointer: fetch it with git lfs pull")
        model = onnx.load(str(path))
    except EngineError:
        raise
    except OSError as error:
        raise EngineError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    except Exception as error:  # protobuf's and onnx's have no common ancestor
        raise EngineError(
            f"{str(path)!r} is no complete ONNX file ({type(error).__name__}): it was cut off, or "
            "is something else; copy or export it again"
        ) from error
    if not model.graph.node:
        raise EngineError(f"{str(path)!r} holds no network: it was cut off, or is no ONNX file")
    return model


def write_graph(model: Any, path: Path) -> None:
    """Raises SinkError; nothing is left behind then."""
    try:
        need_onnx().save(model, str(path))
    except OSError as error:
        path.unlink(missing_ok=True)
        raise SinkError(
            f"cannot write {str(path)!r}: {error.strerror}; make room, then repeat the command"
        ) from error


def constants(model: Any) -> dict[str, Tensor]:
    """Values that are known without running anything, by name."""
    onnx = need_onnx()
    known = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            known |= {node.output[0]: _value(node)}
        elif node.op_type == "Identity" and node.input[0] in known:
            known |= {node.output[0]: known[node.input[0]]}
    return known


def plain(model: Any, *, keep: Sequence[str] = (LABELS,)) -> Any:
    """The same network with weights in float32, and no output but those to ``keep``.

    Weights that were stored as float16 behind a Cast are unpacked: quantisers know a weight only
    by its being an initializer.
    """
    onnx = need_onnx()
    model = copied(model)
    stored = {each.name: each for each in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored and _goes_to_float(node):
            values = onnx.numpy_helper.to_array(stored[node.input[0]]).astype(np.float32)
            unpacked = onnx.numpy_helper.from_array(values, node.output[0])
            model.graph.initializer.append(unpacked)
        else:
            kept.append(node)
    replace_all(model.graph.node, kept)
    replace_all(model.graph.output, [each for each in model.graph.output if each.name in keep])
    return without_dead_ends(model)


def without_dead_ends(model: Any) -> Any:
    """Drops, in place, whatever no output needs."""
    needed = {each.name for each in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(inputs_of(node))
    replace_all(model.graph.node, kept[::-1])
    replace_all(model.graph.initializer, [e for e in model.graph.initializer if e.name in needed])
    return model


def at_opset(model: Any, opset: int) -> Any:
    """The same network in a newer opset; as it is where it is that new already."""
    onnx = need_onnx()
    if opset_of(model) >= opset:
        return model
    try:
        return onnx.version_converter.convert_version(model, opset)
    except Exception as error:  # a C++ exception without a type of its own
        raise EngineError(
            f"the network cannot be written in ONNX opset {opset} ({last_line(error)}): export it "
            "anew with that opset"
        ) from error


def opset_of(model: Any) -> int:
    """0 where the file states none."""
    return max(
        (each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=0
    )


def convolutions(model: Any, part: str) -> list[str]:
    """Names of those of one part; the exporter writes a module's path into them."""
    names = [
        node.name
        for node in model.graph.node
        if node.op_type == "Conv" and f"/{part}/" in node.name
    ]
    if not names:
        raise EngineError(
            f"the network has no convolution in {part!r}, which INT8 should leave in FP32: "
            "correct `unquantized` in rtseg/models/catalogue.toml"
        )
    return names


def inferred(model: Any) -> dict[str, list[int | str]]:
    """Shapes by name: numbers where they are known, else the axis' name."""
    known = need_onnx().shape_inference.infer_shapes(model, data_prop=True).graph
    every = [*known.value_info, *known.input, *known.output]
    return {each.name: dims_of(each) for each in every}


def dims_of(value: Any) -> list[int | str]:
    """Of a ``ValueInfoProto``."""
    return [
        each.dim_value if each.HasField("dim_value") else each.dim_param or "?"
        for each in value.type.tensor_type.shape.dim
    ]


def tensor_facts(model: Any) -> list[dict[str, Any]]:
    """Of its inputs and outputs: name, mode, numpy's dtype, shape; a dynamic axis is -1."""
    onnx = need_onnx()
    return [
        {
            "name": value.name,
            "mode": mode,
            "dtype": onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
            "shape": [each if isinstance(each, int) else -1 for each in dims_of(value)],
            "batches": [],
        }
        for mode, values in (("input", model.graph.input), ("output", model.graph.output))
        for value in values
    ]


def last_line(error: BaseException) -> str:
    """The vendors' exceptions are long; the line that says what is wrong comes last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__


def need_onnx() -> Any:
    """The module, with what is used of it; EngineError where it is not installed."""
    try:
        import onnx
        import onnx.version_converter  # noqa: F401  # onnx itself does not load it
    except ImportError as error:
        raise EngineError(
            f"working on ONNX files needs {error.name!r}; install it with: pip install "
            "'rtseg[build]'"
        ) from error
    return onnx


def inputs_of(node: Any) -> Iterator[str]:
    """Of a node and of the graphs inside it."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                yield from inputs_of(inner)


def _goes_to_float(node: Any) -> bool:
    return any(
        each.name == "to" and each.i == need_onnx().TensorProto.FLOAT for each in node.attribute
    )


def _value(node: Any) -> Tensor:
    onnx = need_onnx()
    value = onnx.helper.get_attribute_value(node.attribute[0])
    if isinstance(value, onnx.TensorProto):
        return np.asarray(onnx.numpy_helper.to_array(value))
    return np.asarray(value)


def copied(model: Any) -> Any:
    """The same, which may be changed."""
    copy = need_onnx().ModelProto()
    copy.CopyFrom(model)
    return copy


def replace_all(field: Any, items: list[Any]) -> None:
    """Fill a repeated field anew; ``items`` may be some of its own."""
    kept = list(items)
    del field[:]
    field.extend(kept)
