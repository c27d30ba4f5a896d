"""A network stream: RTSP, RTP, UDP or HTTP, with time limits that really end a wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType

import av
from av.container import InputContainer

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.decoder import Decoder, open_container
from rtseg.source.masking import masked
from rtseg.types import Frame

_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000"}
_RTSP = {**_LOW_DELAY, "rtsp_transport": "tcp"}
OPTIONS: dict[str, dict[str, str]] = {
    "rtsp": _RTSP,
    "rtsps": _RTSP,
    "rtp": _LOW_DELAY,
    "udp": _LOW_DELAY,
    "http": {},
    "https": {},
}
"""The schemes that can be opened, and FFmpeg's options for each."""

_CAUSES: dict[type[BaseException], str] = {
    av.ConnectionRefusedError: "the connection was refused: is the server running on that port?",
    av.HTTPNotFoundError: "not found: check the path after the host",
    av.HTTPUnauthorizedError: "unauthorised: check user and password",
    av.HTTPForbiddenError: "forbidden: this user may not see it",
    av.HTTPClientError: "the server refused the request",
    av.HTTPServerError: "the server failed: look at its log",
    av.InvalidDataError: "what came is not video that FFmpeg can read",
    av.ProtocolNotFoundError: "this FFmpeg was built without the protocol",
}


class NetworkStream:
    """Live unless what is behind the address declares an end, as a file on a web server does.

    open_seconds bounds connecting, and again finding out what the stream holds; read_seconds
    bounds the wait for each packet. Frames carry the moment at which their packet arrived.
    """

    def __init__(self, url: str, *, open_seconds: float = 10.0, read_seconds: float = 10.0) -> None:
        self._url = url
        self._open_seconds = open_seconds
        self._read_seconds = read_seconds
        self._exit = ExitStack()
        self._decoder: Decoder | None = None
        self._info: SourceInfo | None = None

    def __enter__(self) -> NetworkStream:
        began = time.monotonic()
        with ExitStack() as opening:
            try:
                container = opening.enter_context(self._connect())
                live = _is_live(container)
                decoder = Decoder(container, name=masked(self._url), live=live)
            except av.FFmpegError as error:
                limit = min(self._open_seconds, self._read_seconds)
                cause = _cause(error, late=time.monotonic() - began >= limit)
                message = f"cannot open {masked(self._url)}: {cause}"
                raise SourceError(message) from _without_url(error)
            self._decoder = decoder
            self._info = SourceInfo(
                name=masked(self._url),
                height=decoder.height,
                width=decoder.width,
                fps=decoder.fps,
                live=live,
                frames=decoder.frames,
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
        return self._decoder.warnings if self._decoder else ()

    def __iter__(self) -> Iterator[Frame]:
        assert self._decoder is not None, "a source gives frames only while it is open"
        asked = time.monotonic()
        try:
            for index, decoded in enumerate(self._decoder):
                yield Frame(decoded.given, index, decoded.pts, decoded.arrived_nanos)
                asked = time.monotonic()
        except av.FFmpegError as error:
            cause = _cause(error, late=time.monotonic() - asked >= self._read_seconds)
            message = f"lost {masked(self._url)}: {cause}"
            raise SourceError(message) from _without_url(error)
        if self.info.live or self._decoder.ended_early:
            raise SourceError(f"lost {masked(self._url)}: the other side ended the stream")

    def _connect(self) -> InputContainer:
        return open_container(
            self._url,
            options=dict(OPTIONS[self._url.split(":", 1)[0]]),
            timeout_seconds=(self._open_seconds, self._read_seconds),
        )


def _is_live(container: InputContainer) -> bool:
    """Nothing that ends: neither a length in time nor, for what is no playlist, in bytes."""
    if container.duration is not None:
        return False
    return (container.size or 0) <= 0 or container.format.name == "hls"


def _cause(error: av.FFmpegError, *, late: bool) -> str:
    # FFmpeg's own words do not always tell a wait that was ended from bad data or a failed read.
    if late or isinstance(error, av.ExitError):
        return "timed out: nothing came for as long as is allowed"
    causes = (words for kind, words in _CAUSES.items() if isinstance(error, kind))
    return next(causes, f"the connection failed ({error.strerror}): check address and network")


def _without_url(error: av.FFmpegError) -> av.FFmpegError:
    """The same error without the address in its text: a traceback would print the password."""
    return type(error)(error.errno or 0, error.strerror or "")
