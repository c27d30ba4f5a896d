"""All cells, side by side: one round of each, then again, every other time backwards.

A machine that slows down, or is busy for a while, then slows all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rtseg.bench.cells import Cell
from rtseg.bench.recording import Recording
from rtseg.errors import RtsegError

Measure = Callable[[Cell], Recording]
"""One round of one cell. Raises RtsegError."""


class Rounds:
    """recordings: by cell, what was measured; also of rounds that ``stop`` cut short.

    failures: by cell, why it was not measured, or no further.
    """

    def __init__(self, cells: Sequence[Cell], measure: Measure) -> None:
        self.recordings: dict[Cell, list[Recording]] = {cell: [] for cell in cells}
        self.failures: dict[Cell, RtsegError] = {}
        self._measure = measure
        self._stopped = False

    def run(self, repeat: int, tell: Callable[[Cell, int], None]) -> None:
        """tell: called before each round of each cell. One that failed is not tried again."""
        forward = list(self.recordings)
        for number in range(repeat):
            for cell in forward[:: -1 if number % 2 else 1]:
                if self._stopped:
                    return
                if cell not in self.failures:
                    tell(cell, number)
                    self._round(cell)

    def stop(self) -> None:
        """Begin no other round. Any thread, also a signal handler."""
        self._stopped = True

    @property
    def stopped(self) -> bool:
        return self._stopped

    def _round(self, cell: Cell) -> None:
        try:
            self.recordings[cell].append(self._measure(cell))
        except RtsegError as error:
            if not self._stopped:
                self.failures[cell] = error
