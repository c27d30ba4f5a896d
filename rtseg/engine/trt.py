"""TensorRT: runs the engines that ``rtseg build`` made. The builder is in trt_builder.py."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from types import TracebackType
from typing import Any

import numpy as np
import tensorrt as trt

from rtseg.engine.base import EngineInfo
from rtseg.engine.cuda import Cuda, Exchange, Stream
from rtseg.engine.gpu import the_gpu
from rtseg.engine.kernels import Launch, prepare_launch, source
from rtseg.engine.package import ModelPackage
from rtseg.engine.store import StoredEngine, fitting
from rtseg.engine.trt_builder import Installed, listener, load
from rtseg.errors import EngineError, UsageError
from rtseg.types import LabelMap, ModelSpec, Scored, Tensor

PRECISIONS = ("auto", "fp32", "fp16", "int8")

INPUTS = {"FLOAT": 4, "HALF": 2}
"""Bytes of a number that the kernels can write, by TensorRT's name of it."""


class TensorRtEngine:
    """uint8 NHWC pictures of any size in, label maps out: a kernel resizes and normalises them.

    Runs the engine of the store that was built from this package in this precision, on this GPU;
    with ``stored`` that one, whatever else there is.
    depth: tensors in flight; each has a stream, an execution context and buffers of its own.
    threads: of the CPU, means nothing here. Raises EngineError where no engine fits.
    """

    def __init__(
        self,
        package: ModelPackage,
        precision: str = "auto",
        *,
        depth: int = 2,
        threads: int = 0,
        scores: bool = False,
        stored: StoredEngine | None = None,
    ) -> None:
        if scores:
            raise EngineError(
                "the tensorrt backend has no scores, which --smooth and --keyframe need: use "
                "--backend openvino"
            )
        if precision not in PRECISIONS:
            raise UsageError(
                f"the tensorrt backend has no precision {precision!r}; it has: "
                f"{', '.join(PRECISIONS)}"
            )
        self._stored = stored or fitting(package, precision, here())
        self._depth = depth
        self._open = ExitStack()
        self._slots: list[Slot] = []
        self._free: deque[Slot] = deque()
        self._busy: deque[Slot] = deque()

    @property
    def takes_pictures(self) -> bool:
        return True

    @property
    def spec(self) -> ModelSpec:
        return self._stored.manifest.spec

    @property
    def depth(self) -> int:
        return self._depth

    @property
    def info(self) -> EngineInfo:
        manifest = self._stored.manifest
        return EngineInfo(
            model=manifest.origin.model,
            backend="tensorrt",
            precision=manifest.precision.asked,  # type: ignore[arg-type]
            precisions=manifest.precision.layers,
            device=manifest.built_with.gpu,
            version=str(trt.__version__),
        )

    def __enter__(self) -> TensorRtEngine:
        with ExitStack() as stack:
            cuda = stack.enter_context(Cuda())
            cuda.load(source())
            loaded = stack.enter_context(Loaded(self._stored))
            stack.callback(self._forget)
            for _ in range(self._depth):
                self._slots.append(Slot(cuda, loaded))
                self._slots[-1].open(self.spec)
            self._free.extend(self._slots)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def submit(self, tensor: Tensor) -> None:
        self._free[0].start(tensor)
        self._busy.append(self._free.popleft())

    def collect(self) -> LabelMap:
        slot = self._busy.popleft()
        labels = slot.finish()
        self._free.append(slot)
        return labels

    def collect_scored(self) -> Scored:
        raise EngineError("this engine computes no scores: use --backend openvino")

    def _forget(self) -> None:
        """Before the engine goes, and that before the memory that it computes in."""
        for slot in self._slots:
            slot.close()
        self._slots.clear()
        self._free.clear()
        self._busy.clear()


class Loaded:
    """A deserialised engine, until it is left."""

    def __init__(self, stored: StoredEngine) -> None:
        self._stored = stored
        self._engine: Any = None
        self._runtime: Any = None
        self.logger = _logger()

    def __enter__(self) -> Loaded:
        self._runtime = trt.Runtime(self.logger)
        self._engine = self._runtime.deserialize_cuda_engine(self._stored.path.read_bytes())
        if self._engine is None:
            self._runtime = None
            raise EngineError(
                f"TensorRT cannot load {self._stored.name!r}: {self.logger.reason()}; build it "
                "again with: rtseg build --rebuild"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine = None
        self._runtime = None

    def context(self) -> Any:
        made = self._engine.create_execution_context()
        if made is None:
            raise EngineError(
                f"TensorRT has no memory for {self._stored.name!r}: {self.logger.reason()}; close "
                "other programs that use the GPU"
            )
        return made

    def tensor(self, mode: str) -> tuple[str, str, tuple[int, ...]]:
        """Name, type and shape of the only input or output, for one picture."""
        places = range(self._engine.num_io_tensors)
        wanted = getattr(trt.TensorIOMode, mode)
        names = map(self._engine.get_tensor_name, places)
        found = [name for name in names if self._engine.get_tensor_mode(name) == wanted]
        if len(found) != 1:
            raise EngineError(
                f"{self._stored.name!r} has {len(found)} tensors of kind {mode}, expected one: "
                "build it with `rtseg build`"
            )
        shape = tuple(self._engine.get_tensor_shape(found[0]))
        return found[0], self._engine.get_tensor_dtype(found[0]).name, (1, *shape[1:])


class Slot:
    """What one picture in flight needs. Pictures and labels cross in bytes, in pinned memory.

    The work is recorded as a CUDA graph after a first run; where that cannot be, each step is
    enqueued every time. It holds memory for pictures of one size, and plans anew for another.
    """

    def __init__(self, cuda: Cuda, loaded: Loaded) -> None:
        self._cuda = cuda
        self._loaded = loaded
        self._stream: Stream | None = None
        self._context: Any = None
        self._plan: Plan | None = None
        self._recorded = False

    def open(self, spec: ModelSpec) -> None:
        cuda, size = self._cuda, (spec.height, spec.width)
        name, kind, shape = self._loaded.tensor("INPUT")
        output, labels_kind, labels_shape = self._loaded.tensor("OUTPUT")
        _check(kind in INPUTS and shape == (1, 3, *size), f"an input {kind} {shape}")
        _check(labels_kind == "UINT8" and len(labels_shape) == 3, f"an output {labels_kind}")
        self._stream = cuda.stream()
        self._labels = cuda.exchange(labels_shape, np.uint8)
        network = cuda.on_device(INPUTS[kind] * 3 * size[0] * size[1])
        self._prepare = partial(prepare_launch, spec, target=network, half=kind == "HALF")
        self._context = self._loaded.context()
        self._bind(name, shape, network)
        self._bind(output, (), self._labels.address)
        self._warm_up(self._stream, self._planned(self._stream, size))

    def start(self, tensor: Tensor) -> None:
        stream, picture = self._stream, tensor[0]
        assert stream is not None
        plan = self._plan
        if plan is None or plan.picture.host.shape != picture.shape:
            plan = self._planned(stream, picture.shape[:2])
            self._record(stream, plan)
        np.copyto(plan.picture.host, picture)
        if self._recorded:
            stream.replay()
        else:
            self._enqueue(stream, plan)
        stream.mark()

    def finish(self) -> LabelMap:
        assert self._stream is not None
        self._stream.wait()
        return np.array(self._labels.host[0], np.uint8)

    def close(self) -> None:
        """What is still running ends first. The buffers belong to the CUDA context."""
        if self._stream is not None:
            self._stream.close()
        self._context = None

    def _bind(self, name: str, shape: tuple[int, ...], address: int) -> None:
        fits = self._context.set_input_shape(name, shape) if shape else True
        if not fits or not self._context.set_tensor_address(name, address):
            raise EngineError(
                f"TensorRT refuses the tensor {name!r}: {self._loaded.logger.reason()}"
            )

    def _planned(self, stream: Stream, picture_shape: tuple[int, int]) -> Plan:
        """For pictures of this (H, W); what was there for another size goes first."""
        self._prepare(picture_shape, source=0)  # refuses a size before there is memory for it
        if self._plan is not None:
            stream.forget()
            self._cuda.free(self._plan.picture)
            self._plan = None
        picture = self._cuda.exchange((*picture_shape, 3), np.uint8)
        self._plan = Plan(picture, self._prepare(picture_shape, source=picture.address))
        return self._plan

    def _warm_up(self, stream: Stream, plan: Plan) -> None:
        """TensorRT allocates in its first run, which a graph may not."""
        plan.picture.host[...] = 0
        self._enqueue(stream, plan)
        stream.wait_for_all()
        self._record(stream, plan)

    def _record(self, stream: Stream, plan: Plan) -> None:
        self._recorded = stream.record(lambda: self._enqueue(stream, plan))

    def _enqueue(self, stream: Stream, plan: Plan) -> None:
        plan.picture.upload(stream)
        self._cuda.launch(plan.launch, stream)
        if not self._context.execute_async_v3(stream.handle):
            raise EngineError(f"TensorRT failed while inferring: {self._loaded.logger.reason()}")
        self._labels.download(stream)


@dataclass(frozen=True)
class Plan:
    """Where a picture of one size crosses to the GPU, and how it becomes the network's input."""

    picture: Exchange
    launch: Launch


def here() -> Installed:
    """The TensorRT and the GPU of this process. Raises EngineError without a GPU."""
    gpu = the_gpu()
    return Installed("tensorrt", trt.__version__, True, 0, gpu.name, gpu.sm, gpu.cuda)


def _check(right: bool, found: str) -> None:
    if not right:
        raise EngineError(f"the engine has {found}: build it again with: rtseg build --rebuild")


@cache
def _logger() -> Any:
    load("tensorrt")
    return listener()
