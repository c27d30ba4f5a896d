from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import SinkError
from rtseg.labels import CAMVID
from rtseg.sink.base import Sink
from rtseg.sink.masks import MaskFolder
from rtseg.sink.png import palette_png
from rtseg.types import LabelMap, Picture

MakePicture = Callable[..., Picture]


def indices(path: Path) -> tuple[LabelMap, bytes]:
    """The ids and the palette, as FFmpeg's decoder gives them."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert frame.format.name == "pal8"
        ids, palette = frame.planes
        lines = np.frombuffer(ids, np.uint8).reshape(frame.height, ids.line_size)
        return lines[:, : frame.width], bytes(palette)


def test_ids_and_palette_come_back_exactly(tmp_path: Path, picture: MakePicture) -> None:
    ids = np.arange(256).reshape(8, 32)
    with MaskFolder(tmp_path / "masks", CAMVID, name_of=lambda index: f"road_{index}") as sink:
        sink.write(picture(7, labels=ids, image=np.zeros((16, 64, 3), np.uint8)))
    assert isinstance(sink, Sink)
    assert not sink.wants_image
    assert sink.outputs == (tmp_path / "masks" / "road_7.png",)
    read, palette = indices(sink.outputs[0])
    assert np.array_equal(read, ids.repeat(2, axis=0).repeat(2, axis=1))
    blue_green_red = np.frombuffer(palette, np.uint8).reshape(-1, 4)[: len(CAMVID), 2::-1]
    assert np.array_equal(blue_green_red, CAMVID.colors)


def test_viewers_see_the_label_sets_colours(tmp_path: Path, picture: MakePicture) -> None:
    with MaskFolder(tmp_path, CAMVID, name_of=str) as sink:
        sink.write(picture(labels=[[3, 255]], image=np.zeros((1, 2, 3), np.uint8)))
    shown = cv2.imread(str(tmp_path / "0.png"))
    assert shown is not None
    assert shown[0, :, ::-1].tolist() == [[128, 64, 128], [0, 0, 0]]


def test_two_frames_never_share_a_name(tmp_path: Path, picture: MakePicture) -> None:
    with MaskFolder(tmp_path, CAMVID, name_of=lambda index: "same") as sink:
        sink.write(picture(0))
        with pytest.raises(SinkError, match="already"):
            sink.write(picture(1))


def test_names_may_hold_subfolders(tmp_path: Path, picture: MakePicture) -> None:
    with MaskFolder(tmp_path, CAMVID, name_of=lambda index: f"day/{index}") as sink:
        for index in range(2):
            sink.write(picture(index))
    assert sorted(each.name for each in (tmp_path / "day").iterdir()) == ["0.png", "1.png"]
    assert sink.outputs == (tmp_path,)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 99))
def test_the_chunks_follow_the_standard(height: int, width: int, seed: int) -> None:
    ids = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    rest = palette_png(ids, CAMVID)
    assert rest.startswith(b"\x89PNG\r\n\x1a\n")
    rest, chunks = rest[8:], {}
    while rest:
        length, kind = struct.unpack(">I4s", rest[:8])
        content, checksum = rest[8 : 8 + length], rest[8 + length : 12 + length]
        assert zlib.crc32(kind + content) == int.from_bytes(checksum, "big")
        chunks[kind] = content
        rest = rest[12 + length :]
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (width, height, 8, 3)
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (width + 1)
