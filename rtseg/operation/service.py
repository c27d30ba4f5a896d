"""What the service manager that started this process is told: the protocol of sd_notify(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from rtseg.errors import UsageError


class ServiceManager:
    """Does nothing where the environment names no socket. One thread.

    A watchdog is fed by frames, not by a clock: at most every half of its time, and only when a
    frame has come since. So a run that stalls for longer than its time is ended by the manager.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._half_nanos = _watchdog_nanos(environment) // 2
        self._ready = self._stopping = False
        self._fed_nanos = self._frame_nanos = 0

    def flow(self, frame_nanos: int, now_nanos: int) -> None:
        """Call it often. frame_nanos: when the newest frame left the last sink, 0 before one did.

        The first one makes the service ready.
        """
        if frame_nanos == self._frame_nanos or self._stopping:
            return
        if not self._ready:
            self._ready, self._fed_nanos = True, now_nanos
            self._tell("READY=1")
        elif self._half_nanos and now_nanos - self._fed_nanos >= self._half_nanos:
            self._fed_nanos = now_nanos
            self._tell("WATCHDOG=1")
        else:
            return
        self._frame_nanos = frame_nanos

    def stop(self) -> None:
        """The run is ending by itself or was asked to. Any number of times."""
        if not self._stopping:
            self._stopping = True
            self._tell("STOPPING=1")

    def _tell(self, words: str) -> None:
        if not self._address:
            return
        # A manager that is gone or busy cannot be told, and is no reason to lose frames.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(words.encode(), self._address)


def _address(name: str) -> str:
    """A name that begins with @ is an abstract one: its first byte is a zero."""
    if name and name[0] not in "/@":
        raise UsageError(
            f"NOTIFY_SOCKET {name!r} cannot be used: expected an absolute path or @NAME"
        )
    return "\0" + name[1:] if name.startswith("@") else name


def _watchdog_nanos(environment: Mapping[str, str]) -> int:
    """0 where there is no watchdog, or where it is meant for another process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    micros = environment.get("WATCHDOG_USEC", "0")
    if not micros.isdecimal():
        raise UsageError(f"WATCHDOG_USEC {micros!r} is no whole number of microseconds")
    return int(micros) * 1000
