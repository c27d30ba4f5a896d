"""CUDA graphs, through the driver's own functions: pycuda does not have them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

from rtseg.engine.gpu import DRIVER
from rtseg.errors import EngineError

THREAD_LOCAL = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL of cuda.h: other threads may go on allocating."""


class Graph:
    """An executable CUDA graph."""

    def __init__(self, executable: ctypes.c_void_p) -> None:
        self._executable = executable

    @classmethod
    def captured(cls, stream: int, enqueue: Callable[[], None]) -> Graph:
        """Raises EngineError where something cannot be captured, with the stream usable again."""
        graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
        _call("cuStreamBeginCapture_v2", ctypes.c_void_p(stream), THREAD_LOCAL)
        try:
            enqueue()
        finally:
            _call("cuStreamEndCapture", ctypes.c_void_p(stream), ctypes.byref(graph))
        try:
            no_flags = ctypes.c_ulonglong(0)
            _call("cuGraphInstantiateWithFlags", ctypes.byref(executable), graph, no_flags)
        finally:
            _call("cuGraphDestroy", graph)
        return cls(executable)

    def launch(self, stream: int) -> None:
        _call("cuGraphLaunch", self._executable, ctypes.c_void_p(stream))

    def close(self) -> None:
        _driver().cuGraphExecDestroy(self._executable)


@cache
def _driver() -> ctypes.CDLL:
    """Opened once: a graph is launched for every frame."""
    return ctypes.CDLL(DRIVER)


def _call(name: str, *arguments: Any) -> None:
    """A function of the driver that pycuda lacks."""
    driver = _driver()
    function = getattr(driver, name, None)
    if function is None:
        raise EngineError(f"this NVIDIA driver has no {name}: update it to CUDA 11.4 or newer")
    if result := function(*arguments):
        words = ctypes.c_char_p()
        driver.cuGetErrorString(result, ctypes.byref(words))
        raise EngineError(f"{name} failed: {(words.value or b'no reason given').decode()}")
