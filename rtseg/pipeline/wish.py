"""What a session is asked to do with its frames, and the engines that this takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.errors import UsageError
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.lineup import capacity_for, depth_for
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo

Policy: TypeAlias = Literal["auto", "live", "offline"]


@dataclass(frozen=True)
class Wish:
    """What can change while a session runs.

    compare: model, backend and precision of a second engine on the same frames. policy: "offline"
    shows every frame, "live" the newest one, "auto" leaves that to the source. threads: of each
    engine, 0 = all cores.
    """

    model: str = ""
    backend: str = "auto"
    precision: str = "auto"
    compare: tuple[str, str, str] | None = None
    scores: bool = False
    smoothing: Smoothing = field(default_factory=Smoothing)
    policy: Policy = "auto"
    threads: int = 0

    def is_live(self, source: SourceInfo) -> bool:
        """Raises UsageError for an offline policy where the source does not wait."""
        if self.policy == "offline" and source.live:
            raise UsageError(
                f"{source.name} is live: its frames cannot wait, so there is no offline policy "
                "for it"
            )
        return source.live if self.policy == "auto" else self.policy == "live"

    def engines(self, *, live: bool) -> tuple[EngineWish, ...]:
        """The one that labels, and the one that it is compared with."""
        scored = self.smoothing.active
        first = self._engine("inference", (self.model, self.backend, self.precision), live=live)
        if self.compare is None:
            return (first(scored or self.scores),)
        second = self._engine("compare", self.compare, live=live)
        return first(scored or self.scores), second(scored)

    def _engine(
        self, name: str, which: tuple[str, str, str], *, live: bool
    ) -> Callable[[bool], EngineWish]:
        model, backend, precision = which
        depth = depth_for(self.smoothing, live=live)
        return lambda scored: EngineWish(
            name=name,
            model=model or DEFAULT_MODEL,
            backend=backend,
            precision=precision,
            depth=depth,
            capacity=capacity_for(live=live),
            threads=self.threads,
            scored=scored,
        )


@dataclass(frozen=True)
class EngineWish:
    """Equal wishes may share an engine. name: of the stage in the statistics.

    size: (h, w) of the network; None: the model's own.
    """

    name: str
    model: str
    backend: str
    precision: str
    depth: int
    capacity: int
    threads: int
    scored: bool
    size: tuple[int, int] | None = None

    def begin(self, source: SourceInfo, settled: Callable[[], None]) -> Inference:
        """Opening on its thread when this returns. Raises what finding the model raises."""
        inference = self.inference(source, settled)
        inference.start()
        return inference

    def inference(self, source: SourceInfo, settled: Callable[[], None] | None = None) -> Inference:
        """Not started yet. Raises what finding the model raises."""
        return Inference(
            self._engine(),
            (source.height, source.width),
            name=self.name,
            capacity=self.capacity,
            scored=self.scored,
            prompt=True,
            settled=settled,
        )

    def _engine(self) -> Engine:
        package, depth, threads = find_package(self.model), self.depth, self.threads
        if self.size is not None:
            package = package.at(*self.size)
        if self.scored:
            return make_engine(
                self.backend, package, self.precision, depth=depth, threads=threads, scores=True
            )
        return make_engine(self.backend, package, self.precision, depth=depth, threads=threads)
