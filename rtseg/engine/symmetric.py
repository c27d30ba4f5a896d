"""INT8 for TensorRT: explicit Q/DQ pairs, symmetric and signed, per channel on weights.

That is what its parsers read from 8.5 to 11. OpenVINO executes such activations wrongly without
a word (``quantize.py`` makes its file), and so does ONNX Runtime 1.32 with its optimiser: 59
instead of 98 % agreement of roadlite-camvid with its FP32. Executed as it is written, the same
file is right.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rtseg.engine.graph import convolutions, last_line, read_graph, write_graph
from rtseg.errors import EngineError
from rtseg.types import Tensor

QUANTIZED = ("Conv", "MatMul")
OPTIONS = {
    "ActivationSymmetric": True,
    "WeightSymmetric": True,
    # TensorRT's parsers refuse an int32 bias behind a DequantizeLinear.
    "QuantizeBias": False,
    "AddQDQPairToWeight": True,
    # Otherwise a convolution's result is rounded before its ReLU cuts it off, and TensorRT could
    # not fuse the two.
    "OpTypesToExcludeOutputQuantization": list(QUANTIZED),
}


def quantize_symmetric(
    model: Any, pictures: Sequence[Tensor], *, unquantized: Sequence[str] = ()
) -> Any:
    """The network with Q/DQ pairs around its convolutions and matrix products.

    pictures: what the network will really see, each of its input's shape, float32, normalised.
    unquantized: parts, as paths of modules, whose convolutions stay as they are.
    """
    try:
        from onnxruntime import quantization
    except ImportError as error:
        raise EngineError(
            f"INT8 needs {error.name!r}; install it with: pip install 'rtseg[build]'"
        ) from error
    kept = [name for part in unquantized for name in convolutions(model, part)]
    with TemporaryDirectory(prefix="rtseg-int8-") as folder, _quiet():
        source, target = Path(folder) / "from.onnx", Path(folder) / "to.onnx"
        write_graph(model, source)
        try:
            quantization.quantize_static(
                str(source),
                str(target),
                _Reader(model.graph.input[0].name, pictures),
                quant_format=quantization.QuantFormat.QDQ,
                per_channel=True,
                activation_type=quantization.QuantType.QInt8,
                weight_type=quantization.QuantType.QInt8,
                calibrate_method=quantization.CalibrationMethod.MinMax,
                op_types_to_quantize=list(QUANTIZED),
                nodes_to_exclude=kept,
                extra_options=OPTIONS,
            )
        except Exception as error:
            raise EngineError(
                f"ONNX Runtime cannot quantise the network: {last_line(error)}"
            ) from error
        return read_graph(target)


class _Reader:
    """What ONNX Runtime asks for pictures; it never looks at the class."""

    def __init__(self, name: str, pictures: Sequence[Tensor]) -> None:
        self._feeds = iter([{name: picture} for picture in pictures])

    def get_next(self) -> dict[str, Tensor] | None:
        return next(self._feeds, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """It advises on the root logger to do what exporting has done already."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
