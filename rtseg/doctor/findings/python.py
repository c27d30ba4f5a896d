"""What follows from the interpreter."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rtseg.doctor.facts.packages import Packages
from rtseg.doctor.facts.python import Python
from rtseg.doctor.finding import Finding, fine
from rtseg.doctor.place import numbers

LEAST, TESTED = (3, 10), (3, 12)
"""The first Python that rtseg runs on, and the last that its tests run on."""


SEES = "include-system-site-packages = "


def see_apt(python: Python) -> str:
    """A command after which packages that apt installed are seen: by ``seeing_pip``'s Python."""
    if python.sees_apt:
        return "true"
    if python.base != "/usr":
        return (
            "/usr/bin/python3 -m venv --system-site-packages .venv && .venv/bin/pip install rtseg"
        )
    settings = shlex.quote(f"{python.prefix}/pyvenv.cfg")
    return f"sed -i 's/^{SEES}false/{SEES}true/' {settings}"


def seeing_pip(python: Python) -> str:
    """Of this Python, or of the new environment where this one can see nothing of apt."""
    return python.pip if python.sees_apt or python.base == "/usr" else ".venv/bin/pip"


def version(python: Python) -> Iterator[Finding]:
    here = numbers(python.version)[:2]
    if here < LEAST:
        yield Finding(
            "error",
            "python-too-old",
            f"Python {python.version} is too old",
            f"rtseg needs 3.10 or newer; this is {python.executable}",
            "nothing runs",
            "sudo apt install python3.10 python3.10-venv && python3.10 -m venv .venv && "
            ".venv/bin/pip install rtseg",
        )
    elif here > TESTED:
        yield Finding(
            "hint",
            "python-untested",
            f"Python {python.version} is newer than any that rtseg is tested with",
            "the tests run on 3.10, 3.11 and 3.12",
            "a dependency may be missing there, or behave in another way",
            "python3.12 -m venv .venv && .venv/bin/pip install rtseg",
        )
    else:
        yield fine("python-version", f"Python {python.version}")


def environment(python: Python) -> Iterator[Finding]:
    if python.prefix != python.base:
        yield fine("python-environment", f"a virtual environment: {python.prefix}")
    elif python.managed:
        yield Finding(
            "hint",
            "python-is-the-systems",
            "rtseg runs in the system's own Python, not in a virtual environment",
            f"{python.executable} belongs to the system's package manager (PEP 668)",
            "pip refuses to install extras into it, or breaks programs of the system",
            "python3 -m venv .venv && .venv/bin/pip install rtseg",
        )
    else:
        yield fine("python-environment", f"no virtual environment: {python.prefix}")


def rtseg(python: Python, packages: Packages) -> Iterator[Finding]:
    installed = packages.versions(("rtseg",)).get("rtseg", python.rtseg)
    if installed == python.rtseg:
        yield fine("rtseg-version", f"rtseg {python.rtseg}")
        return
    yield Finding(
        "warning",
        "rtseg-versions-differ",
        f"the code that runs is rtseg {python.rtseg}, pip installed {installed}",
        "a checkout changed after it was installed, or PYTHONPATH leads to another one",
        "dependencies and the command `rtseg` may be those of the other version",
        f"{python.pip} install --editable .",
    )
