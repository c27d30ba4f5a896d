from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.errors import SinkError, UsageError
from rtseg.sink.base import Sink
from rtseg.sink.images import ImageSequence
from rtseg.types import Picture

MakePicture = Callable[..., Picture]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pictures_are_numbered_by_the_frames_index(tmp_path: Path, picture: MakePicture) -> None:
    with ImageSequence.numbered(tmp_path / "new" / "frames_%06d.png") as sink:
        for index in (0, 1, 4):
            sink.write(picture(index))
    assert isinstance(sink, Sink)
    assert names(tmp_path / "new") == [
        "frames_000000.png",
        "frames_000001.png",
        "frames_000004.png",
    ]
    assert sink.outputs == (tmp_path / "new",)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG"])
def test_red_stays_red(suffix: str, tmp_path: Path, picture: MakePicture) -> None:
    red = np.full((16, 16, 3), (200, 20, 40), np.uint8)
    with ImageSequence.numbered(tmp_path / f"one{suffix}") as sink:
        sink.write(picture(image=red))
    assert sink.outputs == (tmp_path / f"one{suffix}",)
    read = cv2.imread(str(sink.outputs[0]))
    assert read is not None
    assert np.abs(read[..., ::-1].astype(int) - red).max() <= (0 if suffix == ".png" else 6)


def test_a_second_picture_does_not_overwrite_the_first(
    tmp_path: Path, picture: MakePicture
) -> None:
    with ImageSequence.numbered(tmp_path / "one.png") as sink:
        sink.write(picture(0))
        with pytest.raises(SinkError, match=r"one_%06d\.png"):
            sink.write(picture(1))


def test_pictures_may_be_named_after_their_sources(tmp_path: Path, picture: MakePicture) -> None:
    stems = ("ash", "birch")
    with ImageSequence(tmp_path, name_of=lambda index: f"{stems[index]}.jpg") as sink:
        for index in range(2):
            sink.write(picture(index))
    assert names(tmp_path) == ["ash.jpg", "birch.jpg"]


@pytest.mark.parametrize("name", ["a.gif", "%s_%d.png", "%d_%d.png", "50%.png"])
def test_names_that_cannot_number_pictures_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        ImageSequence.numbered(tmp_path / name)


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path, picture: MakePicture) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    sink = ImageSequence.numbered(tmp_path / "%d.png")
    sink.open()
    sink.write(picture(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(SinkError, match="1 frames written before are kept"):
            sink.write(picture(1, image=noise))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == ["0.png"]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(SinkError, match="it is a file"):
        ImageSequence.numbered(tmp_path / "out" / "%d.png").open()
