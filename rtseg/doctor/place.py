"""Where facts are looked for."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtseg.doctor.loading import loadable
from rtseg.engine.gpu import DRIVER

READ_WRITE = os.R_OK | os.W_OK


@dataclass(frozen=True)
class Place:
    """This machine; or a picture of another: its files below ``root``, its environment.

    packages: folders in which Python looks for them. loadable: those whose loading is tried.
    driver: NVIDIA's library, as dlopen takes it. permits: as ``os.access``, for this user.
    """

    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    architecture: str = field(default_factory=platform.machine)
    packages: tuple[str, ...] = field(default_factory=lambda: tuple(sys.path))
    loadable: tuple[str, ...] = field(default_factory=loadable)
    driver: str = DRIVER
    permits: Callable[[Path, int], bool] = os.access

    def path(self, name: str) -> Path:
        """name: absolute."""
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str:
        """Without the ends' white space and NULs; "" for what cannot be read."""
        try:
            return self.path(name).read_text("utf-8", errors="replace").strip("\0 \n\t")
        except OSError:
            return ""

    def names(self, pattern: str) -> list[str]:
        """Absolute, as seen from ``root``, in order."""
        found = self.root.glob(pattern.lstrip("/"))
        return sorted(f"/{path.relative_to(self.root)}" for path in found)


def numbers(version: str) -> tuple[int, ...]:
    """Of a version, to be compared: "10.3.0.26" is (10, 3, 0, 26); "" and "dev" are ()."""
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])))
