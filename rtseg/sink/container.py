"""A video file being written: one encoded stream, audio beside it if asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from rtseg.errors import UsageError
from rtseg.sink.audio import AudioTrack
from rtseg.sink.file import DiskFile, sink_error

FRAGMENTED = {"movflags": "frag_keyframe+delay_moov+default_base_moof"}
"""Every second goes to disk as a piece that plays without the rest: a killed run leaves a video."""

CONTAINERS = {
    ".mp4": ("mp4", FRAGMENTED),
    ".mov": ("mov", FRAGMENTED),
    ".mkv": ("matroska", {"cluster_time_limit": "1000"}),
}

FLUSHED = {"flush_packets": "1", "max_interleave_delta": "1000000"}
"""Nothing waits in a buffer; no stream waits longer than a second (10^6 microseconds)."""

UNKNOWN_FPS = Fraction(30)
MAX_TICKS = 10_000_000  # per second: players keep time in 32 bits


def container_of(path: Path) -> tuple[str, dict[str, str]]:
    """FFmpeg's name of the container and its options."""
    if path.suffix.lower() not in CONTAINERS:
        known = ", ".join(CONTAINERS)
        raise UsageError(f"cannot write video as {path.name!r}: name it {known} (best: .mp4)")
    return CONTAINERS[path.suffix.lower()]


def ticks_per_second(fps: Fraction) -> int:
    """Fine enough for frames that come as they like, and without remainder for the rate itself."""
    rate = fps.numerator
    for ticks in (math.lcm(90_000, rate), rate * math.ceil(90_000 / rate)):
        if ticks <= MAX_TICKS:
            return ticks
    return 90_000


@dataclass(frozen=True)
class Encoding:
    """options: the encoder's own, by FFmpeg's names."""

    codec: str
    pixel_format: str
    options: dict[str, str] = field(default_factory=dict)


class VideoFile:
    """Opened with the size of its first frame; one thread. Raises SinkError and nothing else.

    ``.mkv`` counts in milliseconds: times are rounded to them there.
    """

    def __init__(
        self, path: Path, encoding: Encoding, *, height: int, width: int, fps: Fraction
    ) -> None:
        self.path = path
        self.frames = 0
        self._fps = fps if fps > 0 else UNKNOWN_FPS
        self._ticks = ticks_per_second(self._fps)
        self._last_pts = -1
        self._moved = 0
        self._broken = self._closed = False
        self._audio: AudioTrack | None = None
        with self._translated():
            self._disk = DiskFile(path, "w")
            try:
                self._container, self._stream = self._open(encoding, height, width)
            except BaseException:
                self._disk.close()
                raise

    @property
    def warnings(self) -> list[str]:
        if not self._moved:
            return []
        return [
            f"{self._moved} frames came with a time before their predecessor's: moved behind it"
        ]

    def add_audio(self, audio: AudioTrack) -> None:
        """Before the first frame. The track is closed with the file."""
        self._audio = audio
        audio.join(self._container)

    def write(self, frame: av.VideoFrame, pts: Fraction) -> None:
        """pts in seconds; one that does not grow is moved behind its predecessor, and counted."""
        ticks = round(pts * self._ticks)
        if ticks <= self._last_pts:
            ticks = self._last_pts + max(1, self._ticks // 1000)
            self._moved += 1
        self._last_pts = ticks
        frame.pts = ticks
        frame.time_base = Fraction(1, self._ticks)
        with self._translated():
            self._encode(frame)
        self.frames += 1

    def close(self) -> None:
        """Tries to finish the file once; after a failed write it only lets go of it."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._broken:
                with suppress(FFmpegError, OSError):
                    self._container.close()
            else:
                self._finish()
        finally:
            self._disk.close()
            if self._audio is not None:
                self._audio.close()

    def _open(
        self, encoding: Encoding, height: int, width: int
    ) -> tuple[OutputContainer, VideoStream]:
        name, muxing = container_of(self.path)
        container = av.open(self._disk, "w", format=name, options={**FLUSHED, **muxing})
        second = str(max(1, round(self._fps)))  # frames from one keyframe to the next
        options = {"g": second, "bf": "0", **encoding.options}
        stream = container.add_stream(encoding.codec, self._fps, options)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = height, width
        stream.pix_fmt = encoding.pixel_format
        stream.codec_context.time_base = stream.time_base = Fraction(1, self._ticks)
        stream.codec_context.thread_count = 2
        return container, stream

    def _encode(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = packet.duration or self._frame_ticks
            if self._audio is not None and packet.pts is not None:
                self._audio.copy_until(Fraction(packet.pts, self._ticks))
            self._container.mux(packet)

    def _finish(self) -> None:
        with self._translated():
            try:
                self._encode(None)
                if self._audio is not None:
                    self._audio.copy_until(self._end)
            finally:
                self._container.close()
            if self._disk.failure is not None:
                raise self._disk.failure

    @property
    def _frame_ticks(self) -> int:
        return round(self._ticks / self._fps)

    @property
    def _end(self) -> Fraction:
        return Fraction(self._last_pts + self._frame_ticks, self._ticks)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (FFmpegError, OSError, ValueError) as error:
            self._broken = True
            raise sink_error(self.path, error, written=self.frames) from error
