from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from rtseg.errors import DatasetError, UsageError
from rtseg.labels import CAMVID, CITYSCAPES, IGNORE
from rtseg.metrics import Confusion
from rtseg.source.dataset import open_dataset
from rtseg.source.datasets.camvid import camvid


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two pictures of 4 x 6 in the SegNet layout, `b` written before `a`."""
    (tmp_path / "train").mkdir()
    (tmp_path / "trainannot").mkdir()
    for name, blue in (("b", 200), ("a", 100)):
        cv2.imwrite(str(tmp_path / "train" / f"{name}.png"), np.full((4, 6, 3), (blue, 0, 1), "u1"))
        truth = np.array([[0, 10, 11, 255, 3, 3]] * 4, np.uint8)
        cv2.imwrite(str(tmp_path / "trainannot" / f"{name}.png"), truth)
    return tmp_path


def test_samples_come_in_the_order_of_their_names(root: Path) -> None:
    dataset = open_dataset(f"camvid:{root}", "train")
    assert [sample.name for sample in dataset.samples] == ["a", "b"]
    assert (dataset.name, dataset.split, dataset.labels) == ("camvid", "train", CAMVID)


def test_a_picture_is_rgb_and_its_truth_has_the_ids_of_the_label_set(root: Path) -> None:
    sample = camvid(root, "train").samples[0]
    picture, truth = sample.picture(), sample.truth()
    assert picture[0, 0].tolist() == [1, 0, 100]
    assert truth[0].tolist() == [0, 10, IGNORE, IGNORE, 3, 3]
    assert (truth.shape, truth.dtype) == (picture.shape[:2], np.uint8)


def test_two_splits_can_be_joined(root: Path) -> None:
    (root / "train").rename(root / "val")
    (root / "trainannot").rename(root / "valannot")
    for folder in ("train", "trainannot"):
        (root / folder).mkdir()
        cv2.imwrite(str(root / folder / "c.png"), np.zeros((4, 6), np.uint8))
    dataset = open_dataset(f"camvid:{root}", "train+val")
    assert [sample.name for sample in dataset.samples] == ["c", "a", "b"]


@pytest.mark.parametrize("folder", ["train", "trainannot"])
def test_a_picture_without_its_partner_is_named(root: Path, folder: str) -> None:
    (root / folder / "b.png").unlink()
    with pytest.raises(DatasetError, match=r"1 pictures .* the first is 'b'"):
        camvid(root, "train")


@pytest.mark.parametrize("folder", ["train", "trainannot"])
def test_a_missing_folder_is_named(root: Path, folder: str) -> None:
    (root / folder).rename(root / "elsewhere")
    with pytest.raises(DatasetError, match=f"no folder '.*{folder}'"):
        camvid(root, "train")


def test_an_empty_folder_is_no_data_set(root: Path) -> None:
    for path in (root / "train").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match="holds no files"):
        camvid(root, "train")


def test_an_undecodable_picture_is_named(root: Path) -> None:
    (root / "train" / "a.png").write_bytes(b"not a picture")
    with pytest.raises(DatasetError, match=r"cannot decode .*a\.png"):
        camvid(root, "train").samples[0].picture()


def test_a_label_map_must_have_one_channel(root: Path) -> None:
    cv2.imwrite(str(root / "trainannot" / "a.png"), np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"a\.png' is not a one-channel label map"):
        camvid(root, "train").samples[0].truth()


@pytest.mark.parametrize("split", ["trainval", "", "train+", "train+validation"])
def test_an_unknown_split_is_refused_with_the_known_ones(root: Path, split: str) -> None:
    with pytest.raises(UsageError, match="it has train, val, test"):
        open_dataset(f"camvid:{root}", split)


@pytest.mark.parametrize("reference", ["camvid", "camvid:", "kitti:somewhere", "", ":somewhere"])
def test_an_unknown_data_set_is_refused_with_the_known_ones(reference: str) -> None:
    with pytest.raises(UsageError, match="expected NAME:DIR with NAME one of camvid"):
        open_dataset(reference, "train")


def test_a_truth_of_another_size_counts_for_nothing(root: Path) -> None:
    path = root / "trainannot" / "a.png"
    cv2.imwrite(str(path), np.zeros((6, 4), np.uint8))
    dataset = open_dataset(f"camvid:{root}", "train")
    truth = dataset.samples[0].truth()
    assert truth.shape == (4, 6)
    assert (truth == IGNORE).all()
    assert dataset.problems.files == {path: "is 6x4, its picture 4x6"}


def test_unknown_ids_are_counted_file_by_file_and_ignored(root: Path) -> None:
    for name, unknown in (("a", 12), ("b", 200)):
        truth = np.array([[0, 10, 11, 255, unknown, 3]] * 4, np.uint8)
        cv2.imwrite(str(root / "trainannot" / f"{name}.png"), truth)
    dataset = open_dataset(f"camvid:{root}", "train")
    assert dataset.problems.summary() == ""
    for sample in dataset.samples:
        assert sample.truth()[0].tolist() == [0, 10, IGNORE, IGNORE, IGNORE, 3]
        sample.truth()  # a second reading is no second problem
    assert len(dataset.problems) == 2
    expected = (
        r"2 label maps have problems, the first is '.*a\.png': it has 4 pixels of unknown id 12"
    )
    assert re.fullmatch(expected, dataset.problems.summary())


@pytest.mark.parametrize("truth", [np.full((4, 6), 12, np.uint8), np.zeros((6, 4), np.uint8)])
def test_strictly_a_problem_is_an_error(root: Path, truth: np.ndarray) -> None:
    cv2.imwrite(str(root / "trainannot" / "b.png"), truth)
    good, bad = open_dataset(f"camvid:{root}", "train", strict=True).samples
    assert good.truth().shape == (4, 6)
    with pytest.raises(DatasetError, match=r"b\.png' (has|is) .*; without --strict it is counted"):
        bad.truth()


def test_the_truth_can_be_translated_into_another_label_set(root: Path) -> None:
    truth = np.array([[0, 4, 10, 11, 12, 255]] * 4, np.uint8)
    cv2.imwrite(str(root / "trainannot" / "a.png"), truth)
    dataset = open_dataset(f"camvid:{root}", "train", labels="cityscapes19")
    assert dataset.labels == CITYSCAPES
    # sky, sidewalk, then: no counterpart, unlabelled, unknown, ignored
    assert dataset.samples[0].truth()[0].tolist() == [10, 1, IGNORE, IGNORE, IGNORE, IGNORE]
    assert len(dataset.problems) == 1


def test_translating_into_its_own_label_set_changes_nothing(root: Path) -> None:
    plain, same = (
        open_dataset(f"camvid:{root}", "train", labels=labels) for labels in ("", "camvid11")
    )
    assert same.labels is plain.labels
    assert same.samples[0].truth().tolist() == plain.samples[0].truth().tolist()


def test_a_label_set_without_counterparts_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="no label set named 'camvid12'"):
        open_dataset(f"camvid:{root}", "train", labels="camvid12")


def test_a_picture_is_read_as_stored_whatever_is_up(root: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # the orientation: turn right by a quarter
    for path in (root / "train").iterdir():
        path.unlink()
    for name in "ab":
        picture = Image.fromarray(np.zeros((4, 6, 3), np.uint8))
        picture.save(root / "train" / f"{name}.jpg", exif=turned)
    dataset = open_dataset(f"camvid:{root}", "train")
    assert dataset.samples[0].picture().shape == (4, 6, 3)
    assert dataset.samples[0].truth()[0, 0] == 0
    assert not dataset.problems


def test_a_picture_that_went_away_is_named(root: Path) -> None:
    sample = open_dataset(f"camvid:{root}", "train").samples[0]
    (root / "train" / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"cannot read the picture .*a\.png"):
        sample.picture()


@pytest.mark.shared
@pytest.mark.parametrize(("split", "pictures"), [("train", 367), ("val", 101), ("test", 233)])
def test_the_real_camvid_is_complete(shared: Path, split: str, pictures: int) -> None:
    dataset = open_dataset(f"camvid:{shared / 'camvid'}", split)
    assert len(dataset.samples) == pictures
    first = dataset.samples[0]
    assert first.picture().shape == (360, 480, 3)
    assert first.truth().shape == (360, 480)


@pytest.mark.shared
def test_the_truth_of_the_real_camvid_holds_its_eleven_classes(shared: Path) -> None:
    confusion = Confusion.of(len(CAMVID))
    for sample in open_dataset(f"camvid:{shared / 'camvid'}", "val").samples[::10]:
        confusion.add(sample.truth(), sample.truth())
    assert confusion.miou == 1.0
    shares = dict(
        zip(CAMVID.names, confusion.counts.diagonal() / confusion.counts.sum(), strict=True)
    )
    # A street seen from a car: mostly road and what lines it, hardly any poles and signs.
    assert shares["road"] > 0.15
    assert 0 < shares["sign"] < 0.05
    assert 0 < shares["pole"] < 0.05
