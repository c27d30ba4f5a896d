"""Where JSON lines go that are no file: to a network address, or to whoever reads stdout."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from rtseg.errors import SinkError, UsageError


class Lines(Protocol):
    """Errors are OSErrors. Closing may be done twice."""

    def append(self, row: Mapping[str, Any]) -> None: ...

    def close(self) -> None: ...


class StdoutLines:
    """Each line is out before the next frame is written."""

    def append(self, row: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        pass


class UdpLines:
    """One datagram a line, sent or lost: nobody waits for a network. lost: how many it refused."""

    def __init__(self, host: str, port: int) -> None:
        """Raises SinkError where the host has no address."""
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise SinkError(
                f"cannot send to udp://{host}:{port}: {error.strerror}: give an address that "
                "this machine knows"
            ) from error
        self._address = address
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        self.lost = 0

    def append(self, row: Mapping[str, Any]) -> None:
        try:
            self._socket.sendto(json.dumps(row).encode() + b"\n", self._address)
        except OSError:
            self.lost += 1

    def close(self) -> None:
        self._socket.close()


def udp_address(target: str) -> tuple[str, int]:
    """Host and port of ``udp://HOST:PORT``. Raises UsageError."""
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path or parts.query or parts.username:
        # The address is not repeated: there may be a password in it.
        raise UsageError(
            "cannot send events to that address: write it as udp://HOST:PORT, with nothing else"
        )
    return host, port
