"""What every inference runtime looks like."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rtseg.types import LabelMap, ModelSpec, Painted, Precision, Scored, Tensor


@dataclass(frozen=True)
class EngineInfo:
    """What really runs, as the runtime reports it after loading; not what was asked for.

    precision: the one found in the loaded graph. precisions: layers by the precision they run
    in, e.g. ``{"int8": 41, "fp32": 9}``; empty where the runtime cannot tell.
    """

    model: str
    backend: str
    precision: Precision
    precisions: dict[str, int]
    device: str
    version: str


@runtime_checkable
class Engine(Protocol):
    """Opened, fed and closed on one thread: an accelerator's context belongs to a thread.

    At most ``depth`` tensors are in flight: ``submit`` starts one, ``collect`` waits for the
    oldest. The tensor must not change before it was collected; the label map that comes back is
    the caller's own.
    """

    def __enter__(self) -> Engine: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def info(self) -> EngineInfo: ...

    @property
    def depth(self) -> int: ...

    @property
    def takes_pictures(self) -> bool:
        """Whether it shrinks and stretches pictures itself, level for level as ``prepare`` does.

        One that does is a PaintingEngine.
        """
        ...

    def submit(self, tensor: Tensor) -> None:
        """(1, h, w, 3) uint8, R G B; of any height and width where it takes pictures."""
        ...

    def collect(self) -> LabelMap:
        """(h', w') uint8 class ids of the oldest tensor in flight."""
        ...


@runtime_checkable
class ScoringEngine(Engine, Protocol):
    """An engine that was made to say how sure it is; without that wish no score is computed."""

    def __enter__(self) -> ScoringEngine: ...

    def collect_scored(self) -> Scored:
        """Instead of ``collect``: the same labels, with the scores of every class."""
        ...


@runtime_checkable
class PaintingEngine(Engine, Protocol):
    """An engine that has the whole picture at hand, and may lay the labels over it."""

    def __enter__(self) -> PaintingEngine: ...

    def paint(self, keep: NDArray[np.uint16], add: NDArray[np.uint16]) -> None:
        """From the next time that it is opened on. keep, add: those of ``overlay.weights``."""
        ...

    def collect_painted(self) -> Painted:
        """Instead of ``collect``: the same labels, and the picture with their colours over it."""
        ...
