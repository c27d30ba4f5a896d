"""Which rows a ``rtseg selftest`` has, and the footage that they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rtseg.commands.trial import TrialOrder
from rtseg.errors import UsageError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelPackage
    from rtseg.source.road import RoadSource
    from rtseg.types import Precision

T = TypeVar("T", bound=str)

HOME = Path("runs/selftest")
"""Engines, the clip of the road, the report. Not the user's own store: from that `rtseg run` would
take an engine which was calibrated on a drawn road."""

BACKENDS: dict[str, tuple[Precision, ...]] = {
    "openvino": ("fp32", "int8"),
    "tensorrt": ("fp32", "fp16", "int8"),
}
"""The quick one first. OpenVINO: of these, the files that the model comes with."""


@dataclass(frozen=True)
class Plan:
    """What the command line asked for. models: () for all that are shipped.

    command: the line itself, passwords masked.
    """

    models: tuple[str, ...]
    backends: tuple[str, ...]
    precisions: tuple[Precision, ...]
    source: str
    frames: int
    calibration: str
    min_agreement: float
    workspace: int
    keep: bool
    command: str

    def orders(self) -> list[TrialOrder]:
        """One a row. Whatever can be wrong with the request is said here, before the first."""
        from rtseg.commands.gate_frames import folder_of_pictures

        if self.keep and not self.calibration and {"tensorrt", "int8"} <= self._words:
            raise UsageError(
                "--keep with INT8 needs --calibration, a folder of a hundred varied pictures of "
                "your road: `rtseg run` will take the engine made from it; or leave out int8"
            )
        pictures = str(folder_of_pictures(self.calibration)) if self.calibration else ""
        ways = [(package, each) for package in self._packages() for each in self._ways(package)]
        if not ways:
            raise UsageError(f"no row is left of {' and '.join(sorted(self._words))}")
        clip = recorded(self.source, self.frames)
        return [self._order(package, way, clip=clip, pictures=pictures) for package, way in ways]

    @property
    def _words(self) -> set[str]:
        return {*self.backends, *self.precisions}

    def _packages(self) -> list[ModelPackage]:
        from rtseg.engine.package import SHIPPED, find_package

        shipped = sorted(each.name for each in SHIPPED.iterdir() if each.is_dir())
        return [find_package(each) for each in self.models or shipped]

    def _ways(self, package: ModelPackage) -> Iterable[tuple[str, Precision]]:
        for backend in BACKENDS:
            for precision in BACKENDS[backend]:
                there = backend == "tensorrt" or precision in package.manifest.files
                if there and {backend, precision} <= self._words:
                    yield backend, precision

    def _order(
        self, package: ModelPackage, way: tuple[str, Precision], *, clip: str, pictures: str
    ) -> TrialOrder:
        backend, precision = way
        return TrialOrder(
            model=package.name,
            package=str(package.folder.resolve()),
            backend=backend,
            precision=precision,
            source=clip,
            frames=self.frames,
            calibration=pictures,
            min_agreement=self.min_agreement,
            rebuild=not self.keep,
            workspace=self.workspace,
            command=self.command,
        )


def listed(text: str, known: Iterable[T], option: str) -> tuple[T, ...]:
    """``a,b`` -> ("a", "b"); raises UsageError for what is not known, and for nothing."""
    named: dict[str, T] = {each: each for each in known}
    given = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in given if each not in named]
    if unknown or not given:
        what = f"has no {unknown[0]!r}" if unknown else "is empty"
        raise UsageError(f"{option} {what}; expected some of {','.join(named)}")
    return tuple(named[each] for each in given)


def recorded(reference: str, frames: int) -> str:
    """A source that can be read again and again: the drawn road becomes a clip, as drawing it
    takes longer than segmenting it. Raises UsageError for what has no end.
    """
    from rtseg.source.road import RoadSource
    from rtseg.source.sparse import open_sparse
    from rtseg.source.uri import open_source

    source = open_source(reference)
    if isinstance(source, RoadSource) and not source.info.live:
        return str(_draw(source, frames))
    open_sparse(reference)
    return reference


def _draw(road: RoadSource, frames: int) -> Path:
    import numpy as np

    from rtseg.commands.screen import progress
    from rtseg.sink.video import OverlayVideo
    from rtseg.types import Picture, Segmentation

    path = HOME / "road.mp4"
    unlabelled = np.zeros((1, 1), np.uint8)
    with road, OverlayVideo(path, fps=road.info.fps) as clip, progress(frames, "draw") as advance:
        for frame in map(advance, islice(road, frames)):
            clip.write(Picture(Segmentation(frame, unlabelled), frame.picture))
    return path
