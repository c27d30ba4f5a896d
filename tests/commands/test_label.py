from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.commands import main
from rtseg.labels import IGNORE
from rtseg.source.dataset import open_dataset

ROAD = "test://road?size=144x192&frames=5"


def call(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_footage_becomes_a_data_set_that_training_can_read(capsys, tmp_path: Path) -> None:
    words = ("label", ROAD, "--teacher", "roadlite-camvid", "--every", 2, "-o", tmp_path)
    code, out, _ = call(capsys, *words)
    assert code == 0
    assert "3 frames" in out
    assert (tmp_path / "masks" / "road_000004.png").exists()
    dataset = open_dataset(str(tmp_path / "labels.toml"), "train")
    assert dataset.labels.name == "camvid11"
    assert len(dataset.samples) == 3
    seen = np.unique(np.concatenate([sample.truth().ravel() for sample in dataset.samples]))
    assert len(set(seen) - {IGNORE}) >= 5
    assert IGNORE in seen
    assert dataset.samples[0].picture().shape == (144, 192, 3)


def test_a_second_run_labels_only_what_is_new(capsys, tmp_path: Path) -> None:
    words = ("label", ROAD, "--teacher", "roadlite-camvid", "-o", tmp_path, "--limit")
    call(capsys, *words, 2)
    masks = sorted((tmp_path / "masks").iterdir())
    masks[0].write_bytes(b"kept as it is")
    code, out, _ = call(capsys, *words, 3)
    assert code == 0
    assert "3 frames" in out
    assert "1 of them new" in out
    assert masks[0].read_bytes() == b"kept as it is"


def test_large_pictures_shrink_with_their_masks(capsys, tmp_path: Path) -> None:
    words = ("--teacher", "roadlite-camvid=2", "--rows", 72, "--limit", 1, "-o", tmp_path)
    assert call(capsys, "label", ROAD, *words)[0] == 0
    (mask,) = (tmp_path / "masks").iterdir()
    assert cv2.imread(str(mask), cv2.IMREAD_UNCHANGED).shape == (72, 96)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--teacher", "nobody"], 4, "no model named"),
        (["--teacher", "roadlite-camvid=x"], 2, "'x' is no weight"),
        (["--teacher", "roadlite-camvid=0"], 2, "'0' is no weight"),
        (["--teacher", "roadlite-camvid="], 2, "'' is no weight"),
        (["--teacher", "roadlite-camvid", "--labels", "mars"], 2, "no label set"),
        (["--teacher", "roadlite-camvid", "--labels", "bdd_drivable3"], 2, "no class in common"),
        ([f"{ROAD}&seed=2", "--teacher", "roadlite-camvid"], 2, "two sources would be called"),
    ],
)
def test_wrong_words_end_in_one_line(capsys, tmp_path: Path, words, code, message) -> None:
    found, _, err = call(capsys, "label", ROAD, *words, "-o", tmp_path / "new")
    assert found == code
    assert message in err
    assert not (tmp_path / "new").exists()


def test_labels_of_other_teachers_are_not_mixed_in(capsys, tmp_path: Path) -> None:
    words = ("label", ROAD, "--limit", 1, "-o", tmp_path, "--teacher", "roadlite-camvid")
    code, out, _ = call(capsys, *words, "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["frames"], found["frames_new"]) == (1, 1)
    assert 0.3 < found["new_pixels_labelled"] <= 1
    code, _, err = call(capsys, *words, "--at-least", 0.9)
    assert code == 2
    assert "was labelled by other teachers" in err


def test_a_folder_that_cannot_be_made_is_one_line(capsys, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = ("--teacher", "roadlite-camvid", "-o", tmp_path / "file" / "folder")
    code, _, err = call(capsys, "label", ROAD, *words)
    assert code == 1
    assert "cannot write into" in err
