"""Each round in a process of its own: no cache, thread or memory of another's is warm."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from rtseg.errors import EngineError, RtsegError, SourceError, UsageError

CHILD = (sys.executable, "-m", "rtseg.commands.bench_job")

ERRORS: dict[int, type[RtsegError]] = {2: UsageError, 3: SourceError, 4: EngineError}
"""By the exit code that the child tells; any other is a plain RtsegError."""


@dataclass(frozen=True)
class Order:
    """job: road is the whole road and then the engine alone. model: a name or a folder.

    reference: the model whose FP32 the ``agreement`` is with; unused by the others.
    """

    job: Literal["road", "engine", "agreement"]
    source: str
    mode: str
    model: str
    backend: str
    precision: str
    seconds: float
    warm_up: int
    reference: str = ""


class Apart:
    """Runs one child at a time; ``interrupt`` and ``kill`` reach the one that runs.

    A child has a session of its own, so that Ctrl-C comes to it once, and from here.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def run(self, order: Order) -> dict[str, Any]:
        """What the child answers. Raises the RtsegError that it died of."""
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            child = subprocess.Popen(
                CHILD,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,
            )
            self._child = child
            try:
                with child:
                    said = _asked(child, order)
            finally:
                child.kill()
                self._child = None
            return _answer(said, child.returncode, complaints)

    def interrupt(self) -> None:
        """The round ends early, and what it measured counts."""
        if self._child is not None:
            self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def _asked(child: subprocess.Popen[str], order: Order) -> str:
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):  # it died at once: of what, its exit status tells
        child.stdin.write(json.dumps(asdict(order)))
        child.stdin.close()
    return child.stdout.read()


def _answer(said: str, status: int, complaints: IO[str]) -> dict[str, Any]:
    """The last line: libraries print on stdout, too, as they please."""
    lines = said.strip().splitlines()
    answer: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1][:1] == "{" else {}
    if "error" in answer:
        raise ERRORS.get(answer["exit_code"], RtsegError)(answer["error"])
    if status == -signal.SIGKILL:
        raise RtsegError("it was killed (SIGKILL), most likely for want of memory")
    if status < 0:
        raise RtsegError(f"it was ended by {signal.Signals(-status).name}")
    if status or not answer:
        complaints.seek(0)
        words = [line.strip() for line in complaints if line.strip()]
        raise RtsegError(f"it ended with {status}: {words[-1] if words else 'no word'}")
    return answer
