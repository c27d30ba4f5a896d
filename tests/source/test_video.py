from __future__ import annotations

import gc
import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clip_maker import (
    MILLIS,
    cut,
    flat,
    noise,
    packet_places,
    write_audio,
    write_clip,
    write_planes,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import SourceError
from rtseg.source.base import Source
from rtseg.source.upright import upright
from rtseg.source.video import VideoFile
from rtseg.types import Frame


def read(path: Path) -> tuple[list[Frame], VideoFile]:
    with VideoFile(path) as source:
        frames = list(source)
    return frames, source


def test_every_frame_comes_once_in_rgb_with_its_index_and_exact_time(tmp_path: Path) -> None:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]
    pictures = [flat(*rgb, height=48, width=64) for rgb in colours]
    frames, source = read(write_clip(tmp_path / "a.mp4", pictures, fps=25))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.pts for frame in frames] == [0, Fraction(1, 25), Fraction(2, 25)]
    for frame, rgb in zip(frames, colours, strict=True):
        assert frame.picture.dtype == np.uint8
        assert frame.picture.flags.c_contiguous
        assert np.abs(frame.picture.astype(int) - rgb).max() <= 4
    assert source.warnings == ()


def test_frames_that_were_given_do_not_stay_in_memory(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", noise(40))
    gc.collect()
    gc.disable()
    try:
        with VideoFile(clip) as source:
            count = sum(1 for _ in source)
        held = sum(type(each) is av.VideoFrame for each in gc.get_objects())
    finally:
        gc.enable()
    assert count == 40
    assert held < 8


def test_the_info_says_what_the_container_declares(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(7), fps=30)
    with VideoFile(path) as source:
        assert isinstance(source, Source)
        info = source.info
    assert (info.height, info.width, info.fps) == (48, 64, 30)
    assert (info.live, info.frames, info.path, info.name) == (False, 7, path, str(path))


def test_pictures_stay_what_they_were_when_later_ones_are_decoded(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(12))
    with VideoFile(path) as source:
        kept = [(frame.picture, frame.picture.copy()) for frame in source]
    for picture, copy in kept:
        np.testing.assert_array_equal(picture, copy)


def test_irregular_times_are_kept_exactly(tmp_path: Path) -> None:
    stamps = [100, 140, 141, 300, 1234, 1240]
    path = write_clip(tmp_path / "vfr.mkv", noise(6), stamps=stamps, time_base=MILLIS)
    frames, source = read(path)
    assert [frame.pts for frame in frames] == [Fraction(s - 100, 1000) for s in stamps]
    assert source.warnings == ()


def test_frames_without_times_follow_at_the_frame_rate(tmp_path: Path) -> None:
    frames, source = read(write_clip(tmp_path / "raw.h264", noise(4), fps=25))
    assert [frame.pts for frame in frames] == [Fraction(i, 25) for i in range(4)]
    assert source.warnings == ("4 pictures came without a usable time: spaced by the frame rate",)


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("highway_640x360_23.976fps.mp4", 296),
        ("lanedet_countryroad_640x360.mp4", 387),
        ("lanedet_night_640x360.mp4", 1079),
        ("lanedet_rainy_640x360.mp4", 959),
        ("lanedet_seattlestreet1_640x360.mp4", 1010),
        ("night_rural_1920x1080_mpeg4.mp4", 157),
        ("udacity_highway_960x540_25fps.mp4", 221),
        ("us123_road_1280x720_30fps_reencoded.mp4", 547),
    ],
)
@pytest.mark.shared
def test_a_real_clip_gives_what_is_decodable_and_no_warning(
    shared: Path, name: str, frames: int
) -> None:
    with VideoFile(shared / "videos" / name) as source:
        times = [frame.pts for frame in source]
    assert len(times) == frames
    assert times == sorted(set(times))
    assert times[0] == 0
    assert source.warnings == ()


@pytest.mark.parametrize(
    ("turned", "corner"), [(0, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (270, (0, -1))]
)
def test_a_turned_recording_comes_upright(
    tmp_path: Path, turned: int, corner: tuple[int, int]
) -> None:
    """Turning by 90 degrees counter-clockwise brings the upper left corner to the lower left."""
    picture = flat(0, 0, 0, height=48, width=96)
    picture[:16, :16] = 255
    path = write_clip(tmp_path / "a.mp4", [picture], turned=turned)
    with VideoFile(path) as source:
        (frame,) = source
        info = source.info
    assert (info.height, info.width) == ((96, 48) if turned in (90, 270) else (48, 96))
    assert frame.picture.shape == (info.height, info.width, 3)
    assert frame.picture.flags.c_contiguous
    bright = frame.picture[:, :, 0] > 200
    assert bright[corner]
    assert 200 < bright.sum() < 320


def test_a_mirrored_recording_comes_unmirrored(tmp_path: Path) -> None:
    picture = flat(0, 0, 0, height=48, width=96)
    picture[:, :48] = 255
    one, view = 1 << 16, 1 << 30
    mirror = (-one, 0, 0, 0, one, 0, 0, 0, view)
    frames, _ = read(write_clip(tmp_path / "a.mp4", [picture], matrix=mirror))
    assert frames[0].picture[24, 90, 0] > 200
    assert frames[0].picture[24, 5, 0] < 50


def test_the_transposing_matrix_swaps_rows_and_columns() -> None:
    picture = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    turned = upright(picture, display_matrix=(0, 1, 0, 1, 0, 0, 0, 0, 1))
    np.testing.assert_array_equal(turned, picture.transpose(1, 0, 2))


# Y, U, V = 81, 90, 240 in the four readings, from R = Y' + 2(1 - Kr)V', B = Y' + 2(1 - Kb)U',
# G = (Y' - Kr R - Kb B) / Kg, worked by hand; clipped to 0..255.
@pytest.mark.parametrize(
    ("height", "tags", "rgb"),
    [
        (64, (5, 1), (254, 0, 0)),
        (64, (1, 1), (255, 24, 0)),
        (64, (5, 2), (238, 14, 14)),
        (64, (1, 2), (255, 36, 10)),
        (64, (2, 1), (254, 0, 0)),
        (720, (2, 1), (255, 24, 0)),
    ],
    ids=["bt601", "bt709", "bt601-full", "bt709-full", "small-untagged", "hd-untagged"],
)
def test_colours_follow_the_tags_and_without_them_the_height(
    tmp_path: Path, *, height: int, tags: tuple[int, int], rgb: tuple[int, int, int]
) -> None:
    frame = av.VideoFrame(64, height, "yuv420p")
    for plane, value in zip(frame.planes, (81, 90, 240), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace, frame.color_range = tags
    path = write_planes(tmp_path / "a.mkv", frame, codec="ffv1")
    frames, _ = read(path)
    assert np.abs(frames[0].picture.astype(int) - rgb).max() <= 2


# One grey, R = G = B = 160, in each way of storing it: limited range luma is 16 + 160 * 219 / 255.
@pytest.mark.parametrize(
    ("pixels", "samples"),
    [
        ("gray", [160]),
        ("gray10le", [642]),
        ("yuv420p10le", [614, 512, 512]),
        ("yuv444p", [153, 128, 128]),
        ("yuva420p", [153, 128, 128, 77]),
        ("yuv422p", [153, 128, 128]),
        ("bgra", [160]),
        ("gbrp10le", [642, 642, 642]),
        ("rgb48le", [160 * 257]),
    ],
)
def test_any_kind_of_pixel_leaves_as_eight_bit_rgb(
    tmp_path: Path, pixels: str, samples: list[int]
) -> None:
    frame = av.VideoFrame(65, 33, pixels)
    for plane, value in zip(frame.planes, samples, strict=True):
        wide = value > 255
        filled = np.full(plane.buffer_size // (1 + wide), value, np.uint16 if wide else np.uint8)
        plane.update(filled.tobytes())
    frames, _ = read(write_planes(tmp_path / "a.mkv", frame, codec="ffv1"))
    assert frames[0].picture.shape == (33, 65, 3)
    assert frames[0].picture.dtype == np.uint8
    assert np.abs(frames[0].picture.astype(int) - 160).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(1, 1), (359, 641), (4320, 8192)])
def test_any_size_is_read(tmp_path: Path, height: int, width: int) -> None:
    pictures = [flat(90, 90, 90, height=height, width=width)] * 2
    path = write_clip(tmp_path / "a.avi", pictures, codec="mjpeg", pixels="yuvj444p")
    frames, source = read(path)
    assert [frame.picture.shape for frame in frames] == [(height, width, 3)] * 2
    assert source.warnings == ()


def test_a_size_change_mid_stream_changes_the_shape(tmp_path: Path) -> None:
    small = write_clip(tmp_path / "a.h264", noise(3))
    large = write_clip(tmp_path / "b.h264", noise(2, height=96, width=128))
    both = tmp_path / "both.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    with VideoFile(both) as source:
        shapes = [frame.picture.shape for frame in source]
        assert (source.info.height, source.info.width) == (48, 64)
    assert shapes == [(48, 64, 3)] * 3 + [(96, 128, 3)] * 2


@pytest.mark.parametrize("movflags", ["faststart", "frag_keyframe+empty_moov"])
def test_a_truncated_file_gives_what_is_decodable(tmp_path: Path, movflags: str) -> None:
    whole = write_clip(tmp_path / "a.mp4", noise(100), muxer={"movflags": movflags})
    part = cut(whole, fraction=0.6)
    size = part.stat().st_size
    complete = sum(start + length <= size for start, length in packet_places(whole))
    frames, source = read(part)
    assert 40 < complete < 80
    assert len(frames) == complete
    assert len(source.warnings) == 1
    assert source.warnings[0].startswith("the file ends early")


def test_a_truncated_matroska_file_says_that_it_ends_early(tmp_path: Path) -> None:
    frames, source = read(cut(write_clip(tmp_path / "a.mkv", noise(50)), fraction=0.6))
    assert 15 < len(frames) < 45
    assert len(source.warnings) == 1
    assert source.warnings[0].startswith("the file ends early")


def test_undecodable_packets_are_skipped_and_counted_in_one_warning(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(60), muxer={"movflags": "faststart"})
    damaged = bytearray(path.read_bytes())
    places = packet_places(path)
    for index in (22, 23, 35):
        start, length = places[index]
        damaged[start : start + length] = b"\xff" * length
    path.write_bytes(damaged)
    frames, source = read(path)
    assert len(frames) == 57
    assert source.warnings[0] == "3 packets could not be decoded: pictures are missing"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_noise_in_a_file_ends_in_frames_or_in_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    path = tmp_path_factory.mktemp("noise") / "a.mp4"
    content = bytearray(write_clip(path, noise(20)).read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(content), 30):
        content[place] = random.integers(256)
    path.write_bytes(content)
    with suppress(SourceError):
        frames, _ = read(path)
        times = [frame.pts for frame in frames]
        assert times == sorted(set(times))


def test_an_mp4_without_its_index_says_so(tmp_path: Path) -> None:
    part = cut(write_clip(tmp_path / "a.mp4", noise(20)), fraction=0.6)
    with pytest.raises(SourceError, match="without its index"), VideoFile(part):
        pass


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    with pytest.raises(SourceError, match="is empty"), VideoFile(path):
        pass


def test_text_named_mp4_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("this is no video at all\n" * 40, encoding="utf-8")
    with pytest.raises(SourceError, match="not a video"), VideoFile(path):
        pass


def test_a_file_with_sound_only_holds_no_video(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match="no video, only audio"), VideoFile(path):
        pass


def test_a_codec_that_nobody_knows_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(2))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(SourceError, match="cannot decode"), VideoFile(path):
        pass


def test_a_missing_file_suggests_the_closest_name(tmp_path: Path) -> None:
    (tmp_path / "highway_1.mp4").touch()
    with (
        pytest.raises(SourceError, match=r"did you mean '.*highway_1\.mp4'\?"),
        VideoFile(tmp_path / "highwya_1.mp4"),
    ):
        pass


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"), VideoFile(tmp_path / "no" / "a.mp4"):
        pass


def test_a_folder_is_no_video_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"), VideoFile(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(2))
    path.chmod(0)
    with pytest.raises(SourceError, match="Permission denied"), VideoFile(path):
        pass


def test_a_name_that_looks_like_a_protocol_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "a.mp4", noise(3)).rename(tmp_path / "rtsp:b.mp4")
    monkeypatch.chdir(tmp_path)
    frames, _ = read(Path("rtsp:b.mp4"))
    assert len(frames) == 3


def test_leaving_early_and_twice_is_fine(tmp_path: Path) -> None:
    with VideoFile(write_clip(tmp_path / "a.mp4", noise(30))) as source:
        assert next(iter(source)).index == 0
    source.__exit__(None, None, None)
