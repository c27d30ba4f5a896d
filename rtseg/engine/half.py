"""FP16 for strongly typed runtimes: the precision is written into the graph itself.

Input and output keep their types; the weights and whatever is computed between become float16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rtseg.engine.graph import need_onnx, replace_all
from rtseg.errors import EngineError

LARGEST = 65504.0
"""The largest float16."""

STAYS_FLOAT = {"Resize": (1, 2), "Upsample": (1,)}
"""Inputs that ONNX wants in float32 whatever is resized: region and scales."""

SCALES = {"QuantizeLinear": (1,), "DequantizeLinear": (1,)}

LEAST_SCALE = 2.0**-24
"""The smallest float16 above zero: the scale of a channel whose weights are all but zero."""


def to_half(model: Any) -> Any:
    """The same network computing in float16, changed in place.

    Scales of Q/DQ pairs become float16 too, which ONNX allows from opset 19 on. Raises
    EngineError for a weight that float16 cannot hold.
    """
    onnx = need_onnx()
    exempt, scales = _read_at(model, STAYS_FLOAT), _read_at(model, SCALES)
    tensors = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                tensors[node.output[0]] = attribute.t
            if node.op_type == "Cast" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.FLOAT16
    for name, tensor in tensors.items():
        if tensor.data_type == onnx.TensorProto.FLOAT and name not in exempt:
            _halve(tensor, name, least=LEAST_SCALE if name in scales else 0.0)
    del model.graph.value_info[:]
    _cast_at_the_ends(model)
    return model


def _read_at(model: Any, places: Mapping[str, tuple[int, ...]]) -> set[str]:
    return {
        node.input[place]
        for node in model.graph.node
        for place in places.get(node.op_type, ())
        if place < len(node.input)
    }


def _halve(tensor: Any, name: str, *, least: float) -> None:
    onnx = need_onnx()
    values = onnx.numpy_helper.to_array(tensor)
    largest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    if largest > LARGEST:
        raise EngineError(
            f"{name!r} holds {largest:g}, more than float16 can ({LARGEST:g}): build with "
            "--precision fp32"
        )
    halved = np.maximum(values, least) if least else values
    tensor.CopyFrom(onnx.numpy_helper.from_array(halved.astype(np.float16), tensor.name))


def _cast_at_the_ends(model: Any) -> None:
    """Between float32 outside and float16 inside."""
    onnx = need_onnx()
    kinds, make = onnx.TensorProto, onnx.helper.make_node
    first, last, inside = [], [], {}
    for value in model.graph.input:
        if value.type.tensor_type.elem_type == kinds.FLOAT:
            inside[value.name] = f"{value.name}/half"
            first.append(
                make(
                    "Cast",
                    [value.name],
                    [f"{value.name}/half"],
                    f"{value.name}/Cast",
                    to=kinds.FLOAT16,
                )
            )
    for value in model.graph.output:
        if value.type.tensor_type.elem_type == kinds.FLOAT:
            inside[value.name] = f"{value.name}/half"
            last.append(
                make(
                    "Cast",
                    [f"{value.name}/half"],
                    [value.name],
                    f"{value.name}/Cast",
                    to=kinds.FLOAT,
                )
            )
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [inside.get(each, each) for each in names]
    replace_all(model.graph.node, [*first, *model.graph.node, *last])
