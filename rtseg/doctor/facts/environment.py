"""Variables that rtseg, or what it is made of, reads."""

from __future__ import annotations

from dataclasses import dataclass

from rtseg.doctor.place import Place

PREFIX = "RTSEG_"
HOME = "RTSEG_HOME"
KNOWN = (HOME,)

THREADS = {
    "OMP_NUM_THREADS": "rtseg train (torch)",
    "MKL_NUM_THREADS": "rtseg train (torch)",
    "OPENCV_FOR_THREADS_NUM": "resizing (OpenCV)",
}
"""What each limits. OpenVINO reads none of them, and the kernels of numba take one thread."""


@dataclass(frozen=True)
class Environment:
    """ours: what begins with RTSEG_. threads: what limits threads, where set.

    home: what RTSEG_HOME leads to: "" where it is not set, else one of "empty", "missing", "file",
    "relative", "folder".
    """

    ours: dict[str, str]
    threads: dict[str, str]
    home: str


def read_environment(place: Place) -> Environment:
    variables = place.environment
    return Environment(
        ours={name: variables[name] for name in sorted(variables) if name.startswith(PREFIX)},
        threads={name: variables[name] for name in THREADS if name in variables},
        home=_home(place) if HOME in variables else "",
    )


def _home(place: Place) -> str:
    value = place.environment[HOME]
    if not value:
        return "empty"
    if not value.startswith("/"):
        return "relative"
    path = place.path(value)
    if not path.exists():
        return "missing"
    return "folder" if path.is_dir() else "file"
