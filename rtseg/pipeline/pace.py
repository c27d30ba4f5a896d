"""How fast an engine is when nothing but itself holds it up."""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle

from rtseg.engine.base import Engine
from rtseg.stats import NANOS_PER_SECOND, Meter, Percentiles
from rtseg.types import Tensor

WARM_UP = 20
"""Inferences before the clock starts, but no more than are clocked: a GPU's governor needs about
so many to raise its clock."""


@dataclass(frozen=True)
class Pace:
    """fps: (inferences - 1) / elapsed. latency: from handing a tensor over to having its labels.

    depth: tensors in flight; with more than one, the latency holds the wait for those before.
    """

    fps: float
    latency: Percentiles
    inferences: int
    depth: int


def pace(
    engine: Engine, tensors: Sequence[Tensor], *, inferences: int, seconds: float = 1.0
) -> Pace:
    """Give the tensors over and over, as many in flight as the engine takes.

    Ends when there were so many inferences and they took so long. engine: open, with nothing in
    flight, before and after.
    """
    meter, waits = Meter(), array("q")
    # As many are ignored as are submitted, not collected, until then.
    ignored = max(0, min(WARM_UP, inferences) + 1 - engine.depth)
    with closing(inferred(engine, tensors)) as taken:
        for number, (submitted_nanos, now) in enumerate(taken):
            if number < ignored:
                continue
            meter.mark(now)
            waits.append(now - submitted_nanos)
            if meter.count >= inferences and now - meter.first_nanos >= seconds * NANOS_PER_SECOND:
                break
    return Pace(meter.fps, Percentiles.of_nanos(waits), meter.count, engine.depth)


def inferred(engine: Engine, tensors: Sequence[Tensor]) -> Generator[tuple[int, int], None, None]:
    """Nanoseconds at which a tensor was submitted and its labels were there, for ever.

    As many tensors are in flight as the engine takes; who closes this waits for the last of them.
    """
    flying: deque[int] = deque()
    try:
        for tensor in cycle(tensors):
            flying.append(time.monotonic_ns())
            engine.submit(tensor)
            if len(flying) == engine.depth:
                engine.collect()
                yield flying.popleft(), time.monotonic_ns()
    except GeneratorExit:
        for _ in flying:
            engine.collect()
        raise
