"""Which rung of a ladder of engines serves: moments of finished frames in, decisions out.

Nothing here reads a clock or opens an engine. Rung 0 is the best one, the last is the fastest.
Down at once when frames are missed; up only after some patience with room to spare, and after a
climb that did not hold, with twice the patience: at a constant load the switches die out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

TOLERANCE = 0.05
"""Share of the frames that may be missing without anything being done about it."""

MOST_OWED = 3.0
"""Frames, beyond the tolerance, that may be missing before a faster rung takes over."""

ROOM = 0.85
"""Share of the period that a frame may be expected to take on the rung that is gone over to."""

PATIENCE, MOST_PATIENCE = 3.0, 120.0
"""Seconds with room to spare before a climb: at first, and after many climbs that did not hold."""

PROVED = 10
"""A rung that held so many times its patience was no mistake, even if it is left in the end."""

RECENT = 15
"""Frames over which times are taken, by their medians: one late frame decides nothing."""


@dataclass(frozen=True)
class Moment:
    """A frame has left the last sink. All nanoseconds are of one clock.

    engine_nanos: its inference. others_nanos: all other work on it, waiting left out. arrived:
    frames that the source has given until now.
    """

    captured_nanos: int
    done_nanos: int
    engine_nanos: int
    others_nanos: int
    arrived: int


@dataclass(frozen=True)
class Move:
    """rung: the one to go over to. why: for people."""

    rung: int
    why: str


class Ladder:
    """costs: of the rungs, in units of their own; of their inferences only the ratio matters.

    cores: that the stages may use; an engine takes all of them while it runs, the others one each.
    Frames that were captured before a move are not judged after it.
    """

    def __init__(self, *costs: float, target_fps: float, cores: int) -> None:
        self.rung = 0
        self._costs, self._cores = list(costs), cores
        self._target_nanos = 1e9 / target_fps
        self._patience = [PATIENCE for _ in costs]
        self._climbed = False
        self._begin(0)

    def add(self, cost: float) -> None:
        """A faster rung below the last one."""
        self._costs.append(cost)
        self._patience.append(PATIENCE)

    def _begin(self, now_nanos: int) -> None:
        self._since_nanos = now_nanos
        self._roomy_since_nanos: int | None = None
        self._late = self._slow = 0.0
        self._recent: deque[Moment] = deque(maxlen=RECENT)

    @property
    def is_beaten(self) -> bool:
        """Whether frames are missed though the last rung serves."""
        return self._owed >= MOST_OWED and self.rung == len(self._costs) - 1

    @property
    def fps(self) -> float:
        """Of the newest frames."""
        return 1e9 / self._mean_nanos if len(self._recent) > 1 else 0.0

    def see(self, moment: Moment) -> Move | None:
        """For every finished frame, in their order. A move that is returned has been made here."""
        if moment.captured_nanos < self._since_nanos:
            return None
        self._account(moment)
        if self._owed >= MOST_OWED:
            return None if self.is_beaten else self._fall(moment.done_nanos)
        return self._climb(moment.done_nanos) if self.rung else None

    @property
    def _owed(self) -> float:
        """Frames that are missing; one that never arrived is not, nor one beyond the target."""
        return min(self._late, self._slow)

    def _account(self, moment: Moment) -> None:
        """A single pause counts as one frame, however long it was."""
        if self._recent:
            last = self._recent[-1]
            arrived = moment.arrived - last.arrived
            due = (moment.done_nanos - last.done_nanos) / self._target_nanos
            self._late = _owed_after(self._late, arrived)
            self._slow = _owed_after(self._slow, due)
        self._recent.append(moment)

    def _fall(self, now_nanos: int) -> Move:
        """To the first rung whose inference fits; there may be none, then to the last."""
        below = range(self.rung + 1, len(self._costs))
        fit = (each for each in below if self._engine_on(each) <= ROOM * self._period_nanos)
        why = f"{self.fps:.1f} of {1e9 / self._period_nanos:.1f} FPS"
        if self._climbed:
            self._learn((now_nanos - self._since_nanos) / 1e9)
        return self._move(next(fit, below[-1]), now_nanos, why=why)

    def _learn(self, held_seconds: float) -> None:
        patience = self._patience[self.rung]
        failed = held_seconds < PROVED * patience
        self._patience[self.rung] = min(2 * patience, MOST_PATIENCE) if failed else PATIENCE

    def _climb(self, now_nanos: int) -> Move | None:
        up = self.rung - 1
        expected = self._frame_on(up)
        if len(self._recent) < RECENT or self._owed >= 1 or expected > ROOM * self._period_nanos:
            self._roomy_since_nanos = None
            return None
        if self._roomy_since_nanos is None:
            self._roomy_since_nanos = now_nanos
        if now_nanos - self._roomy_since_nanos < self._patience[up] * 1e9:
            return None
        why = f"a frame should take {expected / 1e6:.0f} of {self._period_nanos / 1e6:.0f} ms there"
        return self._move(up, now_nanos, why=why)

    def _move(self, rung: int, now_nanos: int, *, why: str) -> Move:
        self._climbed = rung < self.rung
        self.rung = rung
        self._begin(now_nanos)
        return Move(rung, why)

    def _frame_on(self, rung: int) -> float:
        """Nanoseconds that a frame should take of the machine: what is not inference runs beside
        that of other frames where there are cores for it."""
        others = median(each.others_nanos for each in self._recent)
        return self._engine_on(rung) + others / self._cores

    def _engine_on(self, rung: int) -> float:
        here = median(each.engine_nanos for each in self._recent)
        return here * self._costs[rung] / self._costs[self.rung]

    @property
    def _mean_nanos(self) -> float:
        first, last = self._recent[0], self._recent[-1]
        return max(1.0, (last.done_nanos - first.done_nanos) / (len(self._recent) - 1))

    @property
    def _period_nanos(self) -> float:
        """Of the target, or of the source where that is slower."""
        first, last = self._recent[0], self._recent[-1]
        arrived = last.arrived - first.arrived
        return max(self._target_nanos, (last.done_nanos - first.done_nanos) / max(1, arrived))


def _owed_after(owed: float, expected: float) -> float:
    """Where one frame came and so many were expected."""
    return min(MOST_OWED, max(0.0, owed + min(expected - 1, 1.0) - TOLERANCE))
