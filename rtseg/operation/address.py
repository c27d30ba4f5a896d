"""Where to listen, as a user says it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from rtseg.errors import UsageError

LOOPBACK = "127.0.0.1"
BACKLOG = 16


@dataclass(frozen=True)
class Address:
    """host: a name or number; an IPv6 one without brackets. port: 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parsed(cls, text: str) -> Address:
        """``:9090`` is this machine only; others must be asked for: ``0.0.0.0:9090``."""
        try:
            parts = urlsplit(f"//{text}")
            port = parts.port
        except ValueError as error:
            raise UsageError(f"cannot listen on {text!r}: {error}") from error
        if port is None or parts.netloc != text or "@" in text:
            raise UsageError(f"cannot listen on {text!r}: expected :PORT or HOST:PORT")
        return cls(parts.hostname or LOOPBACK, port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def bound(self) -> socket.socket:
        """Listening. Raises UsageError where that is not possible."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise UsageError(
                f"cannot listen on {self}: {_reason(error)}; choose another, or port 0 for any "
                "free one"
            ) from error


def _reason(error: OSError) -> str:
    """Python adds the address to the system's words where it made the socket itself."""
    words = (error.strerror or str(error)).partition(" (while attempting")[0]
    return words[:1].lower() + words[1:]
