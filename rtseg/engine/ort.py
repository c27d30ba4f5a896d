"""ONNX Runtime: the reference that every other engine is compared with."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import TracebackType

import numpy as np
import onnxruntime

from rtseg.engine.base import EngineInfo
from rtseg.engine.graph import read_graph
from rtseg.engine.package import ModelPackage
from rtseg.engine.resizing import Shape, resized
from rtseg.errors import EngineError
from rtseg.types import LabelMap, ModelSpec, Precision, Scored, Scores, Tensor


class OnnxRuntimeEngine:
    """Normalises in numpy, exactly as the manifest says, and runs on the CPU in plain fp32 (or
    the quantised file in int8). Synchronous: ``submit`` only remembers, ``collect`` computes.

    as_written: executes the file node by node, in whatever precision it states. With the optimiser
    of ONNX Runtime 1.32, a right file made for TensorRT agreed on 59 instead of 98 % of pixels.
    """

    def __init__(
        self,
        package: ModelPackage,
        precision: Precision,
        *,
        depth: int = 1,
        threads: int = 0,
        scores: bool = False,
        as_written: bool = False,
    ) -> None:
        if precision not in ("fp32", "int8") and not as_written:
            raise EngineError(f"the onnxruntime backend has no {precision}; it has: fp32, int8")
        self._package = package
        self._precision: Precision = precision
        self._threads = threads
        self._scores = scores
        self._as_written = as_written
        self._session: onnxruntime.InferenceSession | None = None
        self._waiting: deque[Tensor] = deque()

    @property
    def takes_pictures(self) -> bool:
        return False

    @property
    def spec(self) -> ModelSpec:
        return self._package.spec

    @property
    def depth(self) -> int:
        return 1

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            model=self._package.name,
            backend="onnxruntime",
            precision=self._precision,
            precisions={},
            device="CPU",
            version=str(onnxruntime.__version__),
        )

    def __enter__(self) -> OnnxRuntimeEngine:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        # Spinning threads would slow down whatever else runs on the same cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        if self._as_written:
            level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.graph_optimization_level = level
        path = self._package.file(self._precision)
        try:
            self._session = onnxruntime.InferenceSession(
                self._network(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineError(f"ONNX Runtime cannot load {str(path)!r}: {error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.clear()
        self._session = None

    def _network(self, path: Path) -> str | bytes:
        if not self._package.is_resized:
            return str(path)
        shape = Shape(self.spec.height, self.spec.width)
        network: bytes = resized(read_graph(path), shape).SerializeToString()
        return network

    def submit(self, tensor: Tensor) -> None:
        self._waiting.append(tensor)

    def collect(self) -> LabelMap:
        labels: LabelMap = self._outputs("labels")[0][0]
        return labels

    def collect_scored(self) -> Scored:
        if not self._scores:
            raise EngineError("this engine computes no scores: make it with scores=True")
        labels, logits = self._outputs("labels", "logits")
        return Scored(labels[0], probabilities(logits[0]))

    def _outputs(self, *names: str) -> list[Tensor]:
        if self._session is None:
            raise EngineError("the engine is not open")
        planes = normalise(self._waiting.popleft(), self.spec)
        batch = self._session.get_inputs()[0].shape[0]
        if isinstance(batch, int) and batch > 1:  # a file for several pictures at once gets one
            planes = np.repeat(planes, batch, 0)
        try:
            outputs: list[Tensor] = self._session.run(names, {"picture": planes})
        except Exception as error:
            raise EngineError(f"ONNX Runtime failed while inferring: {error}") from error
        return outputs


def normalise(tensor: Tensor, spec: ModelSpec) -> Tensor:
    """(1, h, w, 3) uint8 R G B -> (1, 3, h, w) float32, ``(value - mean) / std``."""
    picture = tensor[..., ::-1] if spec.channel_order == "bgr" else tensor
    mean, std = np.array(spec.mean, np.float32), np.array(spec.std, np.float32)
    return np.ascontiguousarray(((picture - mean) / std).transpose(0, 3, 1, 2))


def probabilities(logits: Tensor) -> Scores:
    """(C, h, w) logits -> the same in float32, adding up to 1 over the classes."""
    powers = np.exp(logits - logits.max(0))
    return np.asarray(powers / powers.sum(0), np.float32)
