"""From a model's FP32 file to the very ONNX file that a builder gets: size, precision, dialect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rtseg.engine.graph import LABELS, LOGITS, SCORES, at_opset, constants, need_onnx, plain
from rtseg.engine.half import to_half
from rtseg.engine.resizing import Shape, resized
from rtseg.engine.symmetric import quantize_symmetric
from rtseg.types import Precision, Tensor

TYPED_OPSET, OLD_OPSET = 19, 13
"""Q/DQ pairs may have float16 scales from 19 on; TensorRT 8.5 reads up to 17."""


def typed_network(
    model: Any,
    shape: Shape,
    precision: Precision,
    *,
    typed: bool = True,
    pictures: Sequence[Tensor] = (),
    unquantized: Sequence[str] = (),
    scores: bool = False,
) -> Any:
    """The network for ``shape`` with its precision written into it; ``model`` stays as it is.

    scores: as a second output, (N, C, h', w') in float32, adding up to 1 over the classes.
    typed: False for TensorRT 8, which is told of FP16 by a flag and gets only Q/DQ pairs here.
    pictures, unquantized: of ``quantize_symmetric``, for INT8.
    """
    kept = (LABELS, LOGITS) if scores else (LABELS,)
    single = resized(plain(model, keep=kept), Shape(shape.height, shape.width))
    if precision == "int8":
        newer = at_opset(single, TYPED_OPSET if typed else OLD_OPSET)
        single = quantize_symmetric(newer, pictures, unquantized=unquantized)
    if typed and precision != "fp32":
        single = to_half(single)
    return resized(_scored(single) if scores else single, shape)


def _scored(model: Any) -> Any:
    """Its logits, which are float32 whatever it computes in, become scores."""
    onnx = need_onnx()
    model = at_opset(model, OLD_OPSET)  # before 13 Softmax takes all axes behind its own for one
    (logits,) = (each for each in model.graph.output if each.name == LOGITS)
    logits.name = SCORES
    softmax = onnx.helper.make_node("Softmax", [LOGITS], [SCORES], "/Softmax", axis=1)
    model.graph.node.append(softmax)
    return model


def layer_precisions(model: Any) -> dict[str, int]:
    """Convolutions by the precision that the file itself gives them.

    int8: picture and weights both come out of a DequantizeLinear.
    """
    known = constants(model)
    makers = {name: node.op_type for node in model.graph.node for name in node.output}
    found: Counter[str] = Counter()
    for node in model.graph.node:
        if node.op_type == "Conv":
            sources = {makers.get(each) for each in node.input[:2]}
            weights = known.get(node.input[1])
            half = weights is not None and weights.dtype.itemsize == 2
            found["int8" if sources == {"DequantizeLinear"} else "fp16" if half else "fp32"] += 1
    return dict(found)
