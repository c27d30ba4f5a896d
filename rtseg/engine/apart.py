"""Work in a process of its own, seen from outside: its progress, its result, its sudden end.

The process gets one JSON object on stdin. Each line on its stdout is one too: ``phase`` while it
goes on, at the end ``done`` or ``error``. Whatever else its libraries print there is passed over.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from rtseg.errors import EngineError, RtsegError

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Worker:
    """name: in messages. words: its command line. ending: the signal that ends it.

    spare: what to do where there was too little memory, besides closing other programs.
    environment: added to that of this process.
    """

    name: str
    words: Sequence[str]
    ending: signal.Signals = signal.SIGKILL
    spare: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def ask(self, order: dict[str, Any], tell: Tell) -> dict[str, Any]:
        """What it says is ``done``; an exception here ends it.

        tell: called with each ``phase``. Raises EngineError where it fails, RtsegError where it
        is killed.
        """
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            child = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=os.environ | self.environment,
                text=True,
            )
            try:
                with child:
                    last = self._listen(child, json.dumps(order), tell)
            finally:
                child.kill()
            if "done" in last:
                done: dict[str, Any] = last["done"]
                return done
            if "error" in last:
                raise EngineError(last["error"])
            raise self._sudden_end(child.returncode, complaints)

    def _listen(self, child: subprocess.Popen[str], order: str, tell: Tell) -> dict[str, Any]:
        """The last event."""
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            try:
                child.stdin.write(order)
                child.stdin.close()
            except BrokenPipeError:
                pass  # it died at once: how, its exit status tells
            last: dict[str, Any] = {}
            for line in child.stdout:
                if line.startswith("{"):
                    last = json.loads(line)
                    if "phase" in last:
                        tell(last)
        except BaseException:
            child.send_signal(self.ending)
            raise
        return last

    def _sudden_end(self, status: int, complaints: IO[str]) -> RtsegError:
        if status == -signal.SIGKILL:
            return RtsegError(
                f"{self.name} was killed (SIGKILL), most likely for want of memory: close other "
                f"programs{self.spare}"
            )
        if status < 0:
            return RtsegError(
                f"{self.name} was ended by {signal.Signals(-status).name}; nothing was stored: "
                "repeat the command"
            )
        complaints.seek(0)
        lines = [line.strip() for line in complaints if line.strip()]
        return EngineError(f"{self.name} ended with {status}: {lines[-1] if lines else 'no word'}")
