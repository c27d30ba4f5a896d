"""Looks into the stores. It alone of the doctor needs numpy, and the Python that rtseg needs."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import rtseg
from rtseg.calibration.store import checked_pictures, set_names, sets_folder
from rtseg.doctor.facts.stores import KERNELS, Folder, Kept, Stores
from rtseg.doctor.place import Place
from rtseg.engine.fitness import Fitness
from rtseg.engine.package import DEFAULT_MODEL, MANIFEST, package_folders, read_package, user_store
from rtseg.engine.store import engine_names, engines_folder, leftovers
from rtseg.errors import RtsegError

WRITE_INTO = os.W_OK | os.X_OK
COMMAND = re.compile(r"rtseg (build|calibrate)( [\w./:=+,-]+)+")


def read_stores(place: Place) -> Stores:
    """Of this process's environment, as every command sees them. Hashes each file."""
    places = {
        "results, in the working folder": Path.cwd(),
        "models": user_store() / "models",
        "engines": engines_folder(),
        "calibration sets": sets_folder(),
        KERNELS: _kernels(place),
        "temporary files": Path(os.environ.get("TMPDIR") or "/tmp"),
    }
    return Stores(
        default=DEFAULT_MODEL,
        folders=tuple(_folder(place, use, path) for use, path in places.items()),
        kept=(*_models(), *_engines(), *_sets()),
        leftovers=tuple(map(str, leftovers())),
    )


def _kernels(place: Place) -> Path:
    """Where numba keeps what it compiles of rtseg: of its places the first that can be written."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return Path(os.environ["NUMBA_CACHE_DIR"])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "numba"
    beside = Path(rtseg.__file__).parent / "__pycache__"
    return beside if _nearest(place, beside)[1] else cache


def _folder(place: Place, use: str, path: Path) -> Folder:
    nearest, writable = _nearest(place, path)
    free = shutil.disk_usage(nearest).free
    return Folder(use, str(path), path.is_dir(), writable=writable, free=free)


def _nearest(place: Place, path: Path) -> tuple[Path, bool]:
    """It, or what it would be made in; and whether this user may write there."""
    found = next(each for each in (path, *path.absolute().parents) if each.exists())
    return found, found.is_dir() and place.permits(found, WRITE_INTO)


def _models() -> list[Kept]:
    return [
        Kept("model", folder.name, str(folder), _trouble(partial(_check, folder)))
        for folder in package_folders()
    ]


def _check(folder: Path) -> str:
    package = read_package(folder)
    for precision in package.manifest.files:
        package.file(precision)
    return ""


def _engines() -> list[Kept]:
    fitness = Fitness()
    return [
        _kept("engine", engines_folder() / name, lambda each: fitness.state(each.name)[0])
        for name in engine_names()
    ]


def _sets() -> list[Kept]:
    return [_kept("calibration set", sets_folder() / name, _check_set) for name in set_names()]


def _check_set(folder: Path) -> str:
    checked_pictures(folder)
    return ""


def _kept(kind: str, folder: Path, check: Callable[[Path], str]) -> Kept:
    trouble = _trouble(partial(check, folder))
    return Kept(kind, folder.name, str(folder), trouble, _command(folder))


def _trouble(check: Callable[[], str]) -> str:
    try:
        return check()
    except (RtsegError, OSError) as error:
        return str(error)


def _command(folder: Path) -> str:
    """Only what is plainly a command of rtseg: a manifest may come from anywhere."""
    try:
        told = str(json.loads((folder / MANIFEST).read_text("utf-8"))["command"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return told if COMMAND.fullmatch(told) else ""
