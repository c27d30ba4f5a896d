"""The same network for pictures of another size, or for several at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtseg.engine.graph import (
    copied,
    inferred,
    inputs_of,
    last_line,
    need_onnx,
    replace_all,
    without_dead_ends,
)
from rtseg.errors import UsageError


@dataclass(frozen=True)
class Shape:
    """What a network is asked to eat. batch: the most pictures at once.

    dynamic: any number of pictures from 1 to ``batch``, instead of exactly ``batch``.
    """

    height: int
    width: int
    batch: int = 1
    dynamic: bool = False

    @property
    def takes_one(self) -> bool:
        return self.batch == 1 or self.dynamic

    def __str__(self) -> str:
        name = f"{self.height}x{self.width}"
        if self.batch == 1:
            return name
        return f"{name}-b1to{self.batch}" if self.dynamic else f"{name}-b{self.batch}"


def parsed(text: str, *, option: str) -> Shape:
    """From HxW. option: where the text stood. Raises UsageError for what is no size."""
    height, _, width = text.partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise UsageError(f"{option} {text!r} is not HxW, e.g. 352x480")
    return Shape(int(height), int(width))


def resized(model: Any, shape: Shape) -> Any:
    """The same network for pictures of another size, or for several at once.

    A network of convolutions is written for one size only in the sizes that its Resize nodes
    state: those are scaled along. Raises UsageError where the result would not be exact.
    """
    onnx = need_onnx()
    model = copied(model)
    picture = model.graph.input[0].type.tensor_type.shape
    old = [each.dim_value for each in picture.dim]
    new = [shape.batch, old[1], shape.height, shape.width]
    if old == new and not shape.dynamic:
        return model
    targets = _resize_targets(model)
    for node in model.graph.node:
        if node.op_type == "Resize" and node.name in targets:
            rows, columns = targets[node.name]
            _state_size(
                model,
                node,
                (scaled(rows, shape.height, old[2]), scaled(columns, shape.width, old[3])),
            )
    del model.graph.value_info[:]
    first = "batch" if shape.dynamic else shape.batch
    _set_dims(model.graph.input[0], [first, *new[1:]])
    for output in model.graph.output:
        dims = [each.dim_value for each in output.type.tensor_type.shape.dim]
        rows, columns = dims[-2:]
        sides = [scaled(rows, shape.height, old[2]), scaled(columns, shape.width, old[3])]
        _set_dims(output, [first, *dims[1:-2], *sides])
    try:
        onnx.checker.check_model(without_dead_ends(_in_order(model)))
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as error:
        raise UsageError(
            f"this network cannot be rewritten for {shape} ({last_line(error)}): it fixes its "
            f"size elsewhere too; leave --size and --batch out, or export it for that size"
        ) from error


def scaled(extent: int, to: int, before: int) -> int:
    """What an extent inside the network becomes where its input becomes ``to`` instead of
    ``before``. Raises UsageError for fractions.
    """
    if extent * to % before:
        raise UsageError(
            f"--size: {to} instead of {before} does not keep the network's proportions ({extent} "
            f"would become {extent * to / before:g}): take a multiple of 32"
        )
    return extent * to // before


def _resize_targets(model: Any) -> Mapping[str, tuple[int, int]]:
    """By node: the rows and columns that each Resize makes at the size the file was written for."""
    shapes = inferred(model)
    found = {}
    for node in model.graph.node:
        if node.op_type == "Resize" and len(node.input) > 3 and node.input[3]:
            rows, columns = shapes.get(node.output[0], ["?", "?"])[-2:]
            if not (isinstance(rows, int) and isinstance(columns, int)):
                raise UsageError(
                    f"the size that Resize {node.name!r} makes is not known: leave --size and "
                    "--batch out"
                )
            found[node.name] = (rows, columns)
    return found


def _state_size(model: Any, node: Any, size: tuple[int, int]) -> None:
    """Resize to ``size`` whatever the batch: its first two extents are those of its input."""
    onnx = need_onnx()
    rows, columns = size
    name = f"{node.input[3]}/{rows}x{columns}"
    tensors = {
        f"{name}/from": [0],
        f"{name}/to": [2],
        f"{name}/sides": list(size),
    }
    for each, values in tensors.items():
        model.graph.initializer.append(
            onnx.numpy_helper.from_array(np.array(values, np.int64), each)
        )
    make = onnx.helper.make_node
    model.graph.node.extend(
        [
            make("Shape", [node.input[0]], [f"{name}/shape"], f"{name}/Shape"),
            make(
                "Slice",
                [f"{name}/shape", f"{name}/from", f"{name}/to"],
                [f"{name}/kept"],
                f"{name}/Slice",
            ),
            make(
                "Concat",
                [f"{name}/kept", f"{name}/sides"],
                [f"{name}/whole"],
                f"{name}/Concat",
                axis=0,
            ),
        ]
    )
    node.input[3] = f"{name}/whole"


def _in_order(model: Any) -> Any:
    """ONNX wants every value made before it is used."""
    made = {each.name for each in (*model.graph.input, *model.graph.initializer)} | {""}
    waiting, ordered = list(model.graph.node), []
    while waiting:
        ready = [node for node in waiting if made.issuperset(inputs_of(node))]
        if not ready:
            raise ValueError(f"nothing makes what {waiting[0].name!r} reads")
        for node in ready:
            made.update(node.output)
        ordered += ready
        waiting = [node for node in waiting if not made.issuperset(node.output)]
    replace_all(model.graph.node, ordered)
    return model


def _set_dims(value: Any, dims: list[int | str]) -> None:
    for place, extent in zip(value.type.tensor_type.shape.dim, dims, strict=True):
        place.Clear()
        if isinstance(extent, int):
            place.dim_value = extent
        else:
            place.dim_param = extent
