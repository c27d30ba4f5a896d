from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rtseg.source.picture_size import picture_size


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {}),
        ("progressive.jpg", {"progressive": True}),
        ("noted.jpg", {"comment": b"\xff\xc0 is no frame in here" * 20}),
    ],
)
def test_the_size_is_the_decoded_ones(tmp_path: Path, name: str, options: dict[str, bool]) -> None:
    Image.fromarray(np.zeros((37, 301, 3), np.uint8)).save(tmp_path / name, **options)
    assert picture_size(tmp_path / name) == (37, 301)


def test_the_size_is_the_stored_one_whatever_is_up(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # the orientation: turn right by a quarter
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "a.jpg", exif=turned)
    assert picture_size(tmp_path / "a.jpg") == (20, 30)


def test_other_formats_are_not_guessed(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 3, 3), np.uint8)).save(tmp_path / "a.webp")
    assert picture_size(tmp_path / "a.webp") is None
    assert picture_size(tmp_path / "none.png") is None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG"]))
def test_rubbish_has_no_size_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "rubbish"
    path.write_bytes(start + content)
    size = picture_size(path)
    assert size is None or len(size) == 2
