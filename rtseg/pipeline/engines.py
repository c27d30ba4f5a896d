"""The engines that a session has open, and the way from one set of them to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from rtseg.engine.base import EngineInfo
from rtseg.errors import EngineError, RtsegError
from rtseg.pipeline.channel import Closed
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.lineup import Lineup
from rtseg.pipeline.wish import EngineWish, Wish
from rtseg.source.base import SourceInfo

Wait: TypeAlias = Callable[[Callable[[], bool]], bool]
"""Until the condition holds; False where it is no longer worth waiting."""


class Engines:
    """Prepared by one thread, a line-up after the other. Engines that both need are kept.

    wait: used while engines open; settled: called, on their threads, when the condition may hold.
    """

    def __init__(self, wait: Wait, settled: Callable[[], None]) -> None:
        self.infos: tuple[EngineInfo, ...] = ()
        self._wait, self._settled = wait, settled
        self._current: dict[EngineWish, Inference] = {}

    def prepare(self, wish: Wish, source: SourceInfo) -> Lineup:
        """All open and warm. Raises RtsegError, or Closed where nobody waits any more: then
        everything is as before. The engines of the line-up before are the caller's to close.
        """
        live = wish.is_live(source)
        engines: dict[EngineWish, Inference] = {}
        try:
            for each in wish.engines(live=live):
                engines[each] = self._current.get(each) or each.begin(source, self._settled)
            self._open(list(engines.values()))
            lineup = Lineup(
                list(engines.values()), smoothing=wish.smoothing, live=live, scores=wish.scores
            )
        except BaseException:
            discard([each for key, each in engines.items() if key not in self._current])
            raise
        self._current = engines
        self.infos = tuple(each.engine.info for each in engines.values())
        return lineup

    def close(self) -> None:
        discard(list(self._current.values()))

    def _open(self, inferences: list[Inference]) -> None:
        if not self._wait(lambda: all(each.ready or each.error for each in inferences)):
            raise Closed
        for error in (each.error for each in inferences):
            if isinstance(error, RtsegError):
                raise error
            if error is not None:
                raise EngineError(
                    f"an engine died of {type(error).__name__} while it was opened: {error}"
                ) from error


def discard(inferences: Sequence[Inference]) -> None:
    """End them now, and wait for it."""
    for each in inferences:
        each.abort()
    for each in inferences:
        each.join()


def fallback(before: tuple[EngineInfo, ...], now: tuple[EngineInfo, ...]) -> str:
    """What somebody should know who left the choice of the backend to us; "" where nothing."""
    for old, new in zip(before, now, strict=False):
        if old.model == new.model and old.backend != new.backend:
            return (
                f"{new.model} now runs on {new.backend} in place of {old.backend}: only there are "
                "the scores that were asked for"
            )
    return ""
