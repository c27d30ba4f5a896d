"""A few pages over HTTP, for whoever watches a run; nothing is read from a client but its wish."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import TracebackType

from rtseg.operation.address import Address

HEAD_BYTES = 8192
EXCHANGE_SECONDS = 5.0
CONNECTIONS = 16
"""Limits: of a request's head, of everything between connecting and closing, and of how many
clients are served at a time. One more is turned away."""


@dataclass(frozen=True)
class Page:
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK


class Endpoint:
    """Listens while the block is entered; leaving it ends its thread and every connection.

    pages: by path; called on the endpoint's thread, for every request anew. Only GET and HEAD of
    exactly these paths are answered; a query is ignored, and so is whatever follows the head.
    """

    def __init__(self, address: Address, pages: Mapping[str, Callable[[], Page]]) -> None:
        self._wanted, self._pages = address, pages
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="rtseg-endpoint")
        self._started = threading.Event()

    def __enter__(self) -> Endpoint:
        self._socket = self._wanted.bound()
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """With the port that was found; once the block is entered."""
        return f"http://{self._address}"

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._address = replace(self._wanted, port=self._socket.getsockname()[1])
        server = await asyncio.start_server(self._meet, sock=self._socket, limit=HEAD_BYTES)
        self._started.set()
        async with server:
            await self._ending.wait()
            for writer in self._writers:
                writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= CONNECTIONS or self._ending.is_set():
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            await asyncio.wait_for(self._exchange(reader, writer), EXCHANGE_SECONDS)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass  # A client that went away, or that was too slow, gets nothing.
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            head, page = b"", _said(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            page = self._page(head)
        writer.write(_answer(page, with_body=not head.startswith(b"HEAD ")))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _page(self, head: bytes) -> Page:
        words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _said(HTTPStatus.BAD_REQUEST)
        method, target, _ = words
        if method not in ("GET", "HEAD"):
            return _said(HTTPStatus.METHOD_NOT_ALLOWED)
        page = self._pages.get(target.partition("?")[0])
        return page() if page is not None else _said(HTTPStatus.NOT_FOUND)


def _said(status: HTTPStatus) -> Page:
    return Page(f"{status.phrase}\n".encode(), status=status)


def _answer(page: Page, *, with_body: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {page.status.value} {page.status.phrase}",
        f"Content-Type: {page.content_type}",
        f"Content-Length: {len(page.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if page.status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1") + (page.body if with_body else b"")
