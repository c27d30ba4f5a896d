"""A video file: every decodable frame, as fast as it is asked for."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import av
from av.container import InputContainer

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.decoder import Decoder, open_container
from rtseg.types import Frame


class VideoFile:
    """Frames keep the times of the file, also where they are irregular; nothing is dropped."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._exit = ExitStack()
        self._decoder: Decoder | None = None
        self._info: SourceInfo | None = None
        self._broken: str | None = None

    def __enter__(self) -> VideoFile:
        with ExitStack() as opening:
            container = opening.enter_context(open_video(self._path))
            try:
                decoder = Decoder(container, name=repr(str(self._path)), live=False)
            except av.FFmpegError as error:
                raise SourceError(_unreadable(self._path)) from error
            self._decoder = decoder
            self._info = SourceInfo(
                name=str(self._path),
                height=decoder.height,
                width=decoder.width,
                fps=decoder.fps,
                live=False,
                frames=decoder.frames,
                path=self._path,
            )
            self._exit = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

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
        decoder = self._decoder
        try:
            for index, decoded in enumerate(decoder):
                yield Frame(decoded.picture, index, decoded.pts, time.monotonic_ns())
        except av.FFmpegError as error:
            self._broken = f"the file is broken after {_seconds(decoder)}: {error.strerror}"
        else:
            if decoder.ended_early:
                self._broken = f"the file ends early: it holds {_seconds(decoder)}"


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
