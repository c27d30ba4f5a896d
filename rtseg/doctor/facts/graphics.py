"""NVIDIA's GPU, its driver, and the CUDA toolkit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtseg.doctor.place import READ_WRITE, Place
from rtseg.engine.gpu import Gpu, cuda_refusal, find_gpu

NVIDIA = "0x10de"
TOOLKIT = "/usr/local/cuda"
NODES = ("/dev/nvidia*", "/dev/nvmap", "/dev/nvhost-gpu")
"""The last two are a Jetson's."""


@dataclass(frozen=True)
class Toolkit:
    """nvcc: its path. version: of CUDA, "" if nothing tells. on_path: whether PATH leads to it."""

    nvcc: str
    version: str
    on_path: bool


@dataclass(frozen=True)
class SystemTensorRt:
    """One that apt installed. python: the version that it is for, "3.10"; "" if nothing tells."""

    version: str
    python: str


@dataclass(frozen=True)
class Graphics:
    """gpu: what the driver lets this process use. refusal: cuInit's answer, 0 for success, None
    without a driver library. cards: NVIDIA's display controllers on the PCI bus.

    driver: the kernel module's version. closed: device nodes that this user may not open.
    visible: CUDA_VISIBLE_DEVICES, None if unset.
    """

    gpu: Gpu | None
    refusal: int | None
    cards: tuple[str, ...]
    driver: str
    closed: tuple[str, ...]
    visible: str | None
    toolkit: Toolkit | None
    tensorrts: tuple[SystemTensorRt, ...]


def read_graphics(place: Place) -> Graphics:
    return Graphics(
        gpu=find_gpu(place.driver),
        refusal=cuda_refusal(place.driver),
        cards=_cards(place),
        driver=_driver(place),
        closed=_closed(place),
        visible=place.environment.get("CUDA_VISIBLE_DEVICES"),
        toolkit=_toolkit(place),
        tensorrts=_tensorrts(place),
    )


def _cards(place: Place) -> tuple[str, ...]:
    """Class 0x03 of PCI is display controllers."""
    folders = [name.rpartition("/")[0] for name in place.names("/sys/bus/pci/devices/*/vendor")]
    return tuple(
        folder.rpartition("/")[2]
        for folder in folders
        if place.text(f"{folder}/vendor") == NVIDIA
        and place.text(f"{folder}/class").startswith("0x03")
    )


def _closed(place: Place) -> tuple[str, ...]:
    names = [name for pattern in NODES for name in place.names(pattern)]
    files = [name for name in names if not place.path(name).is_dir()]
    return tuple(name for name in files if not place.permits(place.path(name), READ_WRITE))


def _driver(place: Place) -> str:
    """The line has the version, after words that differ from one kind of module to another."""
    told = place.text("/proc/driver/nvidia/version").partition("\n")[0]
    found = re.search(r"\s(\d+\.\d+(\.\d+)*)\s", f"{told} ")
    return found[1] if found else place.text("/sys/module/nvidia/version")


def _toolkit(place: Place) -> Toolkit | None:
    paths = place.environment.get("PATH", "").split(":")
    for folder, on_path in [*((each, True) for each in paths), (f"{TOOLKIT}/bin", False)]:
        nvcc = f"{folder}/nvcc"
        if folder.startswith("/") and place.path(nvcc).is_file():
            return Toolkit(nvcc, _cuda(place, nvcc), on_path)
    return None


def _cuda(place: Place, nvcc: str) -> str:
    """As the toolkit says it, else as its folder is called: /usr/local/cuda-12.6."""
    real = place.path(nvcc).resolve()
    for home in (real.parents[1], place.path(TOOLKIT).resolve()):
        told = place.text(str(home / "version.json").removeprefix(str(place.root.resolve())))
        found = re.search(r'"cuda"\s*:\s*\{[^}]*"version"\s*:\s*"(\d+\.\d+)', told)
        found = found or re.search(r"cuda-(\d+\.\d+)$", home.name)
        if found:
            return found[1]
    return ""


def _tensorrts(place: Place) -> tuple[SystemTensorRt, ...]:
    found = []
    for name in place.names("/usr/lib/python3*/dist-packages/tensorrt/__init__.py"):
        folder = name.rsplit("/", 2)[0]
        info = [each.rpartition("/")[2] for each in place.names(f"{folder}/tensorrt-*.dist-info")]
        version = re.search(r"-([\d.]+)\.dist-info", info[0]) if info else None
        python = re.search(r"/python(3\.\d+)/", name)
        found.append(
            SystemTensorRt(
                version[1] if version else _library_version(place), python[1] if python else ""
            )
        )
    return tuple(found)


def _library_version(place: Place) -> str:
    names = place.names(f"/usr/lib/{place.architecture}-linux-gnu/libnvinfer.so.*")
    versions = [name.partition(".so.")[2] for name in names]
    return max(versions, key=lambda version: version.count("."), default="")
