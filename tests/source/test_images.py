from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.errors import SourceError
from rtseg.source.base import Source
from rtseg.source.images import ImageFolder
from rtseg.types import Frame


def read(reference: Path | str) -> tuple[list[Frame], ImageFolder]:
    with ImageFolder(reference) as source:
        frames = list(source)
    return frames, source


def write(path: Path, level: int = 0, *, height: int = 4, width: int = 6) -> Path:
    assert cv2.imwrite(str(path), np.full((height, width, 3), level, np.uint8))
    return path


def encoded(picture: NDArray[np.generic], suffix: str = ".png") -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def test_pictures_come_in_natural_order_with_times_at_25_a_second(tmp_path: Path) -> None:
    for number in (10, 9, 1, 2):
        write(tmp_path / f"road{number}.png", number)
    frames, source = read(tmp_path)
    assert [int(frame.picture[0, 0, 0]) for frame in frames] == [1, 2, 9, 10]
    assert [frame.pts for frame in frames] == [Fraction(i, 25) for i in range(4)]
    assert [source.name_of(frame.index) for frame in frames] == [
        "road1",
        "road2",
        "road9",
        "road10",
    ]


def test_the_info_says_what_is_there(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "b.JPG", height=9)
    with ImageFolder(tmp_path, fps=Fraction(10)) as source:
        assert isinstance(source, Source)
        info = source.info
        assert [frame.picture.shape for frame in source] == [(4, 6, 3), (9, 6, 3)]
    assert (info.name, info.height, info.width, info.fps) == (str(tmp_path), 4, 6, 10)
    assert (info.live, info.frames, info.path) == (False, 2, None)


def test_a_pattern_takes_the_pictures_that_match(tmp_path: Path) -> None:
    for name in ("a1.png", "a2.png", "b1.png"):
        write(tmp_path / name)
    (tmp_path / "a3.csv").touch()
    _, source = read(str(tmp_path / "a*"))
    assert [source.name_of(index) for index in range(2)] == ["a1", "a2"]
    assert source.info.frames == 2


def test_a_list_keeps_its_order_and_is_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep" / "z.png", 1)
    write(tmp_path / "a.png", 2)
    listing = tmp_path / "list.txt"
    listing.write_text("# the night drive\ndeep/z.png\n\na.png\r\n", encoding="utf-8-sig")
    frames, _ = read(listing)
    assert [int(frame.picture[0, 0, 0]) for frame in frames] == [1, 2]


def test_a_single_picture_is_one_frame(tmp_path: Path) -> None:
    frames, source = read(write(tmp_path / "a.webp", height=7, width=5))
    assert [frame.picture.shape for frame in frames] == [(7, 5, 3)]
    assert source.name_of(0) == "a"


@pytest.mark.parametrize(
    ("content", "rgb"),
    [
        (encoded(np.full((3, 4), 77, np.uint8)), (77, 77, 77)),
        (encoded(np.full((3, 4), 0x8FFF, np.uint16)), (0x8F, 0x8F, 0x8F)),
        (encoded(np.full((3, 4, 4), (30, 20, 10, 0), np.uint8)), (10, 20, 30)),
        (encoded(np.full((3, 4, 3), (30, 20, 10), np.uint8)), (10, 20, 30)),
        (encoded(np.full((3, 4, 3), (0x1E00, 0x1400, 0x0A00), np.uint16), ".tiff"), (10, 20, 30)),
    ],
    ids=["gray", "16-bit", "alpha", "colour", "16-bit-colour"],
)
def test_any_kind_of_picture_leaves_as_eight_bit_rgb(
    tmp_path: Path, content: bytes, rgb: tuple[int, int, int]
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    (frame,), _ = read(path)
    assert frame.picture.dtype == np.uint8
    assert frame.picture.flags.c_contiguous
    np.testing.assert_array_equal(frame.picture, np.full((3, 4, 3), rgb, np.uint8))


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    palette = bytes([30, 100, 200, 0, 1, 2, 3, 0])  # B G R 0, twice
    header = b"BM" + (70).to_bytes(4, "little") + bytes(4) + (62).to_bytes(4, "little")
    shape = b"".join(n.to_bytes(4, "little") for n in (40, 2, 1)) + bytes([1, 0, 8, 0])
    rest = b"".join(n.to_bytes(4, "little") for n in (0, 4, 0, 0, 2, 0))
    path.write_bytes(header + shape + rest + palette + bytes([0, 1, 0, 0]))
    (frame,), _ = read(path)
    assert frame.picture.tolist() == [[[200, 100, 30], [3, 2, 1]]]


def test_the_orientation_in_exif_is_applied(tmp_path: Path) -> None:
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:, :16] = 255
    jpeg = encoded(picture, ".jpg")
    turn_right = bytes([0, 6])  # 6: the first row is the right side
    entry = bytes([0x01, 0x12, 0, 3, 0, 0, 0, 1]) + turn_right + bytes(2)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)
    marker = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg[:2] + marker + jpeg[2:])
    (frame,), source = read(path)
    assert (source.info.height, source.info.width) == (32, 16)
    assert frame.picture[4, 8, 0] > 200
    assert frame.picture[28, 8, 0] < 50


@pytest.mark.parametrize(("height", "width"), [(1, 1), (359, 641), (4320, 8192)])
def test_any_size_is_read(tmp_path: Path, height: int, width: int) -> None:
    (frame,), _ = read(write(tmp_path / "a.bmp", 9, height=height, width=width))
    assert frame.picture.shape == (height, width, 3)
    assert int(frame.picture.min()) == int(frame.picture.max()) == 9


def test_an_undecodable_picture_is_left_out_named_and_keeps_its_place(tmp_path: Path) -> None:
    write(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    (tmp_path / "c.png").touch()
    write(tmp_path / "d.png")
    frames, source = read(tmp_path)
    assert [(frame.index, source.name_of(frame.index)) for frame in frames] == [(0, "a"), (3, "d")]
    assert frames[1].pts == Fraction(3, 25)
    assert source.warnings == ("'b.png' could not be decoded", "'c.png' could not be decoded")


def test_a_missing_picture_of_a_list_is_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path / "a.png")
    listing = tmp_path / "list.txt"
    listing.write_text("gone.png\na.png\n", encoding="utf-8")
    frames, source = read(listing)
    assert [frame.index for frame in frames] == [1]
    assert source.warnings == ("'gone.png' could not be decoded",)


def test_a_folder_without_pictures_names_the_extensions(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(SourceError, match=r"no pictures in the folder.*\.jpg.*\.png"):
        read(tmp_path)


def test_a_pattern_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures in the pattern"):
        read(str(tmp_path / "*.png"))


def test_a_folder_of_broken_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"none of the 1 pictures .* 'a\.png'"):
        read(tmp_path)


def test_an_empty_list_is_an_error(tmp_path: Path) -> None:
    listing = tmp_path / "list.txt"
    listing.write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(SourceError, match="names no pictures"):
        read(listing)


def test_a_missing_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no picture, folder or list"):
        read(tmp_path / "a.png")


def test_equal_stems_get_names_that_differ(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg")
    write(tmp_path / "a.png")
    _, source = read(tmp_path)
    names = [source.name_of(0), source.name_of(1)]
    assert [name[-5:] for name in names] == ["a.jpg", "a.png"]
    assert not any("/" in name for name in names)


@settings(max_examples=20, deadline=None)
@given(numbers=st.sets(st.integers(0, 10**6), min_size=2, max_size=12))
def test_any_numbers_come_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("pictures")
    content = encoded(np.zeros((1, 1), np.uint8))
    for number in numbers:
        (folder / f"f{number}_x.png").write_bytes(content)
    _, source = read(folder)
    names = [source.name_of(index) for index in range(len(numbers))]
    assert names == [f"f{number}_x" for number in sorted(numbers)]
