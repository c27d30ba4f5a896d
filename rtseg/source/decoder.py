"""Pictures out of one opened container: decoded, upright, in RGB, each with its exact time."""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Protocol, cast

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from rtseg.errors import SourceError
from rtseg.source.base import GivenUp
from rtseg.source.upright import UprightRgb
from rtseg.types import Rgb

DECODER_THREADS = 2

# Titles in Latin-1 are no reason not to open a file; PyAV 19 always reads them and has no option.
_PYAV = int(av.__version__.split(".")[0])
_ANY_METADATA: dict[str, Any] = {"metadata_errors": "replace"} if _PYAV < 19 else {}

_DEFAULT_STEP = Fraction(1, 25)

_STEPS_BACK = (0, 1, 10)
"""Seconds before the wanted picture at which a key frame is looked for: containers that find them
by decoding time, or that only estimate, land behind it now and then."""

_BEFORE_ALL = Fraction(-(10**9))


class Readable(Protocol):
    """What FFmpeg can read in place of a file; without a ``seek`` from start to end only."""

    def read(self, size: int) -> bytes: ...


@dataclass(frozen=True)
class Decoded:
    """pts: seconds since the first picture. arrived_nanos: when its last packet was read."""

    picture: Rgb
    pts: Fraction
    arrived_nanos: int


@dataclass(frozen=True)
class _Timed:
    frame: VideoFrame
    pts: Fraction
    arrived_nanos: int


def open_container(
    address: str | Readable,
    *,
    options: dict[str, str] | None = None,
    timeout_seconds: tuple[float, float] | None = None,
) -> InputContainer:
    """timeout_seconds: for opening, and for each read; without it both may wait for ever."""
    container: InputContainer = av.open(
        address, options=options, timeout=timeout_seconds, **_ANY_METADATA
    )
    return container


class Decoder:
    """Iterates over what is decodable, in presentation order; the container's owner closes it.

    The first picture is decoded on construction, so that its size is known. A container that
    breaks raises ``av.FFmpegError`` after everything that came before the break was given.
    fps, frames, declared_seconds: what the container says of itself; 0 or None where it does not.
    even: whether it says that all frames are equally far apart.
    live: keep the delay low, and decode even packets that are marked as damaged.
    silence_seconds: without a picture for so long the container counts as broken, whatever else it
    sends: sound, or packets that cannot be decoded.
    """

    def __init__(
        self,
        container: InputContainer,
        *,
        name: str,
        live: bool,
        silence_seconds: float | None = None,
    ) -> None:
        self._container = container
        self._stream = video_stream(container, name=name)
        self._stream.thread_type = "SLICE" if live else "AUTO"
        self._stream.codec_context.thread_count = DECODER_THREADS
        self._live = live
        self._silence = math.inf if silence_seconds is None else silence_seconds
        self._upright = UprightRgb()
        self._origin: Fraction | None = None
        self._pts = Fraction(0)
        self._end: Fraction | None = None
        self._skipped = 0
        self._damaged = 0
        self._untimed = 0
        self._pictures_decoded = 0
        self._last_packet_is_cut = False
        self.fps = fraction(self._stream.average_rate or self._stream.guessed_rate)
        self.even = self._stream.average_rate == self._stream.base_rate
        self.frames = self._stream.frames or None
        self.declared_seconds = declared_seconds(container, self._stream)
        decoded = map(self._finished, self._decoded())
        first = next(decoded, None)
        if first is None:
            raise SourceError(
                f"{name} holds no picture that can be decoded: is it complete?",
                cause="codec unsupported",
            )
        self.height, self.width = first.picture.shape[:2]
        self._pictures: Iterator[Decoded] = chain([first], decoded)

    def __iter__(self) -> Iterator[Decoded]:
        return self._pictures

    def close(self) -> None:
        """Let go of pictures and packets, which it refers to in a circle. No more frames."""
        self._pictures = iter(())

    @property
    def origin(self) -> Fraction:
        """The container's own time of the first picture."""
        return self._origin or Fraction(0)

    def from_time(self, pts: Fraction, *, within: Fraction, given_up: GivenUp) -> Iterator[Decoded]:
        """What is decodable from ``pts - within`` on, or the very last picture if that is before.

        Only what is given is converted. Nothing, where the container does not find the way, and
        once the search is given up. The iterator that is the decoder itself gives no more.
        """
        for seconds in _STEPS_BACK:
            frames = self._sought(max(Fraction(0), pts - seconds))
            first = next(frames, None)
            if first is not None and first.pts <= pts + within:
                return self._since(pts - within, chain([first], frames), given_up=given_up)
        return iter(())

    @property
    def read_seconds(self) -> Fraction:
        """How much of the stream was read so far."""
        return (self._end or Fraction(0)) - self._start

    @property
    def ended_early(self) -> bool:
        """Whether the last packet is incomplete, or two frames' time and more never came."""
        if self._last_packet_is_cut:
            return True
        if self.declared_seconds is None or self._end is None:
            return False
        return self.declared_seconds - self.read_seconds > 2 * self._step

    @property
    def warnings(self) -> tuple[str, ...]:
        # The packet that a cut went through is part of the cut, not a fault of its own.
        cut = self._last_packet_is_cut
        said = (
            _count(self._skipped - cut, "packet", "could not be decoded: pictures are missing"),
            _count(self._damaged, "picture", "could be decoded only in part"),
            _count(
                self._untimed, "picture", "came without a usable time: spaced by the frame rate"
            ),
        )
        return tuple(sentence for sentence in said if sentence)

    @property
    def _start(self) -> Fraction:
        return (self._stream.start_time or 0) * fraction(self._stream.time_base)

    @property
    def _step(self) -> Fraction:
        return 1 / self.fps if self.fps else _DEFAULT_STEP

    def _sought(self, pts: Fraction) -> Iterator[_Timed]:
        place = (self.origin + pts) / fraction(self._stream.time_base)
        self._pictures = iter(())
        try:
            self._container.seek(math.floor(place), stream=self._stream, backward=True)
        except av.FFmpegError:
            return iter(())
        self._pts = _BEFORE_ALL
        return self._decoded()

    def _since(
        self, pts: Fraction, frames: Iterator[_Timed], *, given_up: GivenUp
    ) -> Iterator[Decoded]:
        last: _Timed | None = None
        for last in frames:
            if last.pts >= pts:
                yield self._finished(last)
            elif given_up():
                return
        if last is not None and last.pts < pts:
            yield self._finished(last)

    def _finished(self, timed: _Timed) -> Decoded:
        return Decoded(self._upright.picture(timed.frame), timed.pts, timed.arrived_nanos)

    def _decoded(self) -> Iterator[_Timed]:
        try:
            for packet in self._packets():
                yield from self._decode(packet)
        except av.FFmpegError:
            yield from self._decode(None)
            raise

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        if self._silence == math.inf:
            yield from self._container.demux(self._stream)
            return
        # All streams, because PyAV begins to count anew with every packet, also of sound.
        heard, pictures = time.monotonic(), self._pictures_decoded
        for packet in self._container.demux():
            if packet.stream.index == self._stream.index:
                yield cast("Packet[VideoStream]", packet)
            now = time.monotonic()
            if self._pictures_decoded > pictures:
                heard, pictures = now, self._pictures_decoded
            elif now - heard > self._silence:
                raise av.ExitError(errno.ETIMEDOUT, "no picture could be decoded")

    def _decode(self, packet: Packet[VideoStream] | None) -> Iterator[_Timed]:
        arrived_nanos = time.monotonic_ns()
        for frame in self._frames(packet):
            self._damaged += frame.is_corrupt
            self._pictures_decoded += 1
            yield _Timed(frame, self._time(frame), arrived_nanos)

    def _frames(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """None, like the empty packet at the end, fetches what the decoder still holds back."""
        if packet is not None and packet.size > 0:
            self._note_end(packet)
            if self._last_packet_is_cut:
                self._skipped += 1
                return []
        try:
            return self._stream.decode(packet)
        except av.FFmpegError:
            self._skipped += 1
            return []

    def _note_end(self, packet: Packet[VideoStream]) -> None:
        self._last_packet_is_cut = packet.is_corrupt and not self._live
        if packet.pts is not None and not packet.is_corrupt:
            end = (packet.pts + (packet.duration or 0)) * fraction(packet.time_base)
            self._end = end if self._end is None else max(self._end, end)

    def _time(self, frame: VideoFrame) -> Fraction:
        """Strictly increasing, whatever the container says."""
        stamp = None if frame.pts is None else frame.pts * fraction(frame.time_base)
        if self._origin is None:
            self._untimed += stamp is None
            self._origin = stamp or Fraction(0)
        elif stamp is not None and stamp - self._origin > self._pts:
            self._pts = stamp - self._origin
        else:
            self._untimed += 1
            self._pts += self._step
        return self._pts


def video_stream(container: InputContainer, *, name: str) -> VideoStream:
    """The first one that is not the cover of an album."""
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        codec_context: object = stream.codec_context  # PyAV: None where there is no decoder
        if codec_context is None:
            raise SourceError(
                f"{name} holds video of a kind that this FFmpeg cannot decode",
                cause="codec unsupported",
            )
        return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise SourceError(
        f"{name} holds no video, only {kinds}: give a file or stream with pictures",
        cause="codec unsupported",
    )


def declared_seconds(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """How long the container says that the stream is; None where it does not say."""
    if stream.duration:
        return stream.duration * fraction(stream.time_base)
    if container.duration and len(container.streams) == 1:  # else it may be the sound's length
        return Fraction(container.duration, av.time_base)
    return None


def fraction(ratio: Fraction | None) -> Fraction:
    """PyAV up to 18 says None where nothing is known, from 19 on a ratio of its own type, 0/1."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio else Fraction(0)


def _count(number: int, noun: str, what: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {what}" if number > 0 else ""
