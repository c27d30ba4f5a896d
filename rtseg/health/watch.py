"""A camera's health over time: pictures and times in, faults out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rtseg.health.cover import Cover
from rtseg.health.faults import FAULTS, Fault, instant_faults
from rtseg.health.signs import Signs, signs
from rtseg.persistence import Persistence
from rtseg.types import Rgb

LOOK_EVERY = Fraction(1, 5)
"""Seconds. Every fault must last for longer to be believed, and most frames so cost nothing."""


@dataclass(frozen=True)
class Turn:
    """A fault that begins or ends with this frame. seconds: its pts."""

    fault: Fault
    begins: bool
    seconds: Fraction


@dataclass
class Spells:
    """How often a fault began, and how long it held in all."""

    times: int = 0
    seconds: Fraction = Fraction(0)


class Watch:
    """Every frame of one camera, in order, to ``look``. One thread.

    faults: as of the last look, in the order of FAULTS. spells: of all that ever began.
    """

    def __init__(self) -> None:
        self.faults: tuple[Fault, ...] = ()
        self.spells: dict[Fault, Spells] = {}
        self._held = {fault: Persistence(kind.after, kind.gone) for fault, kind in FAULTS.items()}
        self._cover = Cover()
        self._last: Signs | None = None
        self._last_seconds: Fraction | None = None

    def look(self, picture: Rgb, seconds: Fraction) -> tuple[Turn, ...]:
        """picture: any size, a network's is plenty. seconds: as ``Frame.pts``.

        Frames that come sooner than LOOK_EVERY after the last look are passed over.
        """
        last = self._last_seconds
        if last is not None and 0 <= seconds - last < LOOK_EVERY:
            return ()
        shown = self._shown(picture, seconds)
        self._count(seconds)
        before = self.faults
        self.faults = tuple(
            fault for fault, held in self._held.items() if held.update(fault in shown, seconds)
        )
        ended = [fault for fault in before if fault not in self.faults]
        begun = [fault for fault in self.faults if fault not in before]
        for fault in begun:
            self.spells.setdefault(fault, Spells()).times += 1
        return (
            *(Turn(fault, begins=False, seconds=seconds) for fault in ended),
            *(Turn(fault, begins=True, seconds=seconds) for fault in begun),
        )

    def _shown(self, picture: Rgb, seconds: Fraction) -> set[Fault]:
        self._last = signs(picture, self._last)
        shown = instant_faults(self._last)
        # A picture that is spoilt as a whole says nothing of its parts.
        if not shown and self._cover.covers(self._last, seconds):
            shown.add("covered")
        return shown

    def _count(self, seconds: Fraction) -> None:
        """The time since the last look belongs to what was found by then."""
        last = seconds if self._last_seconds is None else self._last_seconds
        self._last_seconds = seconds
        for fault in self.faults:
            self.spells[fault].seconds += max(Fraction(0), seconds - last)
