"""Makes the small videos that the source tests read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray

MILLIS = Fraction(1, 1000)


def noise(count: int, *, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    """Incompressible, so that every packet has some size."""
    random = np.random.default_rng(7)
    return [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(count)]


def flat(red: int, green: int, blue: int, *, height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def write_clip(
    path: Path,
    pictures: Sequence[NDArray[np.uint8]],
    *,
    fps: int = 25,
    stamps: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    muxer: dict[str, str] | None = None,
    turned: int = 0,
    matrix: Sequence[int] | None = None,
) -> Path:
    """stamps: one pts per picture, in time_base; without them one per 1/fps."""
    with av.open(str(path), "w", options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.gop_size = pixels, 10
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "tune": "stillimage", "qp": "12"}
        if time_base is not None:
            stream.time_base = stream.codec_context.time_base = time_base
        if turned:
            stream.set_display_rotation(turned)
        if matrix:
            stream.set_display_matrix(matrix)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts = index if stamps is None else stamps[index]
            frame.time_base = time_base or Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_planes(path: Path, frame: av.VideoFrame, *, codec: str) -> Path:
    """One frame, its samples and its colour tags stored as they are."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = frame.height, frame.width, frame.format.name
        stream.codec_context.colorspace = frame.colorspace
        stream.codec_context.color_range = frame.color_range
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_audio(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        _add_audio(container)
    return path


def sounding(path: Path, pictures: Sequence[NDArray[np.uint8]], *, sound_seconds: int) -> Path:
    """25 pictures a second, and a sound that may go on after the last of them."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg2video", rate=25)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=44100)
        for picture in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode())
        for index in range(sound_seconds * 44100 // 1024):
            noise_ = np.random.default_rng(index).uniform(-1, 1, (1, 1024)).astype(np.float32)
            samples = av.AudioFrame.from_ndarray(noise_, "fltp", "mono")
            samples.sample_rate, samples.pts = 44100, index * 1024
            container.mux(sound.encode(samples))
        container.mux(sound.encode())
    return path


def cut(path: Path, *, fraction: float) -> Path:
    """The first part of a file, beside it."""
    whole = path.read_bytes()
    part = path.with_name(f"cut_{path.name}")
    part.write_bytes(whole[: int(len(whole) * fraction)])
    return part


def packet_places(path: Path) -> list[tuple[int, int]]:
    """Offset and length in the file of every video packet."""
    with av.open(str(path)) as container:
        return [(p.pos, p.size) for p in container.demux(video=0) if p.size and p.pos is not None]


def _add_audio(container: OutputContainer) -> None:
    stream = container.add_stream("aac", rate=44100)
    samples = np.zeros((1, 1024), np.float32)
    frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
    frame.sample_rate, frame.pts = 44100, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode())
