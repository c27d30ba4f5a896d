"""Work in a process of its own, seen from outside: its progress, its result, its sudden end.

The process gets one JSON object on stdin. Each line on its stdout is one too: ``phase`` while it
goes on, at the end ``done``, or ``error`` with its ``exit_code``. Whatever else its libraries
print there is passed over.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from rtseg.errors import EngineError, RtsegError, SourceError, UsageError

Tell = Callable[[dict[str, Any]], None]

ERRORS: dict[int, type[RtsegError]] = {2: UsageError, 3: SourceError, 4: EngineError}
"""By the exit code that the process tells; any other is a plain RtsegError."""

GRACE_SECONDS = 5.0
"""For a process that is asked to end, before it is killed; and after that for the kernel."""


@dataclass(frozen=True)
class Patience:
    """seconds: of silence after which a process is ended. remedy: what to do then."""

    seconds: float
    remedy: str


@dataclass
class Worker:
    """One process at a time, in a session of its own: Ctrl-C comes to it once, and from here.

    name: in messages. words: its command line. ending: the signal that ends it; what does not end
    by it is killed. spare: what to do where there was too little memory, besides closing other
    programs. environment: added to that of this process. patience: None waits for ever.
    """

    name: str
    words: Sequence[str]
    ending: signal.Signals = signal.SIGKILL
    spare: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: Patience | None = None
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def ask(self, order: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
        """What it says is ``done``; an exception here ends it.

        tell: called with each ``phase``. Raises the error that it tells, EngineError where it
        ends without a word of why, RtsegError where it is killed or silent for too long.
        """
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            child = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=os.environ | self.environment,
                start_new_session=True,
            )
            self._child = child
            try:
                last = self._listen(child, json.dumps(order), tell)
            finally:
                self._end(child)
                self._child = None
            if "done" in last:
                done: dict[str, Any] = last["done"]
                return done
            if "error" in last:
                raise ERRORS.get(last["exit_code"], RtsegError)(last["error"])
            raise self._sudden_end(child.returncode, complaints)

    def interrupt(self) -> None:
        """What it has done until now should count. From any thread or signal handler."""
        if self._child is not None:
            self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """From any thread or signal handler."""
        if self._child is not None:
            self._child.kill()

    def _listen(self, child: subprocess.Popen[bytes], order: str, tell: Tell) -> dict[str, Any]:
        """The last event."""
        assert child.stdin is not None
        with suppress(BrokenPipeError):  # it died at once: how, its exit status tells
            child.stdin.write(order.encode())
            child.stdin.close()
        last: dict[str, Any] = {}
        try:
            for line in self._lines(child):
                if line.startswith("{"):
                    last = json.loads(line)
                    if "phase" in last:
                        tell(last)
            child.wait(self._seconds)
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise self._silence(last) from error
        return last

    def _lines(self, child: subprocess.Popen[bytes]) -> Iterator[str]:
        """Raises TimeoutError where the next one does not come in time."""
        assert child.stdout is not None
        rest = b""
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while ready.select(self._seconds):
                piece = os.read(child.stdout.fileno(), 1 << 16)
                *whole, rest = (rest + piece).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
                if not piece:
                    yield rest.decode(errors="replace")
                    return
        raise TimeoutError

    @property
    def _seconds(self) -> float | None:
        return self.patience.seconds if self.patience else None

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """One that hangs in its driver may survive even SIGKILL: it is not waited for."""
        if child.poll() is None:
            child.send_signal(self.ending)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_SECONDS)
        if child.poll() is None:
            child.kill()
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_SECONDS)
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def _silence(self, last: dict[str, Any]) -> RtsegError:
        assert self.patience is not None
        during = f" in the phase {last['phase']!r}" if "phase" in last else ""
        return RtsegError(
            f"{self.name} said nothing for {self.patience.seconds:g} s{during} and was ended: "
            f"{self.patience.remedy}"
        )

    def _sudden_end(self, status: int, complaints: IO[str]) -> RtsegError:
        if status == -signal.SIGKILL:
            return RtsegError(
                f"{self.name} was killed (SIGKILL), most likely for want of memory: close other "
                f"programs{self.spare}"
            )
        if status < 0:
            return RtsegError(
                f"{self.name} was ended by {signal.Signals(-status).name}: repeat the command"
            )
        complaints.seek(0)
        lines = [line.strip() for line in complaints if line.strip()]
        return EngineError(f"{self.name} ended with {status}: {lines[-1] if lines else 'no word'}")
