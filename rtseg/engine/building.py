"""The builder's process, seen from outside: its progress, its result, its sudden end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import IO, Any

from rtseg.engine.backends import INSTALL
from rtseg.engine.trt_builder import BuildOrder, Installed
from rtseg.errors import EngineError, RtsegError

CHILD = (sys.executable, "-m", "rtseg.engine.trt_builder")

Tell = Callable[[dict[str, Any]], None]


def ask_installed(module: str) -> Installed:
    """Which TensorRT and GPU there are, without loading either here. Raises EngineError."""
    try:
        return Installed(**_run({"module": module}, lambda event: None))
    except EngineError as error:
        raise EngineError(f"{error}; {INSTALL[module]}") from error


def build_apart(order: BuildOrder, tell: Tell) -> dict[str, Any]:
    """What ``trt_builder.build`` returns, built in a child process that an exception here ends.

    tell: called with each of its ``phase`` events. Raises EngineError where it fails, and
    RtsegError where it is killed.
    """
    return _run(asdict(order), tell)


def _run(order: dict[str, Any], tell: Tell) -> dict[str, Any]:
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        child = subprocess.Popen(
            CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        try:
            with child:
                last = _listen(child, json.dumps(order), tell)
        finally:
            child.kill()
        if "done" in last:
            done: dict[str, Any] = last["done"]
            return done
        if "error" in last:
            raise EngineError(last["error"])
        raise _sudden_end(child.returncode, complaints)


def _listen(child: subprocess.Popen[str], order: str, tell: Tell) -> dict[str, Any]:
    """The last event. The builder's libraries print on stdout too, as they please."""
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
        child.kill()
        raise
    return last


def _sudden_end(status: int, complaints: IO[str]) -> RtsegError:
    if status == -signal.SIGKILL:
        return RtsegError(
            "the builder was killed (SIGKILL), most likely for want of memory: close other "
            "programs, or give it less with --workspace"
        )
    if status < 0:
        return RtsegError(
            f"the builder was ended by {signal.Signals(-status).name}; nothing was stored: repeat "
            "the command"
        )
    complaints.seek(0)
    lines = [line.strip() for line in complaints if line.strip()]
    return EngineError(f"the builder ended with {status}: {lines[-1] if lines else 'no word'}")
