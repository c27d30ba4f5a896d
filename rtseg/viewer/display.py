"""Whether a window can be opened here: asked before Qt is, which ends the process where it cannot.

Needs no Qt itself.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from importlib.util import find_spec

from rtseg.errors import RtsegError
from rtseg.qt_libraries import LIBRARIES, XCB_LIBRARIES


def require_display() -> None:
    """Raises RtsegError that says what is missing, and how to get it."""
    if find_spec("qtpy") is None or find_spec("pyqtgraph") is None:
        raise RtsegError("the viewer needs Qt, which is not installed: pip install 'rtseg[viewer]'")
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    on_wayland = platform == "wayland" or (not platform and "WAYLAND_DISPLAY" in os.environ)
    on_x = platform in ("", "xcb") and not on_wayland
    if on_x and not os.environ.get("DISPLAY"):
        raise RtsegError(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start it on a desktop or "
            "through `ssh -X`, or use `rtseg run SOURCE -o out.mp4`, which needs no display"
        )
    packages = missing({**LIBRARIES, **XCB_LIBRARIES} if on_x else LIBRARIES)
    if packages:
        raise RtsegError(
            "the viewer cannot open a window, because system libraries are missing: "
            f"sudo apt install {' '.join(packages)}"
        )
    if on_x:
        _connect(os.environ["DISPLAY"])


def missing(libraries: Mapping[str, str]) -> list[str]:
    """Debian's packages of the shared libraries that cannot be loaded. libraries: by soname."""
    return sorted(package for name, package in libraries.items() if not _loads(name))


def require_binding() -> None:
    """Raises RtsegError where neither PyQt6 nor PySide6 can be imported."""
    try:
        import qtpy.QtWidgets  # noqa: F401
    except ImportError as error:
        raise RtsegError(
            f"the viewer cannot load Qt ({error}): pip install 'rtseg[viewer]'"
        ) from error


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _connect(display: str) -> None:
    """Qt aborts where nobody answers, so ask first, in the way it would."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise RtsegError(
            f"no X server answers at DISPLAY={display}: is it running, and may this user use it "
            "(`xhost`, `ssh -X`)?"
        )
