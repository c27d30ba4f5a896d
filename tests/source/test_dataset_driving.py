"""CamVid, Cityscapes, BDD100K and Mapillary Vistas, each in miniature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cityscapesscripts.helpers.labels import labels as official_labels
from miniature import row, write_colors, write_ids, write_indices, write_picture

from rtseg.errors import DatasetError, UsageError
from rtseg.labels import CAMVID, CITYSCAPES, IGNORE, VISTAS_65, VISTAS_123
from rtseg.source.dataset import open_dataset
from rtseg.source.datasets.camvid import COLORS, split_of
from rtseg.source.datasets.cityscapes import TABLES
from rtseg.source.sample import UNKNOWN

ROAD, CAR, ARCHWAY, LANE, VOID = (
    (128, 64, 128),
    (64, 0, 128),
    (192, 0, 128),
    (128, 0, 192),
    (0, 0, 0),
)
CAMVID_NAMES = ("0001TP_006690", "0001TP_008550", "0016E5_07959", "0016E5_08161", "Seq05VD_f00000")


def original_camvid(root: Path) -> str:
    for name in CAMVID_NAMES:
        write_picture(root / "701_StillsRaw_full" / f"{name}.png")
        write_colors(root / "LabeledApproved_full" / f"{name}_L.png", ROAD, ARCHWAY, LANE, VOID)
    return f"camvid:{root}"


def test_the_original_camvid_is_read_by_its_colors_in_eleven_groups(tmp_path: Path) -> None:
    dataset = open_dataset(original_camvid(tmp_path), "train")
    assert dataset.labels == CAMVID
    assert [sample.name for sample in dataset.samples] == ["0001TP_006690", "0016E5_08161"]
    assert row(dataset.samples[0].truth()) == [3, 1, 3, IGNORE]
    assert not dataset.problems


def test_the_original_camvid_is_split_by_its_drives(tmp_path: Path) -> None:
    reference = original_camvid(tmp_path)
    found = {
        split: [sample.name for sample in open_dataset(reference, split).samples]
        for split in ("val", "test")
    }
    assert found == {"val": ["0016E5_07959"], "test": ["0001TP_008550", "Seq05VD_f00000"]}


def test_the_original_camvid_is_split_by_segnets_lists_where_they_lie(tmp_path: Path) -> None:
    reference = original_camvid(tmp_path)
    line = "/SegNet/CamVid/val/0001TP_006690.png /SegNet/CamVid/valannot/0001TP_006690.png\n"
    (tmp_path / "val.txt").write_text(line)
    samples = open_dataset(reference, "val").samples
    assert [sample.name for sample in samples] == ["0001TP_006690"]


def test_a_color_that_camvid_does_not_have_is_a_problem(tmp_path: Path) -> None:
    reference = original_camvid(tmp_path)
    truth = tmp_path / "LabeledApproved_full" / "0016E5_07959_L.png"
    write_colors(truth, ROAD, CAR, (1, 2, 3), (0, 0, 255))
    dataset = open_dataset(reference, "val")
    assert row(dataset.samples[0].truth()) == [3, 8, IGNORE, IGNORE]
    assert dataset.problems.files == {
        truth: "has 4 pixels of unknown colour #0000ff, colour #010203"
    }


def test_pictures_of_other_drives_make_no_split(tmp_path: Path) -> None:
    write_picture(tmp_path / "701_StillsRaw_full" / "0006R0_f00930.png")
    write_colors(tmp_path / "LabeledApproved_full" / "0006R0_f00930_L.png", *[ROAD] * 4)
    with pytest.raises(DatasetError, match=r"no picture belongs to camvid 'test'.*names like"):
        open_dataset(f"camvid:{tmp_path}", "test")


def test_camvid_has_32_colors() -> None:
    colors = [color for group in COLORS.values() for color in group]
    assert len(colors) == len(set(colors)) == 31
    assert tuple(COLORS) == CAMVID.names
    for name, color in zip(CAMVID.names, CAMVID.colors.tolist(), strict=True):
        assert tuple(color) in COLORS[name]


@pytest.mark.shared
@pytest.mark.parametrize(("split", "pictures"), [("train", 367), ("val", 101), ("test", 233)])
def test_the_drives_reproduce_segnets_lists(shared: Path, split: str, pictures: int) -> None:
    lines = (shared / "camvid" / f"{split}.txt").read_text().split()
    names = {Path(line).stem for line in lines}
    assert len(names) == pictures
    assert {split_of(name) for name in names} == {split}


def test_the_cityscapes_tables_are_those_of_its_authors() -> None:
    ids, train_ids = TABLES.values()
    drawn = [each for each in official_labels if each.id >= 0]
    assert len(drawn) == 34
    for each in drawn:
        expected = IGNORE if each.trainId in (-1, 255) else each.trainId
        assert ids[each.id] == expected
    assert (ids[34:255] == UNKNOWN).all()
    assert train_ids[:19].tolist() == list(range(19))
    assert ids[IGNORE] == train_ids[IGNORE] == IGNORE


def cityscapes(root: Path, ending: str, *values: int) -> str:
    for city, frame in (("zurich", "000001"), ("aachen", "000002")):
        name = f"{city}/{city}_{frame}_000019"
        write_picture(root / "leftImg8bit/train" / f"{name}_leftImg8bit.png")
        write_ids(root / "gtFine/train" / f"{name}_gtFine_{ending}.png", *values)
        write_ids(root / "gtFine/train" / f"{name}_gtFine_instanceIds.png", 26001, 7, 7, 7)
    return f"cityscapes:{root}"


@pytest.mark.parametrize(
    ("ending", "expected"),
    [("labelIds", [0, 2, IGNORE, 13]), ("labelTrainIds", [7, 11, 3, IGNORE])],
)
def test_the_ids_of_cityscapes_mean_what_their_file_says(
    tmp_path: Path, ending: str, expected: list[int]
) -> None:
    values = (7, 11, 3, 26 if ending == "labelIds" else 255)
    dataset = open_dataset(cityscapes(tmp_path, ending, *values), "train")
    assert dataset.labels == CITYSCAPES
    assert [sample.name[:6] for sample in dataset.samples] == ["aachen", "zurich"]
    assert row(dataset.samples[0].truth()) == expected
    assert not dataset.problems


def test_where_both_lie_the_label_ids_are_read(tmp_path: Path) -> None:
    cityscapes(tmp_path, "labelTrainIds", 0, 0, 0, 0)
    dataset = open_dataset(cityscapes(tmp_path, "labelIds", 33, 33, 33, 33), "train")
    assert len(dataset.samples) == 2
    assert row(dataset.samples[0].truth()) == [18] * 4


def test_the_coarse_labels_of_cityscapes_are_a_split(tmp_path: Path) -> None:
    write_picture(tmp_path / "leftImg8bit/train_extra/bonn/bonn_0_1_leftImg8bit.png")
    write_ids(tmp_path / "gtCoarse/train_extra/bonn/bonn_0_1_gtCoarse_labelIds.png", 23, 0, 4, 21)
    dataset = open_dataset(f"cityscapes:{tmp_path}", "train_extra")
    assert row(dataset.samples[0].truth()) == [10, IGNORE, IGNORE, 8]


def test_the_test_split_of_cityscapes_has_no_truth(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no split 'test'; it has train, val, train_extra"):
        open_dataset(f"cityscapes:{tmp_path}", "test")


@pytest.mark.parametrize(
    ("pictures", "labels", "ending"),
    [
        ("images/10k/val", "labels/sem_seg/masks/val", ".png"),
        ("bdd100k/images/10k/val", "bdd100k/labels/sem_seg/masks/val", ".png"),
        ("seg/images/val", "seg/labels/val", "_train_id.png"),
        ("bdd100k/seg/images/val", "bdd100k/seg/labels/val", "_train_id.png"),
    ],
)
def test_bdd100k_is_read_in_its_new_and_old_layout(
    tmp_path: Path, pictures: str, labels: str, ending: str
) -> None:
    write_picture(tmp_path / pictures / "7d06fefd-f7be05a6.jpg")
    write_ids(tmp_path / labels / f"7d06fefd-f7be05a6{ending}", 0, 18, 255, 19)
    dataset = open_dataset(f"bdd100k:{tmp_path}", "val")
    assert dataset.labels == CITYSCAPES
    assert row(dataset.samples[0].truth()) == [0, 18, IGNORE, IGNORE]
    assert list(dataset.problems.files.values()) == ["has 2 pixels of unknown id 19"]


def vistas(root: Path, version: str, names: list[str], *, config: str = "") -> None:
    write_picture(root / "validation/images/a.jpg")
    folder = version if not config else ""
    write_indices(root / "validation" / folder / "labels/a.png", 0, 1, 2, 3)
    labels = [{"name": name, "readable": "?", "color": [0, 0, 0]} for name in names]
    (root / (config or f"config_{version}.json")).write_text(json.dumps({"labels": labels}))


NAMES = ["nature--sky", "void--unlabeled", "construction--flat--road", "object--vehicle--car"]


@pytest.mark.parametrize("config", ["", "config.json"])
def test_the_ids_of_vistas_are_the_places_in_its_configuration(tmp_path: Path, config: str) -> None:
    vistas(tmp_path, "v1.2", NAMES, config=config)
    dataset = open_dataset(f"vistas:{tmp_path}", "val")
    assert dataset.labels == VISTAS_65
    truth = row(dataset.samples[0].truth())
    assert truth[1] == IGNORE
    assert [VISTAS_65.names[truth[i]] for i in (0, 2, 3)] == [NAMES[i] for i in (0, 2, 3)]


def test_vistas_2_has_other_classes(tmp_path: Path) -> None:
    names = ["object--water-valve", *NAMES[1:]]
    vistas(tmp_path, "v2.0", names)
    dataset = open_dataset(f"vistas2:{tmp_path}", "val")
    assert dataset.labels == VISTAS_123
    assert VISTAS_123.names[row(dataset.samples[0].truth())[0]] == "object--water-valve"
    vistas(tmp_path, "v1.2", names)
    with pytest.raises(DatasetError, match=r"'object--water-valve' that vistas65 does not"):
        open_dataset(f"vistas:{tmp_path}", "val")


@pytest.mark.parametrize("content", [None, "[]", "{", '{"labels": [1]}'])
def test_vistas_without_its_configuration_is_refused(tmp_path: Path, content: str | None) -> None:
    vistas(tmp_path, "v2.0", NAMES)
    config = tmp_path / "config_v2.0.json"
    config.unlink()
    if content is not None:
        config.write_text(content)
    with pytest.raises(DatasetError, match=r"cannot read .*config_v2\.0\.json.*own list of labels"):
        open_dataset(f"vistas2:{tmp_path}", "val")
