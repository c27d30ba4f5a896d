"""The TCP connections that FFmpeg holds to one host, so that waiting for them can be ended.

PyAV has no way to interrupt a read: only time limits, and a read over HTTP that a limit has ended
cannot be taken up again, so that short slices of waiting are no way out. But whoever shuts a socket
down wakes all who wait for it. Which sockets are FFmpeg's is found in Linux's ``/proc/self/fd``:
those to this host that were not there before it was called. Elsewhere none is found, and a read
ends when its time is over.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from rtseg.errors import SourceError

_FDS = "/proc/self/fd"
_SLICE_SECONDS = 0.2

_dialling: dict[str, threading.Lock] = {}
"""One at a time per host, so that it is known whose a new socket is."""

_owners: dict[str, Line] = {}
"""By the socket's name in /proc, which no other socket of this process has at the same time."""


class Line:
    """``with line.dialling(): av.open(...)``, and ``hang_up`` from any thread. Never reused."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._addresses: frozenset[str] = frozenset()
        self._before: frozenset[str] = frozenset()
        self._hung_up = False

    @property
    def hung_up(self) -> bool:
        return self._hung_up

    @contextmanager
    def dialling(self) -> Iterator[None]:
        """Raises SourceError where nobody knows the host, and once it was hung up."""
        lock = _dialling.setdefault(self._host, threading.Lock())
        while not lock.acquire(timeout=_SLICE_SECONDS):
            self._refuse_hung_up()
        try:
            self._addresses = _resolved(self._host)
            self._before = frozenset(name for name, _ in _sockets(self._addresses))
            self._refuse_hung_up()
            yield
        finally:
            for name, _ in _sockets(self._addresses):
                if name not in self._before:
                    _owners.setdefault(name, self)
            lock.release()

    def hang_up(self) -> None:
        self._hung_up = True
        for name, file in _sockets(self._addresses):
            if name not in self._before and _owners.get(name, self) is self:
                _shut(file)

    def forget(self) -> None:
        """Its sockets are closed: their names may come back as somebody else's."""
        for name in [name for name, owner in _owners.items() if owner is self]:
            _owners.pop(name, None)

    def _refuse_hung_up(self) -> None:
        if self._hung_up:
            raise SourceError(f"{self._host} was not called: closed before", cause="closed")


def _resolved(host: str) -> frozenset[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"nobody knows the host {host!r}: check the name and this machine's network"
        raise SourceError(message, cause="not found") from error
    return frozenset(str(address[0]) for *_, address in found)


def _sockets(addresses: frozenset[str]) -> list[tuple[str, int]]:
    """Name and file of every TCP socket to one of these, or on its way to anywhere."""
    found = []
    with suppress(OSError):
        for file in map(int, os.listdir(_FDS)):
            with suppress(OSError):
                name = os.readlink(f"{_FDS}/{file}")
                if name.startswith("socket:") and _leads_to(file, addresses):
                    found.append((name, file))
    return found


def _leads_to(file: int, addresses: frozenset[str]) -> bool:
    with closing(socket.socket(fileno=os.dup(file))) as copy:
        if copy.type != socket.SOCK_STREAM or copy.family == socket.AF_UNIX:
            return False
        if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
        try:
            return copy.getpeername()[0].removeprefix("::ffff:") in addresses
        except OSError:
            return True


def _shut(file: int) -> None:
    with suppress(OSError), closing(socket.socket(fileno=os.dup(file))) as copy:
        copy.shutdown(socket.SHUT_RDWR)
