"""The builder's process: what it is asked, and what it answers."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

from rtseg.engine.backends import INSTALL
from rtseg.engine.trt_builder import BuildOrder, Installed
from rtseg.errors import EngineError
from rtseg.worker import Tell, Worker

WORDS = (sys.executable, "-m", "rtseg.engine.trt_builder")


def ask_installed(module: str) -> Installed:
    """Which TensorRT and GPU there are, without loading either here. Raises EngineError."""
    try:
        return Installed(**_builder().ask({"module": module}, lambda event: None))
    except EngineError as error:
        raise EngineError(f"{error}; {INSTALL[module]}") from error


def build_apart(order: BuildOrder, tell: Tell) -> dict[str, Any]:
    """What ``trt_builder.build`` returns, built in a child process that an exception here ends.

    tell: called with each of its ``phase`` events. Raises EngineError where it fails, and
    RtsegError where it is killed.
    """
    return _builder().ask(asdict(order), tell)


def _builder() -> Worker:
    return Worker("the builder", WORDS, spare=", or give it less with --workspace")
