"""The appearance that all controls change together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from qtpy.QtCore import QObject, Signal

from rtseg.viewer.composition import Appearance, Mode

MODES: tuple[Mode, ...] = get_args(Mode)
CYCLE: tuple[Mode, ...] = ("overlay", "mask", "source")
OPACITY_STEP = 0.1


class LookState(QObject):
    changed = Signal()

    def __init__(self, appearance: Appearance | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.appearance = appearance or Appearance()

    def change(self, **fields: Any) -> None:
        """Of ``Appearance``; ``changed`` comes only where something is another."""
        appearance = replace(self.appearance, **fields)
        if appearance != self.appearance:
            self.appearance = appearance
            self.changed.emit()

    def cycle(self) -> None:
        mode = self.appearance.mode
        place = CYCLE.index(mode) if mode in CYCLE else -1
        self.change(mode=CYCLE[(place + 1) % len(CYCLE)])

    def next_mode(self) -> None:
        self.change(mode=MODES[(MODES.index(self.appearance.mode) + 1) % len(MODES)])

    def nudge(self, steps: int) -> None:
        """The opacity, by tenths."""
        opacity = round(self.appearance.opacity + steps * OPACITY_STEP, 2)
        self.change(opacity=min(max(opacity, 0.0), 1.0))
