from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from rtseg.sink.video import OverlayVideo
from rtseg.types import Picture

MakePicture = Callable[..., Picture]

RATE = 16_000


def talkie(
    path: Path, *, audio_codec: str = "aac", video_from: Fraction, audio_from: Fraction
) -> Path:
    """Two seconds of pictures at 10 Hz and of a tone, each beginning at its own time."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", 10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        audio = container.add_stream(audio_codec, RATE)
        assert isinstance(audio, av.AudioStream)
        audio.layout = "mono"
        for index in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 9 * index, np.uint8), "rgb24")
            frame.pts, frame.time_base = index + int(video_from * 10), Fraction(1, 10)
            container.mux(video.encode(frame))
        tone = np.sin(np.arange(2 * RATE) / 10).astype(np.float32)
        size = audio.codec_context.frame_size or 1024
        resampler = av.AudioResampler(audio.codec_context.format, "mono", RATE)
        for start in range(0, 2 * RATE - size, size):
            sound = av.AudioFrame.from_ndarray(tone[None, start : start + size], "fltp", "mono")
            sound.sample_rate = RATE
            sound.pts, sound.time_base = start + int(audio_from * RATE), Fraction(1, RATE)
            for each in resampler.resample(sound):
                container.mux(audio.encode(each))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    return path


def sound_of(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(audio=0)
            if packet.pts is not None
        ]


def first_picture(path: Path) -> float:
    with av.open(str(path)) as container:
        time = next(container.decode(video=0)).time
        assert time is not None
        return time


def copy(source: Path, out: Path, *, picture: MakePicture, frames: int = 20) -> OverlayVideo:
    with OverlayVideo(out, fps=Fraction(10), audio_from=source) as sink:
        for index in range(frames):
            sink.write(picture(index, pts=Fraction(index, 10)))
    return sink


BEGINNINGS = {
    "together": (Fraction(0), Fraction(0)),
    "sound late": (Fraction(0), Fraction(1, 2)),
    "picture late": (Fraction(3, 5), Fraction(0)),
}


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_sound_and_picture_stay_together(
    tmp_path: Path, picture: MakePicture, *, name: str, beginning: str
) -> None:
    video_from, audio_from = BEGINNINGS[beginning]
    source = talkie(tmp_path / "talkie.mkv", video_from=video_from, audio_from=audio_from)
    out = tmp_path / name
    sink = copy(source, out, picture=picture)
    assert sink.warnings == ()
    before = {content: time - first_picture(source) for time, content in sound_of(source)}
    after = sound_of(out)
    assert len(after) > 15
    for time, content in after:
        assert time - first_picture(out) == pytest.approx(before[content], abs=0.002)


@pytest.mark.parametrize(
    ("name", "kept"), [("out.mp4", False), ("out.mov", False), ("out.mkv", True)]
)
def test_the_sound_of_a_transport_stream_is_kept_where_the_container_can(
    tmp_path: Path, picture: MakePicture, *, name: str, kept: bool
) -> None:
    source = talkie(tmp_path / "talkie.ts", video_from=Fraction(0), audio_from=Fraction(0))
    sink = copy(source, tmp_path / name, picture=picture)
    assert bool(sound_of(tmp_path / name)) == kept
    assert [".mkv" in warning for warning in sink.warnings] == ([] if kept else [True])


def test_sound_goes_as_far_as_the_video_and_no_further(
    tmp_path: Path, picture: MakePicture
) -> None:
    source = talkie(tmp_path / "talkie.mp4", video_from=Fraction(0), audio_from=Fraction(0))
    copy(source, tmp_path / "out.mp4", picture=picture, frames=7)
    assert 0.6 < sound_of(tmp_path / "out.mp4")[-1][0] < 0.7


def test_sound_that_ends_early_holds_nothing_up(tmp_path: Path, picture: MakePicture) -> None:
    source = talkie(tmp_path / "talkie.mp4", video_from=Fraction(0), audio_from=Fraction(0))
    copy(source, tmp_path / "out.mp4", picture=picture, frames=60)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 60


def test_a_codec_that_the_container_cannot_hold_is_left_out_and_said(
    tmp_path: Path, picture: MakePicture
) -> None:
    source = talkie(
        tmp_path / "talkie.mov",
        audio_codec="pcm_mulaw",
        video_from=Fraction(0),
        audio_from=Fraction(0),
    )
    sink = copy(source, tmp_path / "out.mp4", picture=picture)
    assert sound_of(tmp_path / "out.mp4") == []
    assert "mp4 cannot hold pcm_mulaw" in sink.warnings[0]


def test_a_source_without_sound_or_without_sense_fails_nothing(
    tmp_path: Path, picture: MakePicture
) -> None:
    silent = copy(tmp_path / "absent.mp4", tmp_path / "out.mp4", picture=picture)
    assert "sound was left out" in silent.warnings[0]
    again = copy(tmp_path / "out.mp4", tmp_path / "again.mp4", picture=picture)
    assert again.warnings == ()
    assert sound_of(tmp_path / "again.mp4") == []


@pytest.mark.shared
def test_the_sound_of_a_real_clip_is_copied_bit_by_bit(
    shared: Path, tmp_path: Path, picture: MakePicture
) -> None:
    source = shared / "videos" / "highway_640x360_23.976fps.mp4"
    fps = Fraction(24000, 1001)
    with OverlayVideo(tmp_path / "out.mp4", fps=fps, audio_from=source) as sink:
        for index in range(72):
            sink.write(picture(index, pts=index / fps))
    after = sound_of(tmp_path / "out.mp4")
    assert after == sound_of(source)[: len(after)]
    assert 2.9 < after[-1][0] < 72 / fps
