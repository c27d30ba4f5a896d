"""The camera's health as a run tells it: a line when a fault begins or ends, a sum at the end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rtseg.commands.log import warn
from rtseg.errors import UsageError
from rtseg.health.faults import FAULTS
from rtseg.health.watch import Turn, Watch
from rtseg.types import Rgb

CHOICES = ("auto", "on", "off")


class CameraHealth:
    """Called on one thread; what begins or ends is said on stderr at once. Any thread may read."""

    def __init__(self) -> None:
        self._watch = Watch()

    def __call__(self, picture: Rgb, seconds: Fraction) -> tuple[str, ...]:
        for turn in self._watch.look(picture, seconds):
            warn(_told(turn))
        return self._watch.faults

    @property
    def note(self) -> str:
        """For the progress line: empty where all is well."""
        return ", ".join(self._watch.faults)

    @property
    def facts(self) -> dict[str, Any]:
        """By fault: how often it began, and how many seconds it held; and what holds at the end."""
        spells = {
            fault: {"times": each.times, "seconds": round(float(each.seconds), 3)}
            for fault, each in self._watch.spells.items()
        }
        return {"faults": spells, "at_end": list(self._watch.faults)}

    @property
    def words(self) -> str:
        spells = self._watch.spells.items()
        return ", ".join(
            f"{fault} {float(each.seconds):.1f} s (began {each.times} x)" for fault, each in spells
        )


def health_for(choice: str, *, live: bool) -> CameraHealth | None:
    """choice: "auto" watches live sources only."""
    if choice not in CHOICES:
        raise UsageError(f"no --health named {choice!r}; there are: {', '.join(CHOICES)}")
    return CameraHealth() if choice == "on" or (choice == "auto" and live) else None


def _told(turn: Turn) -> str:
    moment = f"at {float(turn.seconds):.2f} s"
    if not turn.begins:
        return f"camera no longer {turn.fault} {moment}"
    return f"camera {turn.fault} {moment}: {FAULTS[turn.fault].words}"
