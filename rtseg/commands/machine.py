"""The machine that a report speaks of, and what it lacks to run TensorRT."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import asdict
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rtseg.doctor.facts.jetson import linux_version
from rtseg.engine.backends import INSTALL
from rtseg.engine.gpu import find_gpu, the_gpu
from rtseg.engine.nvrtc import find_nvrtc
from rtseg.errors import EngineError
from rtseg.machine import ROOT, fingerprint

JETPACKS = {35: "5", 36: "6", 38: "7", 39: "7"}
"""Major release of L4T -> of JetPack, as NVIDIA's release notes pair them."""

PACKAGES = ("numpy", "cv2", "av", "openvino", "onnx", "onnxruntime", "pycuda", "tensorrt")
"""By the names that are imported: what brought them has other names on other machines."""

NEEDED = {
    "tensorrt": INSTALL["tensorrt"],
    "pycuda": INSTALL["pycuda"],
    "onnx": "install it with: pip install 'rtseg[build]'",
    "onnxruntime": "install it with: pip install 'rtseg[build]'",
}
"""Packages without which no TensorRT engine is built and run here, and how to get each."""


def machine(root: Path = ROOT) -> dict[str, Any]:
    """root: where ``/etc``, ``/proc`` and ``/sys`` are. None for what there is not."""
    gpu = find_gpu()
    plain = fingerprint(root)
    return plain | {
        "board": _line(root / "proc/device-tree/model"),
        **l4t(root),
        "power_mode": _said("nvpmodel", "-q"),
        "gpu": asdict(gpu) if gpu else None,
        "driver": _line(root / "proc/driver/nvidia/version"),
        "cuda_toolkit": _toolkit(),
        "versions": plain["versions"] | _versions(),
    }


def l4t(root: Path = ROOT) -> dict[str, str | None]:
    """A Jetson's system, e.g. 36.4.3, and the JetPack it belongs to, e.g. 6."""
    linux = linux_version(_line(root / "etc/nv_tegra_release") or "")
    if not linux:
        return {"l4t": None, "jetpack": None}
    return {"l4t": linux, "jetpack": JETPACKS.get(int(linux.partition(".")[0]))}


def obstacles(root: Path = ROOT) -> list[str]:
    """What keeps TensorRT engines from being built and run here, one line each."""
    found, gpu = [], None
    try:
        gpu = the_gpu()
    except EngineError as error:
        found.append(str(error))
    for name, remedy in NEEDED.items():
        if find_spec(name) is None:
            hidden = name == "tensorrt" and l4t(root)["l4t"]
            where = "; a venv sees it only if made with --system-site-packages" if hidden else ""
            found.append(f"the Python package {name!r} is missing: {remedy}{where}")
    if shutil.which("nvcc") is None and (gpu is None or find_nvrtc(gpu) is None):
        found.append(
            "nvcc or NVRTC, which compiles the CUDA kernels, is not found: install the CUDA "
            "toolkit, and put its folder, /usr/local/cuda/bin, into PATH"
        )
    return found


def _toolkit() -> str | None:
    found = re.search(r"release ([\d.]+)", _said("nvcc", "--version") or "")
    return found[1] if found else None


def _versions() -> dict[str, str | None]:
    brought = packages_distributions()
    return {
        name: version(brought[name][0]) if name in brought and find_spec(name) else None
        for name in PACKAGES
    }


def _line(path: Path) -> str | None:
    """The first of a file; device trees end theirs with a zero byte."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.strip("\0\n ").partition("\n")[0] or None


def _said(*words: str) -> str | None:
    """What a program prints, in one line; None where it is not there, or fails."""
    if shutil.which(words[0]) is None:
        return None
    ended = subprocess.run(
        words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return " ".join(ended.stdout.split()) if ended.returncode == 0 else None
