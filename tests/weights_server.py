"""A server of one file on this machine, with the faults that real ones have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What the server does, and what it was asked for: (path, Range header) of every request.

    cut_after: bytes of an answer after which the connection ends. pause_s: before each further
    quarter, until ``hurry`` is set. stated: another length than the true one. first_byte: another
    place than the one asked for. status: instead of a file.
    """

    content: bytes
    ranges: bool = True
    cut_after: int | None = None
    pause_s: float = 0.0
    stated: int | None = None
    state_length: bool = True
    first_byte: int | None = None
    status: int = 200
    hurry: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """Yields the address; every thread has ended afterwards."""

    class Handler(_Handler):
        told = behaviour

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    told: Behaviour

    def do_GET(self) -> None:
        told, asked = self.told, self.headers.get("Range")
        told.seen.append((self.path, asked))
        if told.status != 200:
            self.send_error(told.status)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if not told.ranges:
            start = 0
        elif start >= len(told.content):
            self.send_error(416)
            return
        self._head(start)
        self._body(told.content[start : None if told.cut_after is None else start + told.cut_after])

    def _head(self, start: int) -> None:
        told = self.told
        total = len(told.content) if told.stated is None else told.stated
        self.send_response(206 if start else 200)
        if start:
            first = start if told.first_byte is None else told.first_byte
            self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
        if told.state_length:
            self.send_header("Content-Length", str(total - start))
        self.end_headers()

    def _body(self, content: bytes) -> None:
        step = max(1, len(content) // 4)
        for place in range(0, len(content), step):
            if place:
                self.told.hurry.wait(self.told.pause_s)
            try:
                self.wfile.write(content[place : place + step])
                self.wfile.flush()
            except ConnectionError:
                return

    def log_message(self, *_: object) -> None:
        pass
