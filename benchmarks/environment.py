"""A peer's own virtual environment: made once from pinned requirements, used again afterwards.

benchmarks/environments/NAME.txt says what is in it; it lies in benchmarks/.environments/NAME, and
nothing of it is ever seen by rtseg's own environment.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "environments"
ENVIRONMENTS = HERE / ".environments"


class EnvironmentFailure(Exception):
    """An environment cannot be made; in one line."""


def python_of(name: str) -> Path:
    """The interpreter of the environment, which is made where it is missing or out of date."""
    if not is_there(name):
        _make(name)
    return ENVIRONMENTS / name / "bin" / "python"


def is_there(name: str) -> bool:
    stamp = _stamp(name)
    return stamp.is_file() and stamp.read_bytes() == _wanted(name).read_bytes()


def _make(name: str) -> None:
    """The stamp comes last: what was cut off in between is made anew."""
    print(f"installing {name} into {ENVIRONMENTS / name}", file=sys.stderr)
    python = ENVIRONMENTS / name / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(sys.executable, "-m", "venv", "--clear", ENVIRONMENTS / name, name=name)
    _run(*pip, "--requirement", _wanted(name), name=name)
    shutil.copyfile(_wanted(name), _stamp(name))


def _run(*command: str | Path, name: str) -> None:
    if code := subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        said = " ".join(map(str, command))
        raise EnvironmentFailure(f"no environment {name}: exit {code} of {said}")


def _wanted(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def _stamp(name: str) -> Path:
    return ENVIRONMENTS / name / "requirements.txt"
