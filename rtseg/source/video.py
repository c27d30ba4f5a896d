"""A video file: every decodable frame, as fast as it is asked for."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from rtseg.errors import SourceError
from rtseg.source.base import GivenUp, SourceInfo, never
from rtseg.source.decoder import Decoded, Decoder, fraction, open_container, video_stream
from rtseg.source.frame_times import EvenTimes, FrameTimes, ListedTimes
from rtseg.types import Frame

UNKNOWN_FPS = Fraction(25)
"""Where neither container nor frames have times."""


class VideoFile:
    """Frames keep the times of the file, also where they are irregular; nothing is dropped."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._exit = ExitStack()
        self._decoder: Decoder | None = None
        self._info: SourceInfo | None = None
        self._broken: str | None = None
        self._times: FrameTimes | None = None
        self._timed = True

    def __enter__(self) -> VideoFile:
        decoder = self._open()
        self._info = SourceInfo(
            name=str(self._path),
            height=decoder.height,
            width=decoder.width,
            fps=decoder.fps,
            live=False,
            frames=decoder.frames,
            path=self._path,
            seconds=decoder.declared_seconds,
            seekable=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    @property
    def path(self) -> Path:
        return self._path

    @property
    def info(self) -> SourceInfo:
        assert self._info is not None, "a source says nothing of itself before it is opened"
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        said = self._decoder.warnings if self._decoder else ()
        return (*said, self._broken) if self._broken else said

    def __iter__(self) -> Iterator[Frame]:
        assert self._decoder is not None, "a source gives frames only while it is open"
        return self._frames(self._decoder, first=0)

    def index_at(self, seconds: Fraction, *, given_up: GivenUp = never) -> int:
        return self._frame_times(given_up).at(seconds)

    def from_frame(self, index: int, *, given_up: GivenUp = never) -> Iterator[Frame]:
        """From the key frame before it. Packets that cannot be decoded count as frames here."""
        assert self._decoder is not None, "a source gives frames only while it is open"
        times = self._frame_times(given_up)
        if self._timed:
            decoded = self._decoder.from_time(
                times.time_of(index), within=times.within, given_up=given_up
            )
            with suppress(av.FFmpegError):
                first = next(decoded, None)
                if first is not None:
                    return self._frames(chain([first], decoded), first=times.nearest(first.pts))
        return self._from_start(index, given_up)

    def _open(self) -> Decoder:
        """From the start, in place of what was open before."""
        self._exit.close()
        with ExitStack() as opening:
            container = opening.enter_context(open_video(self._path))
            try:
                self._decoder = Decoder(container, name=repr(str(self._path)), live=False)
            except av.FFmpegError as error:
                raise SourceError(_unreadable(self._path)) from error
            self._exit = opening.pop_all()
        return self._decoder

    def _frames(self, pictures: Iterable[Decoded], *, first: int) -> Iterator[Frame]:
        assert self._decoder is not None
        decoder = self._decoder
        try:
            for index, decoded in enumerate(pictures, first):
                yield Frame(decoded.picture, index, decoded.pts, time.monotonic_ns())
        except av.FFmpegError as error:
            self._broken = f"the file is broken after {_seconds(decoder)}: {error.strerror}"
        else:
            if decoder.ended_early:
                self._broken = f"the file ends early: it holds {_seconds(decoder)}"

    def _frame_times(self, given_up: GivenUp) -> FrameTimes:
        """Where the container does not vouch for its times, the whole file is read: once."""
        assert self._decoder is not None, "a source knows its times only while it is open"
        decoder = self._decoder
        guessed = EvenTimes(decoder.fps or UNKNOWN_FPS, decoder.frames)
        if self._times is None:
            listed = _declared_times(decoder) or self._read_times(decoder, given_up)
            if listed is None and given_up():
                return guessed
            self._timed = listed is not None
            self._times = listed or guessed
        return self._times

    def _read_times(self, decoder: Decoder, given_up: GivenUp) -> ListedTimes | None:
        with open_video(self._path) as container:
            packets = container.demux(video_stream(container, name=repr(str(self._path))))
            return _listed_times(packets, origin=decoder.origin, given_up=given_up)

    def _from_start(self, index: int, given_up: GivenUp) -> Iterator[Frame]:
        """The long way, for files without usable times: everything before is decoded again."""
        if given_up():
            return iter(())
        frames = self._frames(self._open(), first=0)
        last = next(frames)
        for frame in frames:
            if last.index == index:
                break
            if given_up():
                return iter(())
            last = frame
        else:
            return iter((last,))
        return chain((last, frame), frames)


def open_video(path: Path) -> InputContainer:
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceError(f"{str(path)!r} is empty (0 bytes): was it copied completely?")
    except FileNotFoundError as error:
        raise SourceError(_missing(path)) from error
    except IsADirectoryError as error:
        raise SourceError(f"{str(path)!r} is a folder: give a video file in it") from error
    except OSError as error:
        raise SourceError(f"cannot read {str(path)!r}: {error.strerror}") from error
    try:
        # "file:" keeps FFmpeg from taking a name like "a:b.mp4" for a protocol.
        return open_container(f"file:{path}")
    except av.FFmpegError as error:
        raise SourceError(_unreadable(path)) from error


def _missing(path: Path) -> str:
    what = f"no file {str(path)!r}"
    folder = path.parent
    if not folder.is_dir():
        return f"{what}: its folder {str(folder)!r} does not exist"
    names = [each.name for each in folder.iterdir()]
    close = difflib.get_close_matches(path.name, names, n=1)
    if close:
        return f"{what}: did you mean {str(folder / close[0])!r}?"
    return f"{what}, and none of a similar name beside it"


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        is_mp4 = file.read(12)[4:8] == b"ftyp"
    if is_mp4:
        return (
            f"{str(path)!r} is an MP4 without its index (moov): the recording was cut off before "
            "it was finished; repair it, or record it again as .mkv or fragmented MP4"
        )
    return f"{str(path)!r} is not a video that FFmpeg can read: check it with `ffprobe`"


def _seconds(decoder: Decoder) -> str:
    read = f"{float(decoder.read_seconds):.2f}"
    declared = decoder.declared_seconds
    return f"{read} of {float(declared):.2f} s" if declared else f"{read} s"


def _declared_times(decoder: Decoder) -> EvenTimes | None:
    """Of a container that vouches for them: its frames fill its length, at one constant rate."""
    if not (decoder.even and decoder.fps and decoder.frames and decoder.declared_seconds):
        return None
    missing = abs(decoder.declared_seconds * decoder.fps - decoder.frames)
    return EvenTimes(decoder.fps, decoder.frames) if missing < 1 else None


def _listed_times(
    packets: Iterable[Packet[VideoStream]], *, origin: Fraction, given_up: GivenUp
) -> ListedTimes | None:
    """Nothing is decoded; None where a packet has no time, or given up. A break ends the list."""
    times: set[Fraction] = set()
    with suppress(av.FFmpegError):
        for packet in packets:
            if packet.size == 0 or packet.is_discard or packet.is_corrupt:
                continue
            if packet.pts is None or given_up():
                return None
            times.add(packet.pts * fraction(packet.time_base) - origin)
    return ListedTimes(sorted(each for each in times if each >= 0)) if times else None
