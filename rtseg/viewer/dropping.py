"""What was dropped, as a source."""

from __future__ import annotations

from qtpy.QtCore import QMimeData


def reference_in(data: QMimeData | None) -> str:
    """A path, or an address; of several files the first. "" where there is neither."""
    if data is None:
        return ""
    urls = data.urls()
    return urls[0].toLocalFile() or urls[0].toString() if urls else data.text().strip()
