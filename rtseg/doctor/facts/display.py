"""What the viewer needs beside its Python packages: a display, and libraries of the system."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.doctor.place import Place

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What libqxcb.so of PyQt6's wheel is linked to, by ldd, and a bare Debian or Ubuntu may lack ->
the package that has it."""


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
