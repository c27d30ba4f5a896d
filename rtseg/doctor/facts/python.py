"""The interpreter, and what it lets a program see."""

from __future__ import annotations

import platform
import re
import shlex
import sys
from dataclasses import dataclass, field

from rtseg import __version__
from rtseg.doctor.place import Place

APT = re.compile(r"/usr/lib/python3[.\d]*/dist-packages")
"""Where apt puts Python packages; what pip installs as root is below /usr/local."""


@dataclass(frozen=True)
class Python:
    """prefix: of the environment, base: of the Python that it was made with; equal outside of one.

    sees_apt: whether it finds packages that apt installed. managed: whether pip is told to keep off
    (PEP 668). rtseg: version of the code that runs.
    """

    version: str
    executable: str
    prefix: str
    base: str
    sees_apt: bool
    managed: bool
    rtseg: str = field(default=__version__)

    @property
    def pip(self) -> str:
        """The command that installs for this Python."""
        return f"{shlex.quote(self.executable)} -m pip"


def read_python(place: Place) -> Python:
    version = platform.python_version()
    major, minor, _ = version.split(".", 2)
    marker = f"{sys.base_prefix}/lib/python{major}.{minor}/EXTERNALLY-MANAGED"
    return Python(
        version=version,
        executable=sys.executable,
        prefix=sys.prefix,
        base=sys.base_prefix,
        sees_apt=any(map(APT.fullmatch, place.packages)),
        managed=place.path(marker).exists(),
    )
