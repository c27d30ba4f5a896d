"""A network stream: RTSP, RTP, UDP or HTTP, with time limits that really end a wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from rtseg.errors import Cause, SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.decoder import Decoder, open_container
from rtseg.source.line import Line
from rtseg.source.masking import masked
from rtseg.types import Frame

_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay", "analyzeduration": "1000000"}
# Without the second in which FFmpeg would measure a rate: it takes the one that is declared.
_RTSP = {**_LOW_DELAY, "fpsprobesize": "0", "rtsp_transport": "tcp"}
_RTSP_UDP = {**_RTSP, "rtsp_transport": "udp"}
OPTIONS: dict[str, dict[str, str]] = {
    "rtsp": _RTSP,
    "rtsps": _RTSP,
    "rtspt": _RTSP,
    "rtspu": _RTSP_UDP,
    "rtp": _LOW_DELAY,
    "udp": _LOW_DELAY,
    "http": {},
    "https": {},
}
"""The schemes that can be opened, and FFmpeg's options for each."""

_PROTOCOLS = {"rtspt": "rtsp", "rtspu": "rtsp"}
"""Names by which GStreamer and VLC choose how RTSP's media travel; FFmpeg has an option."""

_RELISTEN_SECONDS = 1.5
"""Nothing ends a wait for UDP but its time limit; listening anew costs nothing."""

_CAUSES: dict[type[BaseException], tuple[Cause, str]] = {
    av.ConnectionRefusedError: (
        "refused",
        "the connection was refused: is the server running on that port?",
    ),
    av.HTTPNotFoundError: ("not found", "not found: check the path after the host"),
    av.HTTPUnauthorizedError: ("auth failed", "unauthorised: check user and password"),
    av.HTTPForbiddenError: ("auth failed", "forbidden: this user may not see it"),
    av.HTTPClientError: ("refused", "the server refused the request"),
    av.HTTPServerError: ("refused", "the server failed: look at its log"),
    av.InvalidDataError: ("codec unsupported", "what came is not video that FFmpeg can read"),
    av.ProtocolNotFoundError: (
        "codec unsupported",
        "this FFmpeg was built without the protocol",
    ),
}


class NetworkStream:
    """Live unless what is behind the address declares an end, as a file on a web server does.

    open_seconds bounds connecting, and again finding out what the stream holds; read_seconds
    bounds the wait for each picture. Frames carry the moment at which their packet arrived.
    ``close`` hangs up: what waits for TCP ends at once, what waits for UDP at the end of its time.
    """

    def __init__(self, url: str, *, open_seconds: float = 10.0, read_seconds: float = 10.0) -> None:
        self._url = url
        self._open_seconds = open_seconds
        scheme = url.split(":", 1)[0]
        is_udp = scheme in ("udp", "rtp")
        self._read_seconds = min(read_seconds, _RELISTEN_SECONDS) if is_udp else read_seconds
        self._line = Line(urlsplit(url).hostname or "")
        self._exit = ExitStack()
        self._decoder: Decoder | None = None
        self._info: SourceInfo | None = None

    def __enter__(self) -> NetworkStream:
        began = time.monotonic()
        with ExitStack() as opening:
            opening.callback(self._line.forget)
            try:
                with self._line.dialling():
                    container = opening.enter_context(self._connect())
                live = _is_live(container)
                decoder = Decoder(
                    container,
                    name=masked(self._url),
                    live=live,
                    silence_seconds=self._read_seconds if live else None,
                )
            except av.FFmpegError as error:
                limit = min(self._open_seconds, self._read_seconds)
                raise self._failure("cannot open", error, late=_since(began) >= limit) from (
                    _without_url(error)
                )
            except SourceError as error:
                message = f"cannot open {masked(self._url)}: {error}"
                raise SourceError(message, cause=error.cause) from error
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
        if self._decoder is not None:
            self._decoder.close()
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
                yield Frame(decoded.picture, index, decoded.pts, decoded.arrived_nanos)
                asked = time.monotonic()
        except av.FFmpegError as error:
            if self._line.hung_up:
                return
            late = _since(asked) >= self._read_seconds
            raise self._failure("lost", error, late=late) from _without_url(error)
        if not self._line.hung_up and (self.info.live or self._decoder.ended_early):
            raise SourceError(f"lost {masked(self._url)}: the other side ended the stream")

    def close(self) -> None:
        self._line.hang_up()

    def _failure(self, what: str, error: av.FFmpegError, *, late: bool) -> SourceError:
        cause, words = _cause(error, late=late)
        if self._line.hung_up:
            cause, words = "closed", "closed meanwhile"
        return SourceError(f"{what} {masked(self._url)}: {words}", cause=cause)

    def _connect(self) -> InputContainer:
        scheme, colon, rest = self._url.partition(":")
        return open_container(
            _PROTOCOLS.get(scheme, scheme) + colon + rest,
            options=dict(OPTIONS[scheme]),
            timeout_seconds=(self._open_seconds, self._read_seconds),
        )


def _is_live(container: InputContainer) -> bool:
    """Nothing that ends: neither a length in time nor, for what is no playlist, in bytes."""
    if container.duration is not None:
        return False
    return (container.size or 0) <= 0 or container.format.name == "hls"


def _cause(error: av.FFmpegError, *, late: bool) -> tuple[Cause, str]:
    # FFmpeg's own words do not always tell a wait that was ended from bad data or a failed read.
    if late or isinstance(error, av.ExitError):
        return "timeout", "timed out: nothing came for as long as is allowed"
    known = (each for kind, each in _CAUSES.items() if isinstance(error, kind))
    failed = f"the connection failed ({error.strerror}): check address and network"
    return next(known, ("lost", failed))


def _since(began: float) -> float:
    return time.monotonic() - began


def _without_url(error: av.FFmpegError) -> av.FFmpegError:
    """The same error without the address in its text: a traceback would print the password."""
    return type(error)(error.errno or 0, error.strerror or "")
