"""Real frames for ``rtseg build``: some calibrate INT8, others prove the engine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtseg.errors import UsageError

if TYPE_CHECKING:
    from rtseg.types import ModelSpec, Rgb, Tensor

MOST_CALIBRATING, MOST_GATING = 128, 32
LEAST_PICTURES = 8
EVERY = 4
"""Of so many pictures, one is kept from calibration: no engine is proved on what made it."""

ROAD = "test://road?size=360x640"
ROAD_STEP = 45
"""Frames between those that are looked at: a second and a half of the drive."""


@dataclass(frozen=True)
class GateFrames:
    """source: where they come from. calibrating: none for FP32 and FP16. sha256: of those."""

    source: str
    gating: list[Tensor]
    calibrating: list[Tensor]
    sha256: str


def road_frames(spec: ModelSpec, *, count: int = 12) -> GateFrames:
    """Of the synthetic road: enough to prove that a precision changes nothing, not to calibrate."""
    from rtseg.commands.packaging import as_tensors
    from rtseg.source.road import RoadSource

    road = RoadSource(height=360, width=640)
    pictures = [road.picture(ROAD_STEP * index) for index in range(count)]
    return GateFrames(ROAD, as_tensors(pictures, spec), [], "")


def pictures_of(reference: str, spec: ModelSpec) -> GateFrames:
    """Of a calibration set by its name, or of any folder with pictures in it or in pictures/."""
    from rtseg.commands.packaging import as_tensors, calibration_pictures

    folder = folder_of_pictures(reference)
    pictures = calibration_pictures(str(folder), MOST_CALIBRATING + MOST_GATING)
    if len(pictures) < LEAST_PICTURES:
        raise UsageError(
            f"--calibration {reference!r} holds {len(pictures)} pictures that can be read: at "
            f"least {LEAST_PICTURES} are needed, a hundred varied ones are good"
        )
    tensors = as_tensors(pictures, spec)
    return GateFrames(
        str(folder),
        tensors[EVERY - 1 :: EVERY][:MOST_GATING],
        [each for index, each in enumerate(tensors) if index % EVERY != EVERY - 1],
        _sha256(pictures),
    )


def folder_of_pictures(reference: str) -> Path:
    """Raises UsageError for what is neither a folder nor a set of the store.

    A set's pictures must be those of its manifest: ManifestError.
    """
    from rtseg.calibration.store import pictures_folder, set_names, sets_folder

    folder = pictures_folder(reference)
    if folder is None:
        raise UsageError(
            f"--calibration {reference!r} is neither a folder of pictures nor a set in "
            f"{str(sets_folder())!r}; there are: "
            f"{', '.join(set_names()) or 'none yet, `rtseg calibrate` makes some'}"
        )
    return folder


def _sha256(pictures: list[Rgb]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode())
        digest.update(picture.tobytes())
    return digest.hexdigest()
