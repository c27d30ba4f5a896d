"""The engines that ``rtseg build`` made for NVIDIA's GPUs, run by TensorRT or by TensorRT-RTX.

Both have the same classes at run time: trt.py and rtx.py each name the module that they import.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from types import TracebackType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rtseg.engine.base import EngineInfo
from rtseg.engine.cuda import Cuda
from rtseg.engine.gpu import the_gpu
from rtseg.engine.graph import LABELS, SCORES
from rtseg.engine.kernels import palette, source
from rtseg.engine.package import ModelPackage
from rtseg.engine.slot import Slot, Wanted
from rtseg.engine.store import StoredEngine, fitting
from rtseg.engine.trt_builder import Installed, listener
from rtseg.errors import EngineError, UsageError
from rtseg.types import LabelMap, ModelSpec, Painted, Scored, Tensor

PRECISIONS = ("auto", "fp32", "fp16", "int8")


class PlanEngine:
    """uint8 NHWC pictures of any size in, label maps out: a kernel resizes and normalises them.

    Runs the engine of the store that was built from this package in this precision, on this GPU;
    with ``stored`` that one, whatever else there is.
    depth: tensors in flight; each has a stream, an execution context and buffers of its own.
    threads: of the CPU, means nothing here. scores: for ``collect_scored``; the engine must have
    been built with them. Raises EngineError where no engine fits.
    """

    backend: ClassVar[str]
    runtime: ClassVar[Any]

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
        if precision not in PRECISIONS:
            raise UsageError(
                f"the {self.backend} backend has no precision {precision!r}; it has: "
                f"{', '.join(PRECISIONS)}"
            )
        self._here = self.here()
        self._stored = stored or fitting(package, precision, self._here, scores=scores)
        self._depth = depth
        self._scores = scores
        self._palette: NDArray[np.uint16] | None = None
        self._open = ExitStack()
        self._slots: list[Slot] = []
        self._free: deque[Slot] = deque()
        self._busy: deque[Slot] = deque()

    @classmethod
    def here(cls) -> Installed:
        """The runtime and the GPU of this process. Raises EngineError without a GPU."""
        gpu, version = the_gpu(), str(cls.runtime.__version__)
        return Installed(cls.runtime.__name__, version, True, 0, gpu.name, gpu.sm, gpu.cuda)

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
            backend=self.backend,
            precision=manifest.precision.asked,  # type: ignore[arg-type]
            precisions=manifest.precision.layers,
            device=self._here.gpu,
            version=self._here.version,
        )

    def __enter__(self) -> PlanEngine:
        with ExitStack() as stack:
            cuda = stack.enter_context(Cuda())
            cuda.load(source())
            loaded = stack.enter_context(Loaded(self._stored, self.runtime))
            stack.callback(self._forget)
            for _ in range(self._depth):
                self._slots.append(Slot(cuda, loaded, Wanted(self._scores, self._palette)))
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

    def paint(self, keep: NDArray[np.uint16], add: NDArray[np.uint16]) -> None:
        self._palette = palette(keep, add)

    def submit(self, tensor: Tensor) -> None:
        self._free[0].start(tensor)
        self._busy.append(self._free.popleft())

    def collect(self) -> LabelMap:
        with self._finished() as slot:
            return slot.labels()

    def collect_scored(self) -> Scored:
        if not self._scores:
            raise EngineError("this engine computes no scores: make it with scores=True")
        with self._finished() as slot:
            return Scored(slot.labels(), slot.scores())

    def collect_painted(self) -> Painted:
        with self._finished() as slot:
            return Painted(slot.labels(), slot.image())

    @contextmanager
    def _finished(self) -> Iterator[Slot]:
        """The oldest slot, free again as soon as its results were copied."""
        slot = self._busy.popleft()
        slot.finish()
        yield slot
        self._free.append(slot)

    def _forget(self) -> None:
        """Before the engine goes, and that before the memory that it computes in."""
        for slot in self._slots:
            slot.close()
        self._slots.clear()
        self._free.clear()
        self._busy.clear()


class Loaded:
    """A deserialised engine, until it is left. Its tensors: name, type, shape for one picture."""

    def __init__(self, stored: StoredEngine, runtime: Any) -> None:
        self._stored = stored
        self._vendor = runtime
        self._engine: Any = None
        self._runtime: Any = None
        self.logger = _logger(runtime)

    def __enter__(self) -> Loaded:
        self._runtime = self._vendor.Runtime(self.logger)
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

    def input(self) -> tuple[str, str, tuple[int, ...]]:
        found = self._tensors("INPUT")
        if len(found) != 1:
            raise self._unexpected(f"{len(found)} inputs, expected one")
        return found[0]

    def labels(self) -> tuple[str, str, tuple[int, ...]]:
        found = self._output(LABELS)
        if found is None:
            raise self._unexpected("no labels")
        return found

    def scores(self) -> tuple[str, str, tuple[int, ...]] | None:
        return self._output(SCORES)

    def _output(self, name: str) -> tuple[str, str, tuple[int, ...]] | None:
        return next((each for each in self._tensors("OUTPUT") if each[0] == name), None)

    def _tensors(self, mode: str) -> list[tuple[str, str, tuple[int, ...]]]:
        engine, wanted = self._engine, getattr(self._vendor.TensorIOMode, mode)
        names = map(engine.get_tensor_name, range(engine.num_io_tensors))
        return [
            (name, engine.get_tensor_dtype(name).name, (1, *engine.get_tensor_shape(name)[1:]))
            for name in names
            if engine.get_tensor_mode(name) == wanted
        ]

    def _unexpected(self, found: str) -> EngineError:
        return EngineError(f"{self._stored.name!r} has {found}: build it with `rtseg build`")


@cache
def _logger(runtime: Any) -> Any:
    """A process has one for each."""
    return listener(runtime)
