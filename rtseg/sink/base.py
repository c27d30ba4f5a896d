"""What every sink looks like."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

from rtseg.types import Picture


@runtime_checkable
class Sink(AbstractContextManager["Sink"], Protocol):
    """Opened, written and closed on the sinks thread; closing flushes, also after an error.

    wants_image: whether ``Picture.image`` must be rendered for it; a sink that keeps only label
    maps or numbers says False and may be given None. OverlayVideo takes ``Picture.film`` as well,
    and gets nothing else where no other sink wants an image.
    outputs: the files it made, readable after closing.
    warnings: what it had to change or leave out, one sentence each.

    ``write`` raises SinkError (disk full, path not writable); what was written before stays
    playable or readable.
    """

    @property
    def wants_image(self) -> bool: ...

    @property
    def outputs(self) -> tuple[Path, ...]: ...

    @property
    def warnings(self) -> tuple[str, ...]: ...

    def write(self, picture: Picture) -> None: ...
