"""The sink for runs that are only measured."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rtseg.types import Picture


class Null:
    """Keeps nothing. wants_image: True makes the run render, as it would for a video."""

    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, *, wants_image: bool = False) -> None:
        self.wants_image = wants_image

    def __enter__(self) -> Null:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to close."""

    def write(self, picture: Picture) -> None:
        """Forgets it."""
