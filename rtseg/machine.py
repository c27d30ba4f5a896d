"""What a number was measured on: printed with every one."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("rtseg", "openvino", "onnxruntime", "av", "opencv-python-headless", "numpy", "numba")


def fingerprint() -> dict[str, Any]:
    """cores: those that this process may use. memory_mb: of the machine, in 2^20 bytes."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": platform.platform(),
        "versions": {"python": platform.python_version()} | {name: _of(name) for name in PACKAGES},
    }


def load() -> list[float]:
    """Runnable tasks, averaged over 1, 5 and 15 minutes: a quiet machine begins near 0."""
    return [round(each, 2) for each in os.getloadavg()]


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
