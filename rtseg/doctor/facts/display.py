"""What the viewer needs beside its Python packages: a display, and libraries of the system."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.doctor.place import Place
from rtseg.qt_libraries import LIBRARIES as ALWAYS
from rtseg.qt_libraries import XCB_LIBRARIES

LIBRARIES = {**ALWAYS, **XCB_LIBRARIES}
"""On X, where most are."""


@dataclass(frozen=True)
class Display:
    """x11, wayland: DISPLAY and WAYLAND_DISPLAY. platform: QT_QPA_PLATFORM. remote: over SSH.

    missing: Debian's packages whose library is not there.
    """

    x11: str
    wayland: str
    platform: str
    remote: bool
    missing: tuple[str, ...]


def read_display(place: Place) -> Display:
    environment = place.environment
    return Display(
        x11=environment.get("DISPLAY", ""),
        wayland=environment.get("WAYLAND_DISPLAY", ""),
        platform=environment.get("QT_QPA_PLATFORM", ""),
        remote="SSH_CONNECTION" in environment,
        missing=tuple(
            package for library, package in LIBRARIES.items() if not _is_there(place, library)
        ),
    )


def _is_there(place: Place, library: str) -> bool:
    folders = (f"lib/{place.architecture}-linux-gnu", "lib64", "lib", "local/lib")
    return any(place.path(f"/usr/{folder}/{library}").exists() for folder in folders)
