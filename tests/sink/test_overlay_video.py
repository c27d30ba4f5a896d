from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from rtseg.errors import SinkError, UsageError
from rtseg.sink.base import Sink
from rtseg.sink.planes import Films
from rtseg.sink.video import OverlayVideo
from rtseg.types import Frame, Picture, Rgb, Segmentation
from rtseg.yuv import BT601

MakePicture = Callable[..., Picture]


def noise(height: int, width: int, *, seed: int = 0) -> Rgb:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def read(path: Path) -> tuple[list[Rgb], list[Fraction]]:
    pictures, moments = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            pictures.append(frame.to_ndarray(format="rgb24"))
            moments.append(frame.pts * frame.time_base)
    return pictures, moments


def decodable(path: Path) -> int:
    count = 0
    with av.open(str(path)) as container:
        try:
            for _ in container.decode(video=0):
                count += 1
        except av.error.FFmpegError:
            pass
    return count


@contextmanager
def file_size_limit(length: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("rate", ["25", "30000/1001", "24000/1001", "1199/50"])
def test_every_frame_keeps_its_exact_time(rate: str, tmp_path: Path, picture: MakePicture) -> None:
    fps = Fraction(rate)
    moments = [index / fps for index in (0, 1, 2, 5, 6, 31, 32)]
    with OverlayVideo(tmp_path / "out.mp4", fps=fps) as sink:
        for index, moment in enumerate(moments):
            sink.write(picture(index, pts=moment))
    assert read(sink.outputs[0])[1] == moments
    assert sink.warnings == ()


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
def test_irregular_frames_are_right_to_the_millisecond(
    name: str, tmp_path: Path, picture: MakePicture
) -> None:
    moments = [Fraction(0), Fraction(1, 7), Fraction(2, 9), Fraction(13, 11), Fraction(5, 2)]
    with OverlayVideo(tmp_path / name, fps=Fraction(30)) as sink:
        for index, moment in enumerate(moments):
            sink.write(picture(index, pts=moment))
    written = read(tmp_path / name)[1]
    assert [abs(a - b) <= Fraction(1, 2000) for a, b in zip(written, moments, strict=True)]


def test_the_video_lasts_as_long_as_its_frames(tmp_path: Path, picture: MakePicture) -> None:
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(10)) as sink:
        for index in range(25):
            sink.write(picture(index, pts=Fraction(index, 10)))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration == 2_500_000  # microseconds


def test_time_that_steps_back_is_moved_forward_and_said(
    tmp_path: Path, picture: MakePicture
) -> None:
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30)) as sink:
        for index, moment in enumerate((0, 1, 1, Fraction(1, 2), 2)):
            sink.write(picture(index, pts=Fraction(moment)))
    moments = read(tmp_path / "out.mp4")[1]
    assert moments[:2] == [0, 1]
    assert sorted(set(moments)) == moments
    assert moments[-1] == 2
    assert "2 frames" in sink.warnings[0]


@pytest.mark.parametrize("height_and_tag", [(360, 6), (720, 1)])
def test_colours_come_back_and_are_tagged(
    height_and_tag: tuple[int, int], tmp_path: Path, picture: MakePicture
) -> None:
    height, tag = height_and_tag
    image = np.zeros((height, 64, 3), np.uint8)
    image[:, :32], image[:, 32:] = (200, 30, 60), (20, 180, 90)
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30), crf=10) as sink:
        sink.write(picture(image=image))
    with av.open(str(tmp_path / "out.mp4")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.colorspace, codec.color_primaries, codec.color_trc) == (tag, tag, tag)
        assert (codec.color_range, codec.pix_fmt, codec.name) == (1, "yuv420p", "h264")
    shown = read(tmp_path / "out.mp4")[0][0]
    assert np.abs(shown[:, 8:24].astype(int) - (200, 30, 60)).max() <= 6
    assert np.abs(shown[:, 40:56].astype(int) - (20, 180, 90)).max() <= 6


@pytest.mark.parametrize("shape", [(1, 1), (359, 641), (90, 4096)])
def test_any_size_is_stored_with_even_sides(
    shape: tuple[int, int], tmp_path: Path, picture: MakePicture
) -> None:
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30)) as sink:
        sink.write(picture(image=np.full((*shape, 3), 120, np.uint8)))
    shown = read(tmp_path / "out.mp4")[0][0]
    stored = {(1, 1): (2, 2), (359, 641): (360, 642), (90, 4096): (90, 4096)}[shape]
    assert shown.shape[:2] == stored
    assert np.abs(shown.astype(int) - 120).max() <= 2
    assert bool(sink.warnings) == (stored != shape)


def test_a_picture_too_large_for_h264_is_refused(tmp_path: Path, picture: MakePicture) -> None:
    sink = OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30))
    with sink, pytest.raises(SinkError, match="16384"):
        sink.write(picture(image=np.zeros((2, 16386, 3), np.uint8)))
    assert not (tmp_path / "out.mp4").exists()


def test_frames_of_another_size_are_resized_to_the_first(
    tmp_path: Path, picture: MakePicture
) -> None:
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30)) as sink:
        for index, side in enumerate((64, 32, 128)):
            sink.write(picture(index, image=np.full((side, side, 3), 50, np.uint8)))
    assert [each.shape for each in read(tmp_path / "out.mp4")[0]] == [(64, 64, 3)] * 3
    assert sink.warnings == ("2 frames were resized to the first one's 64x64",)


def test_a_run_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with OverlayVideo(tmp_path / "new" / "out.mp4", fps=Fraction(30)) as sink:
        pass
    assert isinstance(sink, Sink)
    assert sink.outputs == ()
    assert list((tmp_path / "new").iterdir()) == []
    assert len(sink.warnings) == 1


@pytest.mark.parametrize("name", ["out.avi", "out.webm", "out"])
def test_other_containers_are_refused_with_advice(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        OverlayVideo(tmp_path / name, fps=Fraction(30))


@pytest.mark.parametrize("wish", [{"crf": 52}, {"crf": -1}, {"preset": "warp"}])
def test_an_encoding_that_makes_no_sense_is_refused(wish: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30), **wish)


def test_a_place_that_cannot_be_written_is_known_before_the_first_frame(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder.mp4", tmp_path / "file" / "out.mp4"):
        sink = OverlayVideo(path, fps=Fraction(30))
        with pytest.raises(SinkError, match="folder"), sink:
            pass


def test_a_full_disk_is_said_once_and_what_was_written_plays(
    tmp_path: Path, picture: MakePicture
) -> None:
    sink = OverlayVideo(tmp_path / "out.mp4", fps=Fraction(10), preset="ultrafast")
    with file_size_limit(600_000), pytest.raises(SinkError, match="frames written before are kept"):
        fill(sink, picture)
    assert decodable(tmp_path / "out.mp4") >= 10


def test_a_small_disk_that_is_full_leaves_a_video(tmp_path: Path, picture: MakePicture) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        with pytest.raises(SinkError, match="no space left"):
            fill(OverlayVideo(disk / "out.mp4", fps=Fraction(10), preset="ultrafast"), picture)
        assert decodable(disk / "out.mp4") >= 10
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(sink: OverlayVideo, picture: MakePicture) -> None:
    image = noise(96, 128)
    with sink:
        for index in range(400):
            sink.write(picture(index, image=np.roll(image, index, 0), pts=Fraction(index, 10)))


def test_an_error_of_the_run_is_not_hidden_by_closing(tmp_path: Path, picture: MakePicture) -> None:
    (tmp_path / "out.mp4").symlink_to("/dev/full")
    sink = OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30))
    with pytest.raises(ZeroDivisionError):
        break_down(sink, picture())
    assert "no space left" in sink.warnings[0]


def break_down(sink: OverlayVideo, picture: Picture) -> None:
    with sink:
        sink.write(picture)
        raise ZeroDivisionError


def test_a_disk_that_fills_while_closing_is_said(tmp_path: Path, picture: MakePicture) -> None:
    (tmp_path / "out.mp4").symlink_to("/dev/full")
    with (
        pytest.raises(SinkError, match="no space left"),
        OverlayVideo(tmp_path / "out.mp4", fps=Fraction(30)) as sink,
    ):
        sink.write(picture())
    sink.close()


KILLED = """
import sys, time
from fractions import Fraction
from pathlib import Path
from typing import Any
import numpy as np
from rtseg.sink.planes import Films
from rtseg.sink.video import OverlayVideo
from rtseg.types import Frame, Picture, Segmentation

image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
with OverlayVideo(Path(sys.argv[1]), fps=Fraction(30)) as sink:
    for index in range(300):
        frame = Frame(image, index, Fraction(index, 30), 0)
        sink.write(Picture(Segmentation(frame, image[:2, :2, 0]), np.roll(image, index, 0)))
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_a_killed_run_leaves_all_but_the_last_seconds(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert 240 <= decodable(tmp_path / name) <= 300


def test_a_film_of_another_size_than_the_first_is_fitted(tmp_path: Path) -> None:
    sizes = [(48, 64), (48, 64), (96, 128)]
    with OverlayVideo(tmp_path / "out.mp4", fps=Fraction(25)) as sink:
        for index, (height, width) in enumerate(sizes):
            planes = Films().blank(height, width, BT601)
            for plane, level in zip(
                (planes.luma, planes.blue, planes.red), (81, 90, 240), strict=True
            ):
                plane[:] = level
            frame = Frame(np.zeros((height, width, 3), np.uint8), index, Fraction(index, 25), 0)
            labels = np.zeros((2, 2), np.uint8)
            sink.write(Picture(Segmentation(frame, labels), None, film=planes))
    assert sink.warnings == ("1 frames were resized to the first one's 48x64",)
    with av.open(str(tmp_path / "out.mp4")) as container:
        shown = [each.to_ndarray(format="rgb24") for each in container.decode(video=0)]
    assert [each.shape for each in shown] == [(48, 64, 3)] * 3
    for each in shown:
        assert np.abs(each.mean((0, 1)) - (255, 0, 0)).max() < 6
