"""The sound of the source, copied packet by packet beside a new picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet

AudioPacket: TypeAlias = "Packet[AudioStream]"


class AudioTrack:
    """The first audio stream of a file, in time with that file's first video frame.

    Never fails a run: what cannot be copied is left out, and said in ``warnings``.
    """

    def __init__(self, path: Path) -> None:
        self.warnings: list[str] = []
        self._path = path
        self._source: InputContainer | None = None
        self._target: AudioStream | None = None
        self._output: OutputContainer | None = None
        self._packets: Iterator[AudioPacket] = iter(())
        self._next: AudioPacket | None = None

    def join(self, output: OutputContainer) -> None:
        """Adds a stream to the output, if there is sound and the output's container can hold it."""
        try:
            self._source = av.open(str(self._path))
        except (FFmpegError, OSError) as error:
            self._leave_out(f"cannot open {str(self._path)!r}: {error}")
            return
        if not self._source.streams.audio:
            return
        stream = self._source.streams.audio[0]
        codec = stream.codec_context.name
        if codec not in output.supported_codecs:
            self._leave_out(f"{output.format.name} cannot hold {codec}")
            return
        if (
            codec == "aac"
            and not stream.codec_context.extradata
            and output.format.name in ("mp4", "mov")
        ):
            self._leave_out("an MP4 holds no AAC of a transport stream: name the output .mkv")
            return
        try:
            self._target = output.add_stream_from_template(stream)
        except ValueError as error:
            self._leave_out(str(error))
            return
        self._output = output
        self._packets = self._shifted(stream)
        self._advance()

    def copy_until(self, seconds: Fraction) -> None:
        """Copies every packet that begins before ``seconds`` of the new video."""
        while self._next is not None and _begin(self._next) < seconds:
            assert self._output is not None
            assert self._target is not None
            self._next.stream = self._target
            self._output.mux(self._next)
            self._advance()

    def close(self) -> None:
        self._next = None
        if self._source is not None:
            with suppress(FFmpegError):
                self._source.close()

    def _shifted(self, stream: AudioStream) -> Iterator[AudioPacket]:
        """Packets on the clock of the first video frame; what sounded before it is left out.

        So is what steps back in time: containers refuse it.
        """
        assert self._source is not None
        start = _start_of_video(self._source)
        earliest = 0
        for packet in self._source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            shift = round(start / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            if packet.dts >= earliest:
                earliest = packet.dts + 1
                yield packet

    def _advance(self) -> None:
        try:
            self._next = next(self._packets, None)
        except FFmpegError as error:
            self._next = None
            self._leave_out(f"the rest cannot be read: {error}")

    def _leave_out(self, reason: str) -> None:
        self.warnings.append(f"sound was left out: {reason}")


def _begin(packet: AudioPacket) -> Fraction:
    assert packet.pts is not None
    return packet.pts * packet.time_base


def _start_of_video(container: InputContainer) -> Fraction:
    for video in container.streams.video:
        if video.start_time is not None and video.time_base is not None:
            return video.start_time * video.time_base
    return Fraction(0)
