"""One picture in flight on the GPU: its stream, its memory, and what is done with it in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rtseg.engine.cuda import Cuda, Exchange, Stream
from rtseg.engine.kernels import Launch, overlay_launch, prepare_launch
from rtseg.errors import EngineError
from rtseg.types import LabelMap, ModelSpec, Rgb, Scores, Tensor

if TYPE_CHECKING:
    from rtseg.engine.plan import Loaded

INPUTS = {"FLOAT": 4, "HALF": 2}
"""Bytes of a number that the kernels can write, by TensorRT's name of it."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of an engine besides labels. scores: of every class.

    palette: of ``kernels.palette``, to paint each picture with its labels; None to paint none.
    """

    scores: bool = False
    palette: NDArray[np.uint16] | None = None


@dataclass(frozen=True)
class Plan:
    """Where a picture of one size crosses to the GPU, how it becomes the network's input, and how
    it is painted, in place, if it is."""

    picture: Exchange
    prepare: Launch
    overlay: Launch | None


class Slot:
    """Pictures and labels cross in bytes, in pinned memory.

    The work is recorded as a CUDA graph after a first run; where that cannot be, each step is
    enqueued every time. It holds memory for pictures of one size, and plans anew for another.
    """

    def __init__(self, cuda: Cuda, loaded: Loaded, wanted: Wanted) -> None:
        self._cuda = cuda
        self._loaded = loaded
        self._wanted = wanted
        self._stream: Stream | None = None
        self._context: Any = None
        self._plan: Plan | None = None
        self._palette: Exchange | None = None
        self._scores: Exchange | None = None
        self._recorded = False

    def open(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._stream = self._cuda.stream()
        self._context = self._loaded.context()
        self._open_input(spec)
        self._open_outputs()
        if self._wanted.palette is not None:
            self._palette = self._cuda.exchange(self._wanted.palette.shape, np.uint16)
            np.copyto(self._palette.host, self._wanted.palette)
            self._palette.upload(self._stream)
        self._warm_up(self._stream, self._planned(self._stream, (spec.height, spec.width)))

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

    def finish(self) -> None:
        """From here to the next start there are results; they are copied for the caller."""
        assert self._stream is not None
        self._stream.wait()

    def labels(self) -> LabelMap:
        return np.array(self._labels.host[0], np.uint8)

    def scores(self) -> Scores:
        assert self._scores is not None
        return np.array(self._scores.host[0], np.float32)

    def image(self) -> Rgb:
        assert self._plan is not None
        return np.array(self._plan.picture.host, np.uint8)

    def close(self) -> None:
        """What is still running ends first. The buffers belong to the CUDA context."""
        if self._stream is not None:
            self._stream.close()
        self._context = None

    def _open_input(self, spec: ModelSpec) -> None:
        size = (spec.height, spec.width)
        name, kind, shape = self._loaded.input()
        _check(kind in INPUTS and shape == (1, 3, *size), f"an input {kind} {shape}")
        network = self._cuda.on_device(INPUTS[kind] * 3 * size[0] * size[1])
        self._prepare = partial(prepare_launch, spec, target=network, half=kind == "HALF")
        self._bind(name, shape, network)

    def _open_outputs(self) -> None:
        """All must have memory, also scores that nobody asks for."""
        name, kind, shape = self._loaded.labels()
        _check(kind == "UINT8" and len(shape) == 3, f"an output {kind}")
        self._labels = self._cuda.exchange(shape, np.uint8)
        self._bind(name, (), self._labels.address)
        found = self._loaded.scores()
        _check(found is not None or not self._wanted.scores, "no scores")
        if found is not None:
            name, kind, shape = found
            _check(kind == "FLOAT" and len(shape) == 4, f"scores {kind}")
            self._scores = self._cuda.exchange(shape, np.float32)
            self._bind(name, (), self._scores.address)

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
        prepare = self._prepare(picture_shape, source=picture.address)
        self._plan = Plan(picture, prepare, self._overlay(picture, picture_shape))
        return self._plan

    def _overlay(self, picture: Exchange, picture_shape: tuple[int, int]) -> Launch | None:
        if self._palette is None:
            return None
        _, height, width = self._labels.host.shape
        return overlay_launch(
            self._spec,
            picture_shape,
            (height, width),
            source=picture.address,
            target=picture.address,
            labels=self._labels.address,
            weights=self._palette.address,
        )

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
        self._cuda.launch(plan.prepare, stream)
        if not self._context.execute_async_v3(stream.handle):
            raise EngineError(f"TensorRT failed while inferring: {self._loaded.logger.reason()}")
        self._labels.download(stream)
        if self._wanted.scores and self._scores is not None:
            self._scores.download(stream)
        if plan.overlay is not None:
            self._cuda.launch(plan.overlay, stream)
            plan.picture.download(stream)


def _check(right: bool, found: str) -> None:
    if not right:
        raise EngineError(f"the engine has {found}: build it again with: rtseg build --rebuild")
