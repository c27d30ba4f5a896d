"""What the viewer says, in the language of its user."""

from __future__ import annotations

from qtpy.QtCore import QCoreApplication


def tr(text: str, **values: object) -> str:
    """The translation of an English sentence, with {names} filled in after it was translated."""
    translated = QCoreApplication.translate("rtseg", text)
    return translated.format(**values) if values else translated
