"""OpenVINO: the default engine wherever there is no NVIDIA GPU. Nothing else imports openvino."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

from rtseg.buffers import Buffers
from rtseg.engine.base import EngineInfo
from rtseg.engine.package import ModelPackage
from rtseg.engine.resizing import scaled
from rtseg.errors import EngineError, UsageError
from rtseg.types import LabelMap, ModelSpec, Precision, Scored, Tensor

HINTS: Mapping[Precision, str] = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""What the layers that are not INT8 run in. Never left to OpenVINO: on CPUs with AVX512-BF16 its
own choice is bf16, and it does not say so."""

FOUND: Mapping[str, Precision] = {"u8": "int8", "i8": "int8", "f32": "fp32", "bf16": "bf16"}


class OpenVinoEngine:
    """uint8 NHWC pictures in, label maps out; order and normalisation are part of the graph.

    threads: CPU threads, 0 = all. depth: tensors in flight; two keep the cores busy while the
    caller hands over results, one gives the lowest latency. scores: for ``collect_scored``.
    """

    def __init__(
        self,
        package: ModelPackage,
        precision: Precision,
        *,
        depth: int = 2,
        threads: int = 0,
        scores: bool = False,
    ) -> None:
        if precision not in HINTS:
            raise EngineError(
                f"the openvino backend has no {precision}; it has: {', '.join(HINTS)}"
            )
        self._package = package
        self._precision = precision
        self._depth = depth
        self._threads = threads
        self._scores = scores
        self._info: EngineInfo | None = None
        self._free: deque[openvino.InferRequest] = deque()
        self._busy: deque[openvino.InferRequest] = deque()
        self._buffers = Buffers()

    @property
    def takes_pictures(self) -> bool:
        return False

    @property
    def spec(self) -> ModelSpec:
        return self._package.spec

    @property
    def depth(self) -> int:
        return self._depth

    @property
    def info(self) -> EngineInfo:
        if self._info is None:
            raise EngineError("the engine is not open")
        return self._info

    def __enter__(self) -> OpenVinoEngine:
        path = self._package.file("fp32" if self._precision == "bf16" else self._precision)
        core = openvino.Core()
        try:
            compiled = core.compile_model(self._graph(core, path), "CPU", self._properties())
        except RuntimeError as error:
            raise EngineError(
                f"OpenVINO cannot load {str(path)!r}: {_reason(error)}; is it a complete ONNX file?"
            ) from error
        self._free.extend(compiled.create_infer_request() for _ in range(self._depth))
        self._info = self._describe(core, compiled)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for request in self._busy:
            with suppress(RuntimeError):  # nobody waits for this result, nor for its failure
                request.wait()
        self._busy.clear()
        self._free.clear()

    def submit(self, tensor: Tensor) -> None:
        request = self._free.popleft()
        request.start_async([tensor], share_inputs=True)
        self._busy.append(request)

    def collect(self) -> LabelMap:
        with self._finished() as request:
            return self._labels(request)

    def collect_scored(self) -> Scored:
        if not self._scores:
            raise EngineError("this engine computes no scores: make it with scores=True")
        with self._finished() as request:
            return Scored(self._labels(request), np.array(request.get_output_tensor(1).data[0]))

    def _labels(self, request: openvino.InferRequest) -> LabelMap:
        found = request.get_output_tensor(0).data[0]
        labels = self._buffers.array(*found.shape)
        np.copyto(labels, found)
        return labels

    @contextmanager
    def _finished(self) -> Iterator[openvino.InferRequest]:
        """The oldest request, free again as soon as its results were copied."""
        request = self._busy.popleft()
        try:
            request.wait()
        except RuntimeError as error:
            raise EngineError(f"OpenVINO failed while inferring: {_reason(error)}") from error
        yield request
        self._free.append(request)

    def _graph(self, core: openvino.Core, path: Path) -> openvino.Model:
        """Pictures to labels: pre-processing in front of the network, ArgMax behind it."""
        spec = self._package.spec
        model = core.read_model(path)
        if self._package.is_resized:
            resize(model, spec)
        logits = model.output("logits").get_node().input_value(0)
        results = [argmax(logits), *([probabilities(logits)] if self._scores else [])]
        process = PrePostProcessor(openvino.Model(results, model.get_parameters()))
        process.input().tensor().set_element_type(openvino.Type.u8)
        process.input().tensor().set_layout(openvino.Layout("NHWC"))
        process.input().model().set_layout(openvino.Layout("NCHW"))
        steps = process.input().preprocess().convert_element_type(openvino.Type.f32)
        if spec.channel_order == "bgr":
            steps.reverse_channels()
        steps.mean(list(spec.mean)).scale(list(spec.std))
        return process.build()

    def _properties(self) -> dict[str, Any]:
        return {
            "INFERENCE_PRECISION_HINT": HINTS[self._precision],
            "PERFORMANCE_HINT": "LATENCY" if self._depth == 1 else "THROUGHPUT",
            "NUM_STREAMS": self._depth,
            "INFERENCE_NUM_THREADS": self._threads,
        }

    def _describe(self, core: openvino.Core, compiled: openvino.CompiledModel) -> EngineInfo:
        layers = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
        found: Counter[str] = Counter(
            FOUND.get(name := layer["runtimePrecision"].astype(str), name)
            for layer in layers
            if layer["layerType"].astype(str) == "Convolution"
        )
        precision = found.most_common(1)[0][0] if found else self._precision
        if precision != self._precision:
            raise EngineError(
                f"asked for {self._precision}, but OpenVINO runs {self._package.name!r} in "
                f"{precision} on this CPU ({dict(found)} of its convolutions): ask for another "
                "--precision, fp32 runs everywhere"
            )
        return EngineInfo(
            model=self._package.name,
            backend="openvino",
            precision=self._precision,
            precisions=dict(found),
            device=core.get_property("CPU", "FULL_DEVICE_NAME").strip(),
            version=openvino.get_version().split("-")[0],
        )


def resize(model: openvino.Model, spec: ModelSpec) -> None:
    """Make the network eat (h, w) of ``spec``: the sizes that its Interpolates state are scaled.

    In place. What ``engine.resizing`` does to ONNX files, for machines without onnx. Raises
    EngineError where the result would not be exact.
    """
    height, width = spec.height, spec.width
    batch, channels, old_height, old_width = model.input(0).get_shape()
    stretches = [node for node in model.get_ops() if _states_its_size(node)]
    stated = [list(node.get_output_shape(0)) for node in stretches]
    try:
        # Of any size for a moment: every change is validated, and between two sizes none is valid.
        model.reshape([batch, channels, -1, -1])
        for node, (*first, rows, columns) in zip(stretches, stated, strict=True):
            sides = scaled(rows, height, old_height), scaled(columns, width, old_width)
            node.input(1).replace_source_output(_int64([*first, *sides]).output(0))
        model.reshape([batch, channels, height, width])
    except (UsageError, RuntimeError) as error:
        raise EngineError(
            f"the network cannot be run at {height}x{width} instead of {old_height}x{old_width} "
            f"({_reason(error)}): take another size, or export it for that one"
        ) from error


def argmax(logits: openvino.Output) -> openvino.Node:
    """(1, C, h, w) -> (1, h, w) uint8, the first of equals.

    Instead of the ArgMax in the file: OpenVINO runs that as a sort, which took a seventh of the
    whole inference; two maxima with a comparison in between are vector code.
    """
    classes = logits.get_shape()[1]
    rank = np.arange(classes, 0, -1, dtype=np.float32).reshape(1, classes, 1, 1)
    channel = np.array([1], np.int64)
    best = ops.reduce_max(logits, channel, keep_dims=True)
    ranked = ops.select(ops.equal(logits, best), ops.constant(rank), np.float32(0))
    first = ops.subtract(np.float32(classes), ops.reduce_max(ranked, channel))
    return ops.convert(first, "u8")


def _states_its_size(node: openvino.Node) -> bool:
    if node.get_type_name() != "Interpolate":
        return False
    return bool(node.get_attributes().get("shape_calculation_mode", "sizes") == "sizes")


def _int64(values: list[int]) -> openvino.Node:
    return ops.constant(np.array(values, np.int64))


def probabilities(logits: openvino.Output) -> openvino.Node:
    """(1, C, h, w) logits -> the same in float32, adding up to 1 over the classes."""
    return ops.convert(ops.softmax(logits, 1), "f32")


def _reason(error: Exception) -> str:
    """OpenVINO's exceptions hold source lines and call stacks; the last line says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
