"""PaddlePaddle's ``.pdparams``: a pickle of NumPy arrays, of which nothing is run.

What the pickle asks NumPy to build is taken down instead: kind, shape and bytes of each array.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = "biuf"
"""Booleans, integers, floating point: all that becomes an array."""

TABLE = "StructuredToParameterName@@"
"""Paddle's own names of the arrays, among the arrays."""


class Kind:
    """Stands in for ``numpy.dtype``."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class Array:
    """Stands in for ``numpy.ndarray``."""

    def __init__(self, *_: object) -> None:
        self.numbers: NDArray[Any] = np.empty(0)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, columns_first, content = state
        if kind.dtype.kind not in KINDS:
            raise pickle.UnpicklingError(f"{kind.dtype} is no kind of number")
        flat = np.frombuffer(content, kind.dtype).astype(kind.dtype.newbyteorder("="))
        self.numbers = flat.reshape(shape, order="F" if columns_first else "C")


STAND_INS: dict[str, Callable[..., Any]] = {
    "numpy.core.multiarray._reconstruct": Array,
    "numpy._core.multiarray._reconstruct": Array,
    "numpy.ndarray": Array,
    "numpy.dtype": Kind,
    # Bytes, in pickles of protocol 2.
    "_codecs.encode": lambda text, _: text.encode("latin1"),
}
"""All that the pickle of a state dict names."""


class NumbersOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if f"{module}.{name}" not in STAND_INS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")
        return STAND_INS[f"{module}.{name}"]


def read_pdparams(path: Path) -> object:
    """As pickled, a dict for a state dict, with arrays of its own memory and without ``TABLE``.

    Raises OSError, pickle.UnpicklingError for what is neither numbers nor names, and whatever
    else ``pickle.load`` raises for a damaged file.
    """
    with path.open("rb") as file:
        state = NumbersOnly(file).load()
    if not isinstance(state, dict):
        return state
    return {name: _numbers(value) for name, value in state.items() if name != TABLE}


def _numbers(value: object) -> object:
    return value.numbers if isinstance(value, Array) else value
