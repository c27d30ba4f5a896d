"""One measurement in a process of its own: no warm cache, thread or memory of another's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RTSEG = (sys.executable, "-m", "rtseg")


class ChildError(Exception):
    """The command failed: its exit code, and the last line that it wrote to stderr."""


@dataclass(frozen=True)
class Child:
    """report: the JSON object from stdout. seconds: from before its start until it was gone.

    peak_rss_mb: the kernel's figure, in 2^20 bytes. It begins at the peak of the process that
    started the child: a script that quotes it must itself stay small.
    """

    report: dict[str, Any]
    seconds: float
    peak_rss_mb: float


def run_child(command: Sequence[str | Path]) -> Child:
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        with process.stdout:
            said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise ChildError(
                f"{_named(command)}: exit {process.returncode}: {_last(errors.read())}"
            )
    return Child(json.loads(said), seconds, usage.ru_maxrss / 1024)


def run_rtseg(*arguments: str | Path) -> Child:
    """``rtseg run ... --json``."""
    return run_child([*RTSEG, "run", *arguments, "--json"])


def _named(command: Sequence[str | Path]) -> str:
    return " ".join(map(str, command[1:]))


def _last(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
