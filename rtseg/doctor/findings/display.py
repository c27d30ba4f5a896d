"""What the viewer lacks."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.display import Display
from rtseg.doctor.facts.packages import BINDINGS, Packages
from rtseg.doctor.facts.python import Python
from rtseg.doctor.finding import Finding, fine

APT = "sudo apt install"


def viewer(display: Display, packages: Packages, python: Python) -> Iterator[Finding]:
    bindings = packages.versions(BINDINGS)
    libraries = f" && {APT} {' '.join(display.missing)}" if display.missing else ""
    if not bindings or "qtpy" not in packages.installed:
        yield Finding(
            "hint",
            "no-viewer",
            "the desktop viewer's packages are not installed",
            "they are an extra, since nothing else needs them",
            "there is no window; everything else works",
            f"{python.pip} install 'rtseg[viewer]'{libraries}",
        )
    elif display.missing:
        yield Finding(
            "warning",
            "qt-libraries",
            "Qt lacks libraries of the system",
            f"not there: {' '.join(display.missing)}",
            'no window opens: could not load the Qt platform plugin "xcb"',
            f"{APT} {' '.join(display.missing)}",
        )
    else:
        names = " ".join(f"{name} {version}" for name, version in bindings.items())
        yield fine("viewer", f"the viewer's packages and libraries: {names}")


def screen(display: Display, packages: Packages) -> Iterator[Finding]:
    if not packages.versions(BINDINGS):
        return
    if display.x11 or display.wayland or display.platform:
        yield fine("display", f"display {display.x11 or display.wayland or display.platform}")
        return
    yield Finding(
        "hint",
        "no-display",
        "there is no display",
        "DISPLAY and WAYLAND_DISPLAY are not set"
        + (": this is an SSH session" if display.remote else ""),
        "the viewer cannot open a window; rtseg run needs none",
        "ssh -X HOST   # or on the machine's own screen: export DISPLAY=:0"
        if display.remote
        else "export DISPLAY=:0",
    )
