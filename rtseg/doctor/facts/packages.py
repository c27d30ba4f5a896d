"""Which packages are installed, and whether those that rtseg loads can be loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distributions

from rtseg.doctor.loading import Load
from rtseg.doctor.place import Place

OPENCVS = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
"""All of them write into the same folder ``cv2``."""

TENSORRTS = (
    "tensorrt",
    *(f"tensorrt-cu{cuda}{part}" for cuda in (11, 12, 13) for part in ("", "-bindings", "-libs")),
    "tensorrt-bindings",
    "tensorrt-libs",
)
"""Names that pip's TensorRT had between 8.6 and 11."""

BINDINGS = ("PyQt6", "PySide6")

NAMES = (
    *("rtseg", "numpy", "av", "openvino", "numba", "typer", "rich", "platformdirs"),
    *OPENCVS,
    *TENSORRTS,
    *("tensorrt-rtx-cu13", "pycuda", "onnx", "onnxruntime", "nncf", "torch"),
    *BINDINGS,
    *("qtpy", "pyqtgraph"),
)


@dataclass(frozen=True)
class Installed:
    """folder: in which Python found it."""

    version: str
    folder: str


@dataclass(frozen=True)
class Packages:
    """installed: by the name that pip knows. loads: by the name that is imported."""

    installed: dict[str, Installed]
    loads: dict[str, Load]

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """Of those that are installed."""
        return {name: self.installed[name].version for name in names if name in self.installed}

    def loaded(self, name: str) -> bool:
        return name in self.loads and not self.loads[name].error


def read_packages(place: Place, loads: dict[str, Load]) -> Packages:
    return Packages(installed_packages(place), loads)


def installed_packages(place: Place) -> dict[str, Installed]:
    """Of NAMES; the first that Python would find."""
    found: dict[str, Installed] = {}
    for name in NAMES:
        for each in distributions(name=name, path=list(place.packages)):
            version = each.metadata["Version"]
            if version:
                found[name] = Installed(version, str(each.locate_file("")))
                break
    return found
