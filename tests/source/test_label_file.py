from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from rtseg.errors import DatasetError
from rtseg.source.label_file import RawLabels, read_colors, read_ids, read_label_map, read_sbd


@pytest.mark.parametrize(("bits", "largest"), [(1, 1), (2, 3), (4, 15), (8, 255)])
def test_the_indices_of_a_palette_are_read_at_every_depth(
    tmp_path: Path, bits: int, largest: int
) -> None:
    ids = np.random.default_rng(bits).integers(0, largest + 1, (5, 7)).astype(np.uint8)
    assert len(np.unique(ids)) > 1
    picture = Image.fromarray(ids, mode=None)
    picture.putpalette([200, 10, 10] * 256)  # one colour for all: only the index tells
    picture.save(tmp_path / "ids.png", bits=bits)
    with Image.open(tmp_path / "ids.png") as again:
        assert again.mode == "P"
    assert read_ids(tmp_path / "ids.png").tolist() == ids.tolist()


def test_a_transparent_palette_changes_nothing(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 255]], np.uint8)
    picture = Image.fromarray(ids)
    picture.putpalette(list(range(256)) * 3)
    picture.save(tmp_path / "ids.png", transparency=1)
    assert read_ids(tmp_path / "ids.png").tolist() == [[0, 1, 255]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_levels_are_read_as_they_are(tmp_path: Path, dtype: type) -> None:
    ids = np.array([[0, 1, np.iinfo(dtype).max]], dtype)
    Image.fromarray(ids).save(tmp_path / "ids.png")
    assert read_ids(tmp_path / "ids.png").tolist() == ids.tolist()


def test_colors_are_read_as_one_number_with_and_without_a_palette(tmp_path: Path) -> None:
    colors = Image.fromarray(np.array([[[1, 2, 3], [255, 0, 128]]], np.uint8))
    colors.save(tmp_path / "plain.png")
    colors.quantize(2).save(tmp_path / "palette.png")
    for name in ("plain.png", "palette.png"):
        assert read_colors(tmp_path / name).tolist() == [[0x010203, 0xFF0080]]


def test_matlab_files_are_read_as_their_authors_wrote_them(tmp_path: Path) -> None:
    ids = np.array([[0, 15, 255]], np.uint8)
    savemat(tmp_path / "sbd.mat", {"GTcls": {"Boundaries": [0], "Segmentation": ids}})
    savemat(tmp_path / "context.mat", {"LabelMap": ids.astype(np.uint16) + 200})
    assert read_sbd(tmp_path / "sbd.mat").tolist() == [[0, 15, 255]]
    assert read_label_map(tmp_path / "context.mat").tolist() == [[200, 215, 455]]
    with pytest.raises(DatasetError, match=r"context\.mat' holds no label map"):
        read_sbd(tmp_path / "context.mat")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_label_map_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DatasetError, match=r"a\.png' is not a one-channel label map"):
        read_ids(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"cannot decode .*a\.png"):
        read_colors(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"a\.png' holds no label map"):
        read_sbd(tmp_path / "a.png")


def test_a_cut_off_palette_file_is_named(tmp_path: Path) -> None:
    picture = Image.fromarray(np.zeros((64, 64), np.uint8))
    picture.putpalette([0, 0, 0] * 256)
    picture.save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:31])
    with pytest.raises(DatasetError, match=r"a\.png' is not a one-channel label map"):
        read_ids(tmp_path / "a.png")


@pytest.mark.parametrize("read", [read_ids, read_colors])
def test_a_label_map_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, read: Callable[[Path], RawLabels]
) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png': No such file"):
        read(tmp_path / "gone.png")
    with pytest.raises(DatasetError, match="Is a directory"):
        read(tmp_path)
