"""A frame that was sought is the one that reading from the start gives, to the last pixel."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clip_maker import MILLIS, cut, noise, write_clip

from rtseg.source.base import Seekable
from rtseg.source.images import ImageFolder
from rtseg.source.road import RoadSource
from rtseg.source.video import VideoFile
from rtseg.types import Frame

COUNT = 45
UNEVEN = [40 * index + (index % 3) * 7 + (500 if index > 20 else 0) for index in range(COUNT)]


def linear(source: Seekable) -> list[Frame]:
    with source:
        return list(source)


def check(source: Seekable, expected: list[Frame], *, places: list[int]) -> None:
    """Every place in that order, and some frames on from there."""
    with source:
        for place in places:
            frames = source.from_frame(place)
            for wanted in expected[place : place + 3]:
                found = next(frames)
                assert (found.index, found.pts) == (wanted.index, wanted.pts)
                np.testing.assert_array_equal(found.picture, wanted.picture)


@pytest.mark.parametrize(
    ("name", "codec", "stamps"),
    [
        ("even.mp4", "libx264", None),
        ("even.mkv", "libx264", None),
        ("even.ts", "libx264", None),
        ("even.avi", "mpeg4", None),
        ("untimed.h264", "libx264", None),
        ("uneven.mp4", "libx264", UNEVEN),
        ("uneven.mkv", "libx264", UNEVEN),
        ("open.mp4", "libx265", None),
    ],
)
def test_every_container_finds_its_frames_forwards_and_backwards(
    tmp_path: Path, name: str, codec: str, stamps: list[int] | None
) -> None:
    path = write_clip(
        tmp_path / name,
        noise(COUNT),
        codec=codec,
        stamps=stamps,
        time_base=MILLIS if stamps else None,
    )
    expected = linear(VideoFile(path))
    assert len(expected) == COUNT
    check(VideoFile(path), expected, places=[30, 9, 10, 11, 0, 44, 43, 19, 20, 1])


def test_two_frames_and_b_frames_are_found(tmp_path: Path) -> None:
    path = tmp_path / "b.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "3", "g": "12"})
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for picture in noise(40):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    check(VideoFile(path), linear(VideoFile(path)), places=[39, 11, 12, 13, 0, 38, 24, 23])
    short = write_clip(tmp_path / "short.mp4", noise(2))
    check(VideoFile(short), linear(VideoFile(short)), places=[1, 0, 1])


@pytest.mark.parametrize("stamps", [None, UNEVEN])
def test_a_moment_belongs_to_the_frame_that_is_on(tmp_path: Path, stamps: list[int] | None) -> None:
    base = MILLIS if stamps else None
    path = write_clip(tmp_path / "a.mp4", noise(COUNT), stamps=stamps, time_base=base)
    with VideoFile(path) as source:
        times = [float(frame.pts) for frame in source]
        for index, (time, following) in enumerate(pairwise(times)):
            assert source.index_at(Fraction(time)) == index
            assert source.index_at(Fraction((time + following) / 2)) == index
        assert source.index_at(Fraction(1000)) == COUNT - 1


def test_after_the_end_there_is_the_last_frame(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(20))
    for source in (VideoFile(path), RoadSource(height=32, width=32, frames=20)):
        with source:
            assert source.info.seconds == source.info.frames / source.info.fps
            assert [frame.index for frame in source.from_frame(500)] == [19]


def test_a_truncated_file_leads_to_the_last_frame_that_it_holds(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.mp4", noise(100), muxer={"movflags": "faststart"})
    part = cut(whole, fraction=0.6)
    expected = linear(VideoFile(part))
    assert 40 < len(expected) < 80
    with VideoFile(part) as source:
        assert source.info.frames == 100
        assert [frame.index for frame in source.from_frame(99)] == [expected[-1].index]
        assert source.warnings[-1].startswith("the file ends early")


def test_pictures_and_the_synthetic_road_go_anywhere(tmp_path: Path) -> None:
    road = RoadSource(height=32, width=48, frames=6)
    expected = linear(road)
    check(road, expected, places=[4, 0, 5, 2])
    for index in (0, 1, 2, 4):
        (tmp_path / f"{index}.ppm").write_bytes(b"P6 1 1 255 " + bytes([index, 0, 0]))
    (tmp_path / "3.ppm").write_bytes(b"broken")
    with ImageFolder(tmp_path, fps=Fraction(10)) as pictures:
        assert pictures.index_at(Fraction(0.2)) == 2
        assert [frame.index for frame in pictures.from_frame(1)] == [1, 2, 4]
        assert [frame.index for frame in pictures.from_frame(9)] == [4]
        assert pictures.warnings == ("'3.ppm' could not be decoded",)


@pytest.mark.parametrize("name", ["even.mp4", "uneven.mkv", "untimed.h264"])
def test_a_search_that_is_given_up_gives_nothing_and_spoils_nothing(
    tmp_path: Path, name: str
) -> None:
    stamps = UNEVEN if name.startswith("uneven") else None
    base = MILLIS if stamps else None
    path = write_clip(tmp_path / name, noise(COUNT), stamps=stamps, time_base=base)
    expected = linear(VideoFile(path))
    with VideoFile(path) as source:
        source.index_at(Fraction(1), given_up=lambda: True)
        assert list(source.from_frame(28, given_up=lambda: True)) == []
        found = next(source.from_frame(28))
    assert (found.index, found.pts) == (28, expected[28].pts)
    np.testing.assert_array_equal(found.picture, expected[28].picture)


@pytest.mark.shared
def test_a_real_clip_is_sought_exactly(shared: Path) -> None:
    path = shared / "videos" / "highway_640x360_23.976fps.mp4"
    expected = linear(VideoFile(path))
    check(VideoFile(path), expected, places=[len(expected) - 3, 40, 41, 39, 0])
