"""The only place where other threads meet the event loop: they ring, it looks."""

from __future__ import annotations

import threading

from qtpy.QtCore import QObject, Qt, Signal


class Doorbell(QObject):
    """``ring`` from any thread makes ``answered`` come in the event loop, soon and once.

    However often it is rung before the event loop gets there, one event is in its queue: whoever
    answers looks at what there is now, never at what there was.
    """

    answered = Signal()
    _rung = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._pending = False
        self._rung.connect(self._answer, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def ring(self) -> None:
        with self._lock:
            if self._pending:
                return
            self._pending = True
            self._rung.emit()

    def muffle(self) -> None:
        """Nobody answers any more: a ring is not heard, also once Qt has deleted this."""
        with self._lock:
            self._pending = True

    def _answer(self) -> None:
        with self._lock:
            self._pending = False
        self.answered.emit()
