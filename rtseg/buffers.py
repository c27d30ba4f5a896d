"""Memory for the large arrays of a frame, used again for a later one."""

from __future__ import annotations

import math
import weakref
from collections import deque

import numpy as np
from numpy.typing import NDArray

SIZES = 8
SPARE = 16  # arrays of one size that wait to be used again; a road has fewer on their way


class Buffers:
    """Bytes of an array are free again when it and every view of it are gone.

    So nobody has to give anything back, and what was handed over is never written again. Any
    thread. Of more than a few sizes, memory of the others is given back.
    """

    def __init__(self) -> None:
        self._free: dict[int, deque[bytearray]] = {}

    def array(self, *shape: int) -> NDArray[np.uint8]:
        """Not cleared."""
        size = math.prod(shape)
        if size not in self._free and len(self._free) >= SIZES:
            self._free.clear()
        free = self._free.setdefault(size, deque(maxlen=SPARE))
        try:
            memory = free.pop()
        except IndexError:
            memory = bytearray(size)
        # numpy's views refer to the first array over memory that is not numpy's own: to this one.
        whole = np.frombuffer(memory, np.uint8)
        weakref.finalize(whole, free.append, memory).atexit = False
        return whole.reshape(shape)
