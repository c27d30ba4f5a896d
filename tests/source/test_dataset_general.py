"""VOC, ADE20K, COCO-Stuff and PASCAL-Context, each in miniature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from miniature import row, write_ids, write_indices, write_picture
from scipy.io import savemat

from rtseg.errors import DatasetError
from rtseg.labels import ADE, COCO_STUFF, CONTEXT_59, CONTEXT_60, IGNORE, VOC
from rtseg.source.dataset import open_dataset
from rtseg.source.datasets.coco import IDS as COCO_IDS
from rtseg.source.datasets.context import IDS_OF_459
from rtseg.source.sample import UNKNOWN


def write_list(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def names_of(reference: str, split: str) -> list[str]:
    return [sample.name for sample in open_dataset(reference, split).samples]


@pytest.fixture
def voc_root(tmp_path: Path) -> Path:
    home = tmp_path / "VOCdevkit/VOC2012"
    for name in ("t1", "v1", "e1", "unlabelled"):
        write_picture(home / "JPEGImages" / f"{name}.jpg")
    for name, value in (("t1", 15), ("v1", 7)):
        write_indices(home / "SegmentationClass" / f"{name}.png", 0, value, 20, 255)
    lists = home / "ImageSets/Segmentation"
    write_list(lists / "train.txt", "t1")
    write_list(lists / "val.txt", "v1")
    write_list(lists / "trainval.txt", "t1", "v1")
    return tmp_path


@pytest.mark.parametrize("above", ["", "VOCdevkit", "VOCdevkit/VOC2012"])
def test_voc_is_read_through_its_palette_and_its_lists(voc_root: Path, above: str) -> None:
    dataset = open_dataset(f"voc:{voc_root / above}", "val")
    assert dataset.labels == VOC
    assert [sample.name for sample in dataset.samples] == ["v1"]
    assert row(dataset.samples[0].truth()) == [0, 7, 20, IGNORE]
    assert names_of(f"voc:{voc_root / above}", "trainval") == ["t1", "v1"]


def test_sbd_adds_its_own_but_never_what_voc_holds_out(voc_root: Path) -> None:
    sbd = voc_root / "benchmark_RELEASE/dataset"
    for name in ("t1", "v1", "e1"):
        write_picture(sbd / "img" / f"{name}.jpg")
        (sbd / "cls").mkdir(exist_ok=True)
        ids = np.array([[0, 3, 3, 0]] * 2, np.uint8)
        savemat(sbd / "cls" / f"{name}.mat", {"GTcls": {"Segmentation": ids}})
    extra, own = open_dataset(f"voc:{voc_root}", "train_aug").samples
    assert (extra.name, row(extra.truth())) == ("e1", [0, 3, 3, 0])
    assert (own.name, row(own.truth())) == ("t1", [0, 15, 20, IGNORE])


def test_the_ready_made_augmentation_is_read_too(voc_root: Path) -> None:
    for name in ("t1", "v1", "e1"):
        write_ids(voc_root / f"VOCdevkit/VOC2012/SegmentationClassAug/{name}.png", 0, 3, 3, 0)
    assert names_of(f"voc:{voc_root}", "train_aug") == ["e1", "t1"]


def test_without_either_the_augmentation_is_missing(voc_root: Path) -> None:
    with pytest.raises(DatasetError, match=r"no folder .*benchmark_RELEASE/dataset"):
        open_dataset(f"voc:{voc_root}", "train_aug")


@pytest.mark.parametrize("lines", [None, "", "\n"])
def test_a_missing_or_empty_list_is_named(voc_root: Path, lines: str | None) -> None:
    path = voc_root / "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt"
    path.unlink()
    if lines is not None:
        path.write_text(lines)
    with pytest.raises(DatasetError, match=r"list '.*val\.txt'"):
        open_dataset(f"voc:{voc_root}", "val")


def test_a_listed_picture_without_labels_is_named(voc_root: Path) -> None:
    write_list(voc_root / "VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt", "v1", "unlabelled")
    with pytest.raises(DatasetError, match=r"1 pictures lack a partner, the first is 'unlabelled'"):
        open_dataset(f"voc:{voc_root}", "val")


@pytest.mark.parametrize("above", ["", "ADEChallengeData2016"])
def test_the_classes_of_ade20k_count_from_one(tmp_path: Path, above: str) -> None:
    home = tmp_path / "ADEChallengeData2016"
    write_picture(home / "images/validation/ADE_val_00000001.jpg")
    write_ids(home / "annotations/validation/ADE_val_00000001.png", 0, 1, 150, 151)
    dataset = open_dataset(f"ade20k:{tmp_path / above}", "val")
    assert dataset.labels == ADE
    assert row(dataset.samples[0].truth()) == [IGNORE, 0, 149, IGNORE]
    assert list(dataset.problems.files.values()) == ["has 2 pixels of unknown id 151"]


def test_the_numbering_of_coco_stuff_has_gaps(tmp_path: Path) -> None:
    write_picture(tmp_path / "images/val2017/000000000139.jpg")
    write_ids(tmp_path / "stuffthingmaps/val2017/000000000139.png", 0, 10, 12, 181)
    dataset = open_dataset(f"cocostuff:{tmp_path}", "val")
    assert dataset.labels == COCO_STUFF
    # Value 11, street sign, was never labelled: the stop sign moves up.
    truth = row(dataset.samples[0].truth())
    assert truth == [0, 10, 11, 170]
    assert [COCO_STUFF.names[i] for i in truth] == ["person", "fire hydrant", "stop sign", "wood"]
    assert (COCO_IDS[[11, 182, 200]] == UNKNOWN).all()
    assert sum(COCO_IDS[:182] != UNKNOWN) == 171


def test_renumbered_coco_stuff_is_not_renumbered_again(tmp_path: Path) -> None:
    write_picture(tmp_path / "val2017/a.jpg")
    write_ids(tmp_path / "annotations/val2017/a_labelTrainIds.png", 0, 11, 170, 255)
    reference = f"cocostuff:{tmp_path}"
    assert row(open_dataset(reference, "val").samples[0].truth()) == [0, 11, 170, IGNORE]
    write_ids(tmp_path / "annotations/val2017/a.png", 0, 12, 181, 255)
    assert row(open_dataset(reference, "val").samples[0].truth()) == [0, 11, 170, IGNORE]


def context(root: Path, folder: str, *values: int) -> None:
    home = root / "VOCdevkit/VOC2010"
    for name in ("a", "b"):
        write_picture(home / "JPEGImages" / f"{name}.jpg")
    write_list(home / "ImageSets/Main/val.txt", "a", "b")
    if folder == "trainval":
        (root / folder).mkdir()
        savemat(root / folder / "a.mat", {"LabelMap": np.array([values] * 2, np.uint16)})
    else:
        write_ids(home / folder / "a.png", *values)


@pytest.mark.parametrize(
    ("folder", "values"),
    # 445 water, 2 aeroplane, 458 wood; 1, accordion, is none of the 59.
    [("trainval", (445, 2, 458, 1)), ("SegmentationClassContext", (57, 1, 59, 0))],
)
def test_pascal_context_is_read_from_459_ids_and_from_59(
    tmp_path: Path, folder: str, values: tuple[int, ...]
) -> None:
    context(tmp_path, folder, *values)
    names = ["water", "aeroplane", "wood"]
    dataset = open_dataset(f"context59:{tmp_path}", "val")
    assert [sample.name for sample in dataset.samples] == ["a"]
    truth = row(dataset.samples[0].truth())
    assert [CONTEXT_59.names[i] for i in truth[:3]] == names
    assert truth[3] == IGNORE
    truth = row(open_dataset(f"context60:{tmp_path}", "val").samples[0].truth())
    assert [CONTEXT_60.names[i] for i in truth] == [*names, "background"]


def test_the_authors_59_are_in_the_order_of_their_list(tmp_path: Path) -> None:
    context(tmp_path, "59_context_labels", 1, 2, 59, 0)
    with pytest.raises(DatasetError, match=r"expected the authors' list .*59_labels\.txt"):
        open_dataset(f"context59:{tmp_path}", "val")
    order = list(reversed(CONTEXT_59.names))
    order[order.index("table")] = "diningtable"
    list_path = tmp_path / "VOCdevkit/VOC2010/59_labels.txt"
    write_list(list_path, *(f"{index + 1}: {name}" for index, name in enumerate(order)))
    truth = row(open_dataset(f"context59:{tmp_path}", "val").samples[0].truth())
    assert [CONTEXT_59.names[i] for i in truth[:3]] == ["wood", "window", "aeroplane"]
    assert truth[3] == IGNORE
    write_list(list_path, "1: aeroplane", "2: bicycle")
    with pytest.raises(DatasetError, match="does not name the 59 classes"):
        open_dataset(f"context59:{tmp_path}", "val")


def test_pascal_context_has_its_own_lists(tmp_path: Path) -> None:
    context(tmp_path, "SegmentationClassContext", 1, 1, 1, 1)
    lists = tmp_path / "VOCdevkit/VOC2010/ImageSets/SegmentationContext"
    write_list(lists / "val.txt", "b")
    with pytest.raises(DatasetError, match=r"1 pictures lack a partner, the first is 'b'"):
        open_dataset(f"context59:{tmp_path}", "val")


def test_the_59_of_the_459_ascend_like_their_names() -> None:
    assert len(IDS_OF_459) == len(CONTEXT_59) == 59
    assert list(IDS_OF_459) == sorted(set(IDS_OF_459))
    assert list(CONTEXT_59.names) == sorted(CONTEXT_59.names)


def test_pascal_context_without_label_maps_says_what_was_expected(tmp_path: Path) -> None:
    write_picture(tmp_path / "JPEGImages/a.jpg")
    with pytest.raises(DatasetError, match=r"expected a folder SegmentationClassContext, 59_con"):
        open_dataset(f"context59:{tmp_path}", "val")
