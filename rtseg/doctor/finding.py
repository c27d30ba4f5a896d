"""One thing that was looked at, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "hint", "warning", "error"]

LEVELS: tuple[Level, ...] = ("error", "warning", "hint", "ok")
"""Worst first. error: the main job, a video in and a video out, cannot be done here. warning:
something that is there does not work, or works badly. hint: something more could be had."""


@dataclass(frozen=True)
class Finding:
    """key: the same in every version. title: one line. command: for a shell, as it is.

    cause, consequence and command are "" where all is well.
    """

    level: Level
    key: str
    title: str
    cause: str = ""
    consequence: str = ""
    command: str = ""


def fine(key: str, title: str) -> Finding:
    return Finding("ok", key, title)
