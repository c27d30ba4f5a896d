"""Sources looked at here and there, twice: once to choose frames, once to fetch the chosen ones.

Hours of video are read in minutes because what nobody asked for is not decoded, where key frames
are enough, and never converted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from rtseg.errors import UsageError
from rtseg.source.base import Source, SourceInfo
from rtseg.source.decoder import DECODER_THREADS, declared_seconds, fraction, video_stream
from rtseg.source.images import ImageFolder
from rtseg.source.stream import NetworkStream
from rtseg.source.upright import UprightRgb
from rtseg.source.uri import open_source
from rtseg.source.video import VideoFile, open_video
from rtseg.types import Frame

KEYS_SUFFICE = 4
"""One key frame for so many places that were asked for; with fewer, all frames are decoded."""

UNKNOWN_LENGTH = sys.maxsize


class Sparse(Protocol):
    """A source with an end, which may be read again and gives the same frames every time."""

    @property
    def info(self) -> SourceInfo: ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be read, as far as it was tried; one sentence each."""

    def places(self, aim: int) -> Sequence[int]:
        """Increasing indices of about ``aim`` frames all over the source.

        One a second up to UNKNOWN_LENGTH where nobody says how long the source is.
        """

    def at(self, places: Sequence[int]) -> Iterator[Frame]:
        """These frames in their order; what cannot be decoded is left out. May raise SourceError.

        The index of a frame is its place.
        """

    def origin(self, place: int) -> str:
        """The file or stream that this frame is in, passwords masked."""


def open_sparse(reference: str) -> Sparse:
    """Anything that ``open_source`` takes and that has an end; raises UsageError for the rest."""
    with open_source(reference) as source:
        _refuse_endless(source)
        if isinstance(source, ImageFolder):
            return SparsePictures(source)
        if isinstance(source, VideoFile) and source.info.path is not None:
            survey = Survey(source.info.path)
            if survey.is_complete:
                return SparseVideo(source.info, survey)
        return SparseFrames(reference, source.info)


class Survey:
    """Where the frames of a video file are, found without decoding one.

    stamps: (n,) of the frames, in the order in which they are shown, in units of ``time_base``.
    keys: (k,) places of the key frames. is_complete: each frame has a time of its own.
    """

    def __init__(self, path: Path) -> None:
        stamps: list[int | None] = []
        keys: list[int | None] = []
        self.ended_early = ""
        with open_video(path) as container:
            stream = video_stream(container, name=repr(str(path)))
            self.time_base = fraction(stream.time_base)
            try:
                for packet in container.demux(stream):
                    if packet.size and not packet.is_discard and not packet.is_corrupt:
                        stamps.append(packet.pts)
                        keys += [packet.pts] if packet.is_keyframe else []
            except av.FFmpegError as error:
                self.ended_early = f"the file is broken: {error.strerror}"
            declared = declared_seconds(container, stream)
            step = 1 / (fraction(stream.average_rate) or Fraction(25))
        known = [stamp for stamp in stamps if stamp is not None]
        self.stamps = np.unique(np.array(known, np.int64))
        self.is_complete = 0 < len(self.stamps) == len(stamps)
        self.keys = np.searchsorted(
            self.stamps, np.unique([key for key in keys if key is not None])
        )
        if self.is_complete and declared and not self.ended_early:
            read = int(self.stamps[-1] - self.stamps[0]) * self.time_base + step
            if declared - read > 2 * step:
                self.ended_early = (
                    f"the file ends early: it holds {float(read):.2f} of {float(declared):.2f} s"
                )


class SparseVideo:
    """A video file whose frames all have a time of their own."""

    def __init__(self, info: SourceInfo, survey: Survey) -> None:
        assert info.path is not None
        self.info = info
        self._path, self._survey = info.path, survey

    @property
    def warnings(self) -> tuple[str, ...]:
        return (self._survey.ended_early,) if self._survey.ended_early else ()

    def places(self, aim: int) -> Sequence[int]:
        count, keys = len(self._survey.stamps), self._survey.keys
        if KEYS_SUFFICE * len(keys) >= aim:
            return [int(keys[place]) for place in evenly(len(keys), aim)]
        return evenly(count, aim)

    def at(self, places: Sequence[int]) -> Iterator[Frame]:
        stamps, upright = self._survey.stamps, UprightRgb()
        wanted = {int(stamps[place]): place for place in places}
        keys_only = set(places) <= set(self._survey.keys.tolist())
        with open_video(self._path) as container:
            for frame in _decoded(container, str(self._path), keys_only=keys_only):
                place = None if frame.pts is None else wanted.pop(frame.pts, None)
                if place is not None and not frame.is_corrupt:
                    seconds = int(stamps[place] - stamps[0]) * self._survey.time_base
                    yield Frame(upright.picture(frame), place, seconds, time.monotonic_ns())
                if not wanted:
                    return

    def origin(self, place: int) -> str:
        return self.info.name


class SparsePictures:
    """Pictures on disk, each a source of its own with one frame."""

    def __init__(self, folder: ImageFolder) -> None:
        self.info = folder.info
        self._folder = folder
        self._unreadable: dict[int, str] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(f"{name!r} could not be decoded" for name in self._unreadable.values())

    def places(self, aim: int) -> Sequence[int]:
        return evenly(len(self._folder.paths), aim)

    def at(self, places: Sequence[int]) -> Iterator[Frame]:
        for place in places:
            picture = self._folder.picture(place)
            if picture is None:
                self._unreadable[place] = self._folder.paths[place].name
                continue
            yield Frame(picture, place, Fraction(0), time.monotonic_ns())

    def origin(self, place: int) -> str:
        return str(self._folder.paths[place])


class SparseFrames:
    """Any other source: read from its beginning each time, up to the last frame asked for."""

    def __init__(self, reference: str, info: SourceInfo) -> None:
        self.info = info
        self._reference = reference
        self._warnings: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._warnings

    def places(self, aim: int) -> Sequence[int]:
        if self.info.frames:
            return evenly(self.info.frames, aim)
        return range(0, UNKNOWN_LENGTH, max(1, round(self.info.fps or Fraction(25))))

    def at(self, places: Sequence[int]) -> Iterator[Frame]:
        wanted = places if isinstance(places, range) else frozenset(places)
        with open_source(self._reference) as source:
            try:
                for frame in source:
                    if frame.index in wanted:
                        yield frame
                    if frame.index >= places[-1]:
                        return
            finally:
                self._warnings = source.warnings

    def origin(self, place: int) -> str:
        return self.info.name


def evenly(count: int, aim: int) -> list[int]:
    """``aim`` of ``count`` places at most, from the first on, over the whole length."""
    taken = min(count, aim)
    return [count * place // taken for place in range(taken)]


def _refuse_endless(source: Source) -> None:
    info = source.info
    may_be_unknown = isinstance(source, VideoFile | NetworkStream)
    if info.live or (info.frames is None and not may_be_unknown):
        raise UsageError(
            f"{info.name} has no end, and frames are chosen from footage that can be read twice: "
            "record it to a file first"
        )


def _decoded(container: InputContainer, name: str, *, keys_only: bool) -> Iterator[VideoFrame]:
    """What is decodable; with ``keys_only`` the packets between key frames are passed over."""
    stream = video_stream(container, name=name)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = DECODER_THREADS
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        if packet is not None and packet.size and keys_only and not packet.is_keyframe:
            continue
        with suppress(av.FFmpegError):
            yield from stream.decode(packet)
        if packet is None or not packet.size:
            return
