"""What was opened before. Passwords are never written down: only the masked address is."""

from __future__ import annotations

from qtpy.QtCore import QSettings

from rtseg.source.masking import masked

MOST = 12
KEY = "recent"


class Recent:
    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def references(self) -> list[str]:
        """The newest first; passwords as ``***``."""
        kept = self._settings.value(KEY, [])
        # A list of one comes back as a string.
        return [kept] if isinstance(kept, str) else [str(each) for each in kept or []]

    def add(self, reference: str) -> None:
        shown = masked(reference)
        kept = [shown, *(each for each in self.references if each != shown)]
        self._settings.setValue(KEY, kept[:MOST])

    def clear(self) -> None:
        self._settings.remove(KEY)
