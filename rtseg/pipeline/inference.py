"""One engine on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias, cast

import numpy as np

from rtseg.engine.base import Engine, PaintingEngine, ScoringEngine
from rtseg.pipeline.channel import Channel, Closed
from rtseg.types import LabelMap, Painted, Scored, Tensor

Result: TypeAlias = "LabelMap | Scored | Painted"


class Inference:
    """Opens, warms up, feeds and closes an engine on one thread; results come in order.

    picture_shape: (H, W) of the first frame; later ones may differ.
    capacity: tensors, and again results, that may wait beside those in flight. scored: whether
    results are Scored; the engine must then be a ScoringEngine. painted: whether they are Painted,
    by a PaintingEngine that was told how. prompt: a result is fetched as
    soon as no further tensor waits; without it only when ``depth`` are in flight, which is best
    for throughput but needs every frame to be submitted, without a pause. settled: called on that
    thread once the engine is ready, and once it is closed. error: what ended it too early.
    """

    def __init__(
        self,
        engine: Engine,
        picture_shape: tuple[int, int],
        *,
        name: str = "inference",
        capacity: int = 2,
        scored: bool = False,
        painted: bool = False,
        prompt: bool = False,
        settled: Callable[[], None] | None = None,
    ) -> None:
        self.engine, self.name, self.scored = engine, name, scored
        self._painted = painted
        self.ready = False
        self.error: BaseException | None = None
        self._picture_shape = picture_shape
        self._prompt = prompt
        self._settled = settled or _nobody_waits
        self._tensors: Channel[Tensor] = Channel(capacity)
        self._results: Channel[tuple[Result, int]] = Channel(capacity)
        self._taken = iter(self._results)
        self._under_way, self._over = 0, False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"rtseg-{name}")

    def start(self) -> None:
        """Does nothing where it was started before."""
        if not self.started:
            self._thread.start()

    def submit(self, tensor: Tensor) -> None:
        """Waits for room. Raises Closed where the engine is gone."""
        with self._changed:
            self._under_way += 1
        self._tensors.put(tensor)

    def wait_until_idle(self) -> None:
        """Until the engine is ready and all its results lie there, or it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: (self.ready and not self._under_way) or self._over)

    def take(self) -> tuple[Result, int]:
        """The oldest result, and the nanoseconds it took. Raises Closed where none will come."""
        taken = next(self._taken, None)
        if taken is None:
            raise Closed
        return taken

    def close(self) -> None:
        """No more tensors; what was submitted will still be inferred. Any thread."""
        self._tensors.close()

    def abort(self) -> None:
        """End now. Any thread, any number of times."""
        self._tensors.abort()
        self._results.abort()
        self._end()

    def join(self) -> None:
        if self.started:
            self._thread.join()

    @property
    def started(self) -> bool:
        return self._thread.ident is not None

    @property
    def is_over(self) -> bool:
        """Whether it ended as it should."""
        return self.started and not self._thread.is_alive() and self.error is None

    def _run(self) -> None:
        try:
            with self.engine as engine:
                warm_up(engine, self._picture_shape)
                with self._changed:
                    self.ready = True
                    self._changed.notify_all()
                self._settled()
                self._infer(engine)
        except Closed:
            pass
        except BaseException as error:  # noqa: BLE001 - a thread's last line, kept for who asks
            self.error = error
        finally:
            self._tensors.abort()
            self._results.close()
            self._end()
            self._settled()

    def _infer(self, engine: Engine) -> None:
        flying: deque[int] = deque()
        for tensor in self._tensors:
            flying.append(time.monotonic_ns())
            engine.submit(tensor)
            while len(flying) == engine.depth or (flying and self._prompt and self._tensors.empty):
                self._collect(engine, flying.popleft())
        while flying:
            self._collect(engine, flying.popleft())

    def _collect(self, engine: Engine, submitted_nanos: int) -> None:
        result = self._result(engine)
        self._results.put((result, time.monotonic_ns() - submitted_nanos))
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _result(self, engine: Engine) -> Result:
        if self.scored:
            return cast(ScoringEngine, engine).collect_scored()
        if self._painted:
            return cast(PaintingEngine, engine).collect_painted()
        return engine.collect()


def warm_up(engine: Engine, picture_shape: tuple[int, int], times: int = 2) -> None:
    """Infer an empty picture, so that no frame pays for the runtime's first allocations.

    picture_shape: (H, W) of the frames to come.
    """
    shape = picture_shape if engine.takes_pictures else (engine.spec.height, engine.spec.width)
    empty = np.zeros((1, *shape, 3), np.uint8)
    for _ in range(times):
        engine.submit(empty)
        engine.collect()


def _nobody_waits() -> None:
    pass
