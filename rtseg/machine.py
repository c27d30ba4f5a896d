"""What a number was measured on: printed with every one."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("rtseg", "openvino", "onnxruntime", "av", "opencv-python-headless", "numpy", "numba")


ROOT = Path("/")


def fingerprint(root: Path = ROOT) -> dict[str, Any]:
    """cores: those that this process may use. memory_mb: of the machine, in 2^20 bytes.

    root: where ``/proc`` is.
    """
    return {
        "cpu": _cpu(root),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": platform.platform(),
        "versions": {"python": platform.python_version()} | {name: _of(name) for name in PACKAGES},
    }


def load() -> list[float]:
    """Runnable tasks, averaged over 1, 5 and 15 minutes: a quiet machine begins near 0."""
    return [round(each, 2) for each in os.getloadavg()]


def _cpu(root: Path) -> str:
    """x86's processors have a name; Arm's only say their kind."""
    text = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
