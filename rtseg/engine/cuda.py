"""CUDA for one engine: its context, memory, streams, kernels. Nothing else imports pycuda."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from shutil import which
from types import TracebackType
from typing import Any

from numpy.typing import DTypeLike, NDArray
from pycuda import compiler
from pycuda import driver as cuda

from rtseg.engine.cuda_graph import Graph
from rtseg.engine.gpu import the_gpu
from rtseg.engine.kernels import Launch
from rtseg.engine.nvrtc import cubin
from rtseg.errors import EngineError

NON_BLOCKING = 1
"""CU_STREAM_NON_BLOCKING of cuda.h."""


class Cuda:
    """The first GPU's primary context, current on the thread that enters it, until it leaves.

    Owns whatever it hands out and frees all of it, in the reverse order, when it is left: streams
    are waited for first. Every method raises EngineError where the driver objects.
    """

    def __init__(self) -> None:
        self._context: Any = None
        self._streams: list[Stream] = []
        self._memory: dict[int, Any] = {}  # by address
        self._module: Any = None
        self._integrated = False

    def __enter__(self) -> Cuda:
        with translated("start CUDA"):
            cuda.init()
            device = cuda.Device(0)
            self._integrated = bool(device.get_attribute(cuda.device_attribute.INTEGRATED))
            self._context = device.retain_primary_context()
            try:
                self._context.push()
            except cuda.Error:
                self._context.detach()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._streams:
            self._streams.pop().close()
        while self._memory:
            self._memory.popitem()[1].free()
        self._module = None
        # A context that is still current when Python ends makes pycuda abort the process.
        cuda.Context.pop()
        self._context.detach()
        self._context = None

    def stream(self) -> Stream:
        """One that never waits for the default stream."""
        self._streams.append(Stream())
        self._streams[-1].open()
        return self._streams[-1]

    def on_device(self, size: int) -> int:
        """The address of so many bytes."""
        with translated(f"allocate {size} bytes on the GPU"):
            allocation = cuda.mem_alloc(size)
        self._memory[int(allocation)] = allocation
        return int(allocation)

    def pinned(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Memory of the host that copies to and from the GPU need; gone when the context is."""
        return self._pinned(shape, dtype, flags=0)

    def exchange(self, shape: tuple[int, ...], dtype: DTypeLike) -> Exchange:
        """Pinned memory and its place on the GPU; both gone when freed, or when the context is.

        On an integrated GPU, a Jetson's, that is one and the same memory: copies would only cost
        bandwidth ("CUDA for Tegra", Memory Selection: pinned memory is cached from Xavier on).
        """
        if not self._integrated:
            host = self.pinned(shape, dtype)
            try:
                return Exchange(host, self.on_device(host.nbytes), copied=True)
            except EngineError:
                self._memory.pop(host.ctypes.data).free()
                raise
        host = self._pinned(shape, dtype, flags=cuda.host_alloc_flags.DEVICEMAP)
        with translated("map pinned memory"):
            return Exchange(
                host, int(self._memory[host.ctypes.data].get_device_pointer()), copied=False
            )

    def free(self, exchange: Exchange) -> None:
        """Give it back early: no stream uses it any more, no graph knows it, nobody reads it."""
        if exchange.copied:
            self._memory.pop(exchange.address).free()
        self._memory.pop(exchange.host.ctypes.data).free()

    def _pinned(self, shape: tuple[int, ...], dtype: DTypeLike, *, flags: int) -> NDArray[Any]:
        with translated(f"allocate pinned memory of {shape}"):
            array: NDArray[Any] = cuda.pagelocked_empty(shape, dtype, mem_flags=flags)
        self._memory[array.ctypes.data] = array.base
        return array

    def load(self, source: str) -> None:
        """Compile the kernels of ``source`` for this GPU: with nvcc, or NVRTC if it is not in PATH.

        Both ways what was made is kept in the user's cache.
        """
        image = _by_nvcc(source) if which("nvcc") else cubin(source, the_gpu())
        with translated("load the kernels"):
            self._module = cuda.module_from_buffer(image)

    def launch(self, launch: Launch, stream: Stream) -> None:
        """One of the kernels that were loaded."""
        with translated(f"launch {launch.kernel}"):
            self._module.get_function(launch.kernel)(
                *launch.arguments, grid=launch.grid, block=launch.block, stream=stream.raw
            )


@dataclass(frozen=True)
class Exchange:
    """host: what the CPU reads and writes, while no stream uses it. address: what the GPU does.

    copied: whether they are two memories; if not, uploading and downloading have nothing to do.
    """

    host: NDArray[Any]
    address: int
    copied: bool

    def upload(self, stream: Stream) -> None:
        if self.copied:
            stream.upload(self.address, self.host)

    def download(self, stream: Stream) -> None:
        if self.copied:
            stream.download(self.host, self.address)


class Stream:
    """Work in order, beside other streams; and one event that says when it has ended."""

    def __init__(self) -> None:
        self.raw: Any = None
        self._ended: Any = None
        self._graph: Graph | None = None

    def open(self) -> None:
        flags = cuda.event_flags
        with translated("make a stream"):
            self.raw = cuda.Stream(NON_BLOCKING)
            self._ended = cuda.Event(flags.DISABLE_TIMING | flags.BLOCKING_SYNC)

    @property
    def handle(self) -> int:
        """The CUstream, as TensorRT wants it."""
        return int(self.raw.handle)

    def upload(self, target: int, source: NDArray[Any]) -> None:
        """source: pinned, and unchanged until the stream was waited for."""
        with translated("copy to the GPU"):
            cuda.memcpy_htod_async(target, source, self.raw)

    def download(self, target: NDArray[Any], source: int) -> None:
        """target: pinned; filled when the stream was waited for."""
        with translated("copy from the GPU"):
            cuda.memcpy_dtoh_async(target, source, self.raw)

    def record(self, enqueue: Callable[[], None]) -> bool:
        """Remember what ``enqueue`` puts on this stream, as a graph; it must not wait for anything.

        Nothing of it runs. False where this driver or what was enqueued cannot be captured.
        What was recorded before must be forgotten first.
        """
        try:
            self._graph = Graph.captured(self.handle, enqueue)
        except EngineError:
            return False
        return True

    def forget(self) -> None:
        """What was recorded, and does not run any more."""
        if self._graph is not None:
            self._graph.close()
        self._graph = None

    def replay(self) -> None:
        assert self._graph is not None
        self._graph.launch(self.handle)

    def mark(self) -> None:
        """What ``wait`` waits for: all that is on the stream by now."""
        with translated("mark the end of an inference"):
            self._ended.record(self.raw)

    def wait(self) -> None:
        with translated("wait for an inference"):
            self._ended.synchronize()

    def wait_for_all(self) -> None:
        with translated("wait for a stream"):
            self.raw.synchronize()

    def close(self) -> None:
        """A second time does nothing."""
        if self.raw is not None:
            with suppress(cuda.Error):  # it was told when it happened
                self.raw.synchronize()
        self.forget()
        self._ended = self.raw = None


class translated:
    """pycuda's errors become EngineErrors, without their frames: those hold handles, which must
    not outlive the context."""

    def __init__(self, deed: str) -> None:
        self._deed = deed

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del trace
        if isinstance(error, cuda.MemoryError):
            raise EngineError(
                f"cannot {self._deed}: the GPU's memory is full; close other programs, or run a "
                "smaller model"
            ) from error.with_traceback(None)
        if isinstance(error, cuda.Error):
            reason = _one_line(error)
            raise EngineError(f"cannot {self._deed}: {reason}") from error.with_traceback(None)


def _by_nvcc(source: str) -> Any:
    with translated("ask for the GPU's architecture"):
        try:
            return compiler.compile(source, no_extern_c=True)
        except (OSError, cuda.CompileError) as error:
            raise EngineError(
                f"nvcc cannot compile the CUDA kernels: {_one_line(error)}; does it find its C++ "
                "compiler, g++?"
            ) from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
