"""The parts that export and import share."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from channel_model import channel_model, sky_and_building

from rtseg.commands.packaging import accuracy, as_tensors, calibration_pictures, network_size
from rtseg.engine.package import read_package
from rtseg.errors import SourceError, UsageError
from rtseg.types import ModelSpec


def test_a_size_is_rows_by_columns() -> None:
    assert network_size("360x640", multiple=8) == (360, 640)


@pytest.mark.parametrize("text", ["360x640", "352", "x", "352x", "0x32", "-32x32", "352x480x3"])
def test_a_size_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"not HxW in multiples of 32, e\.g\. 352x480"):
        network_size(text, multiple=32)


def test_pictures_of_a_folder_are_drawn_evenly(tmp_path: Path) -> None:
    for index in range(9):
        cv2.imwrite(str(tmp_path / f"{index}.png"), np.full((4, 4, 3), 10 * index, np.uint8))
    drawn = calibration_pictures(str(tmp_path), 3)
    assert [int(picture[0, 0, 0]) for picture in drawn] == [0, 30, 60]
    assert len(calibration_pictures(str(tmp_path), 100)) == 9
    drawn = calibration_pictures(str(tmp_path), 6)
    assert [int(picture[0, 0, 0]) for picture in drawn] == [0, 10, 30, 40, 60, 70]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures"):
        calibration_pictures(str(tmp_path), 3)


def test_tensors_have_the_networks_size() -> None:
    spec = ModelSpec(32, 64, "rgb", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), "camvid11")
    [tensor] = as_tensors([np.full((40, 50, 3), 7, np.uint8)], spec)
    assert tensor.shape == (1, 32, 64, 3)
    assert np.unique(tensor).tolist() == [7]


def test_accuracy_is_measured_in_the_models_classes_whatever_the_truth_is_labelled_in(
    tmp_path: Path,
) -> None:
    data = sky_and_building(tmp_path / "data", count=1)
    package = read_package(channel_model(tmp_path / "model"))
    found = accuracy(package, str(data), "fp32")
    assert (found["miou"], found["pixel_accuracy"], found["images"]) == (1.0, 1.0, 1)
    present = {name: iou for name, iou in found["per_class"].items() if iou is not None}
    assert present == {"sky": 1.0, "building": 1.0}
