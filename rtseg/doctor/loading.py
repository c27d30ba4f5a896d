"""Whether packages can be loaded, tried in a process of its own: a broken one can kill it.

``python -m rtseg.doctor.loading NAME ...`` prints one JSON object a line: before each package
its name, then what came of it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

COMMAND = (sys.executable, "-m", "rtseg.doctor.loading")

SECONDS = 60.0
"""No package takes as long, not even from a cold SD card."""

BASE = ("numpy", "cv2", "av", "openvino", "numba")
"""What the main job cannot do without."""

GPU = ("tensorrt", "pycuda.driver")

DECODERS = ("h264", "hevc", "mjpeg", "mpeg4")
ENCODERS = ("libx264", "ffv1")


@dataclass(frozen=True)
class Load:
    """error: why it cannot be loaded, in one line; "" if it can. says: what it tells of itself."""

    version: str = ""
    error: str = ""
    says: dict[str, Any] = field(default_factory=dict)


class Loading:
    """Begins at once, and goes on beside the caller until ``result`` waits for it."""

    def __init__(
        self, names: Sequence[str], environment: Mapping[str, str], *, seconds: float = SECONDS
    ) -> None:
        self._names = names
        self._environment = dict(environment)
        self._seconds = seconds
        self._child = self._start(names) if names else None

    def result(self) -> dict[str, Load]:
        """By name. Whatever kills the child, or keeps it, is that package's error."""
        found: dict[str, Load] = {}
        while left := [name for name in self._names if name not in found]:
            child = self._child or self._start(left)
            self._child = None
            found |= self._listen(child, left)
        return found

    def close(self) -> None:
        """Ends the child if nobody asked for the result. A second time does nothing."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def _start(self, names: Iterable[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            (*COMMAND, *names),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment,
        )

    def _listen(self, child: subprocess.Popen[str], names: Sequence[str]) -> dict[str, Load]:
        """Of at least the first of ``names``."""
        try:
            output, _ = child.communicate(timeout=self._seconds)
            ended = _words(child.returncode)
        except subprocess.TimeoutExpired:
            child.kill()
            output, _ = child.communicate()
            ended = f"loading it was ended after {self._seconds:g} s"
        found, begun = _parse(output)
        guilty = begun if begun and begun not in found else names[0]
        return found if guilty in found else found | {guilty: Load(error=ended)}


def loadable() -> tuple[str, ...]:
    """What rtseg needs, and of what a GPU needs that which is there."""
    return (*BASE, *(name for name in GPU if find_spec(name.partition(".")[0])))


def _parse(output: str) -> tuple[dict[str, Load], str]:
    """What was loaded, and the name that was begun last. Packages may print what they please."""
    found: dict[str, Load] = {}
    begun = ""
    for line in output.splitlines():
        if line.startswith('{"begin": '):
            begun = json.loads(line)["begin"]
        elif line.startswith('{"load": '):
            found[begun] = Load(**json.loads(line)["load"])
    return found, begun


def _words(status: int) -> str:
    if status < 0:
        return f"loading it ends the process by {signal.Signals(-status).name}"
    return f"loading it ends the process with {status}"


def load(name: str) -> Load:
    """Here and now."""
    try:
        module = import_module(name)
        says = TELL[name](module) if name in TELL else {}
    except Exception as error:  # noqa: BLE001  # whatever a package raises is what was asked for
        return Load(error=_one_line(error))
    parent = sys.modules[name.partition(".")[0]]
    return Load(str(getattr(parent, "__version__", "")), says=says)


def _one_line(error: Exception) -> str:
    """With its kind only where the message does not tell what happened."""
    words = " ".join(str(error).split())
    return words if isinstance(error, ImportError) and words else f"{type(error).__name__}: {words}"


def _codecs(av: Any) -> dict[str, list[str]]:
    def there(name: str, mode: str) -> bool:
        try:
            av.codec.Codec(name, mode)
        except ValueError:  # what PyAV's UnknownCodecError is
            return False
        return True

    return {
        "decoders": [name for name in DECODERS if there(name, "r")],
        "encoders": [name for name in ENCODERS if there(name, "w")],
    }


def _build(cv2: Any) -> dict[str, bool]:
    lines = cv2.getBuildInformation().splitlines()
    return {"gstreamer": any("GStreamer:" in line and "YES" in line for line in lines)}


TELL: dict[str, Callable[[Any], dict[str, Any]]] = {"av": _codecs, "cv2": _build}


def main(names: Sequence[str]) -> None:
    for name in names:
        _say({"begin": name})
        found = load(name)
        _say({"load": {"version": found.version, "error": found.error, "says": found.says}})


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
