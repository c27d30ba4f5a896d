"""Smaller files of the same network: half-precision storage and INT8 for CPUs.

The INT8 made here is for OpenVINO and ONNX Runtime: unsigned activations, as NNCF chooses them.
TensorRT needs another file, with symmetric signed activations, which OpenVINO in turn executes
wrongly without a word: one file cannot serve both.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from rtseg.engine.graph import convolutions, need_onnx, replace_all, write_graph
from rtseg.errors import EngineError
from rtseg.types import Tensor

SMALLEST_HALF = 1024
"""Elements below which storing a weight in half precision saves nothing worth a cast."""


def store_as_half(path: Path) -> None:
    """Rewrite an ONNX file so that its large weights are stored as float16 and cast on loading.

    The network still computes in float32; its weights lose 13 of 23 bits of fraction.
    """
    onnx = need_onnx()
    model = onnx.load(str(path))
    casts = []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < SMALLEST_HALF:
            continue
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        cast = onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT)
        casts.append(cast)
    replace_all(model.graph.node, [*casts, *model.graph.node])
    onnx.checker.check_model(model)
    write_graph(model, path)


def quantize_for_cpu(
    source: Path, target: Path, pictures: Sequence[Tensor], *, unquantized: Sequence[str] = ()
) -> None:
    """Write the INT8 file of an ONNX network.

    pictures: what the network will really see, each (1, 3, h, w) float32 and normalised; a
    hundred varied ones are enough for plain convolutional nets.
    unquantized: parts of the network, as paths of modules ("encoder/conv_stem"), whose
    convolutions stay in FP32. Raises EngineError for a part that is not there.
    """
    onnx = need_onnx()
    try:
        import nncf
    except ImportError as error:
        raise EngineError(
            f"INT8 export needs {error.name!r}; install it with: pip install 'rtseg[export]'"
        ) from error
    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = onnx.load(str(source))
    kept = [name for part in unquantized for name in convolutions(model, part)]
    feed = nncf.Dataset(list(pictures), lambda picture: {model.graph.input[0].name: picture})
    with redirect_stdout(sys.stderr):  # where NNCF's progress bars belong
        quantized = nncf.quantize(
            model,
            feed,
            # Signed and symmetric activations, NNCF's other choice behind a PReLU, are what
            # OpenVINO executes wrongly: ESPNet agreed on 27 % of pixels with its own FP32, so on
            # 98 %.
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            # Weights in 7 bits: CPUs without VNNI add two products of 8 bits in 16, which
            # overflow.
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                overflow_fix=nncf.quantization.advanced_parameters.OverflowFix.ENABLE
            ),
            ignored_scope=nncf.IgnoredScope(names=kept) if kept else None,
        )
    write_graph(quantized, target)
