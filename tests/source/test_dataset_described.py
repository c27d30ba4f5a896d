"""Any folder of pictures and masks, described in TOML."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature import row, write_colors, write_ids, write_picture

from rtseg.errors import DatasetError, UsageError
from rtseg.labels import CAMVID, IGNORE
from rtseg.source.dataset import open_dataset

PATTERNS = """
pictures = "{split}/images/*.jpg"
masks = "{split}/masks/*_mask.png"
splits = ["train", "val"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("b", "a", "deep/c"):
        write_picture(tmp_path / "train/images" / f"{name}.jpg")
        write_ids(tmp_path / "train/masks" / f"{name}_mask.png", 0, 1, 2, 255)
    return tmp_path


def described(root: Path, text: str) -> str:
    (root / "mine.toml").write_text(PATTERNS + text)
    return str(root / "mine.toml")


def test_ids_count_from_zero_unless_they_are_given(root: Path) -> None:
    dataset = open_dataset(described(root, 'names = ["road", "kerb", "rest"]'), "train")
    assert (dataset.name, dataset.labels.name, dataset.labels.names) == (
        "mine",
        "mine",
        ("road", "kerb", "rest"),
    )
    assert dataset.labels.colors.tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    assert [sample.name for sample in dataset.samples] == ["a", "b", "c"]
    assert row(dataset.samples[0].truth()) == [0, 1, 2, IGNORE]
    assert not dataset.problems


def test_several_ids_may_be_one_class_and_some_none(root: Path) -> None:
    text = """
    names = ["ground", "sky"]
    colors = [[1, 2, 3], [4, 5, 6]]
    ignored = [300]
    [ids]
    ground = [1, 2]
    sky = 299
    """
    write_ids(root / "train/masks/a_mask.png", 2, 299, 300, 0)
    dataset = open_dataset(described(root, text), "train")
    assert dataset.labels.colors.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert row(dataset.samples[0].truth()) == [0, 1, IGNORE, IGNORE]
    assert list(dataset.problems.files.values()) == ["has 2 pixels of unknown id 0"]


def test_masks_may_be_coded_in_colors_of_a_known_label_set(root: Path) -> None:
    text = """
    labels = "camvid11"
    ignored = [[0, 0, 0]]
    [mask_colors]
    road = [[10, 20, 30], [11, 20, 30]]
    sky = [0, 0, 255]
    """
    write_colors(root / "train/masks/a_mask.png", (11, 20, 30), (0, 0, 255), (0, 0, 0), (9, 9, 9))
    dataset = open_dataset(described(root, text), "train")
    assert dataset.labels is CAMVID
    assert row(dataset.samples[0].truth()) == [3, 0, IGNORE, IGNORE]
    assert list(dataset.problems.files.values()) == ["has 2 pixels of unknown colour #090909"]


def test_a_list_chooses_the_pictures_of_a_split(root: Path) -> None:
    (root / "train.txt").write_text("b\n\n")
    text = 'names = ["x", "y", "z"]\nlist = "{split}.txt"'
    samples = open_dataset(described(root, text), "train").samples
    assert [sample.name for sample in samples] == ["b"]


def test_a_list_that_is_no_text_is_named(root: Path) -> None:
    (root / "train.txt").write_bytes(b"\xff\xfe\x00")
    text = 'names = ["x", "y", "z"]\nlist = "{split}.txt"'
    with pytest.raises(DatasetError, match=r"cannot read the list .*train\.txt.*one picture"):
        open_dataset(described(root, text), "train")


def test_a_listed_name_may_hold_dots(root: Path) -> None:
    write_picture(root / "train/images/a.1.jpg")
    write_ids(root / "train/masks/a.1_mask.png", 0, 1, 2, 255)
    (root / "train.txt").write_text("a.1\nimages/b.jpg\n")
    text = 'names = ["x", "y", "z"]\nlist = "{split}.txt"'
    samples = open_dataset(described(root, text), "train").samples
    assert [sample.name for sample in samples] == ["a.1", "b"]


def test_the_root_may_be_elsewhere(root: Path) -> None:
    (root / "descriptions").mkdir()
    text = 'root = ".."\nnames = ["x", "y", "z"]'
    assert len(open_dataset(described_in(root / "descriptions", text), "train").samples) == 3


def described_in(folder: Path, text: str) -> str:
    (folder / "mine.toml").write_text(text + PATTERNS)
    return str(folder / "mine.toml")


def test_its_splits_are_those_it_names(root: Path) -> None:
    with pytest.raises(UsageError, match="has no split 'test'; it has train, val"):
        open_dataset(described(root, 'names = ["x"]'), "test")
    with pytest.raises(DatasetError, match=r"no folder '.*val/images'"):
        open_dataset(described(root, 'names = ["x"]'), "val")


def test_an_empty_split_is_refused(root: Path) -> None:
    (root / "val/images").mkdir(parents=True)
    (root / "val/masks").mkdir()
    with pytest.raises(DatasetError, match="split is empty"):
        open_dataset(described(root, 'names = ["x"]'), "val")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('names = ["x"]\nmask = 1', "no key 'mask'; there are: root, pictures"),
        ('names = "x"', "'names' must be a list, not 'x'"),
        ("", "either 'labels', a label set's name, or 'names'"),
        ('names = ["x"]\nlabels = "voc21"', "either 'labels'"),
        ('labels = "voc20"', "no label set 'voc20'; see camvid11"),
        ('names = ["x", "x"]', "1 to 254 different names"),
        ("names = []", "1 to 254 different names"),
        ('names = ["x"]\ncolors = [[1, 2]]', r"a colour is \[R, G, B\]"),
        ('names = ["x"]\ncolors = [[1, 2, 256]]', r"a colour is \[R, G, B\]"),
        ('names = ["x"]\ncolors = [[1, 2, 3], [1, 2, 3]]', r"colors must be \(1, 3\)"),
        ('names = ["x"]\n[ids]\ny = 1', "no class 'y'; there are: x"),
        ('names = ["x"]\n[ids]\nx = -1', "an id must be 0 to 65535, not -1"),
        ('names = ["x"]\n[ids]\nx = [[1]]', r"an id must be 0 to 65535, not \[1\]"),
        ('names = ["x"]\nignored = [true]', "an id must be 0 to 65535, not True"),
        ('names = ["x"]\ncolors = [["1", "2", "3"]]', r"a colour is \[R, G, B\]"),
        ('names = ["x"]\n[mask_colors]\nx = [[1, 2, 3], 4]', r"a colour is \[R, G, B\]"),
        ('names = ["x"]\n[ids]\nx = "1"', "an id must be 0 to 65535, not '1'"),
        ('names = ["x", "y"]\n[ids]\nx = 1\ny = [2, 1]', "1 stands for two classes"),
        ('names = ["x"]\n[mask_colors]\nx = [1, 2]', r"a colour is \[R, G, B\]"),
        ('names = ["x"]\n[ids]\nx = 1\n[mask_colors]\nx = [1, 2, 3]', "not both"),
        ("names = [", "as TOML"),
    ],
)
def test_a_wrong_description_names_its_key(root: Path, text: str, complaint: str) -> None:
    with pytest.raises(DatasetError, match=rf"mine\.toml'.*{complaint}"):
        open_dataset(described(root, text), "train")


def test_patterns_are_needed_and_hold_one_star(root: Path) -> None:
    (root / "mine.toml").write_text('names = ["x"]\npictures = "*.png"\nsplits = ["all"]')
    with pytest.raises(DatasetError, match="'masks' is missing"):
        open_dataset(str(root / "mine.toml"), "all")
    (root / "mine.toml").write_text(
        'names = ["x"]\npictures = "a.png"\nmasks = "*"\nsplits = ["all"]'
    )
    with pytest.raises(DatasetError, match=r"'pictures' must hold one '\*'"):
        open_dataset(str(root / "mine.toml"), "all")


def test_a_description_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot read .*none\.toml"):
        open_dataset(str(tmp_path / "none.toml"), "train")
