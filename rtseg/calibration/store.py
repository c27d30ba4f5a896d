"""The store of calibration sets: one folder each, whole or not there at all."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rtseg.engine.package import MANIFEST, sha256_of
from rtseg.engine.store import engines_folder, move_in, names_in
from rtseg.errors import ManifestError, SinkError, UsageError

FORMAT = 1
PICTURES = "pictures"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class SetPicture:
    """source: passwords masked. pts: seconds, as a fraction. index: of the frame in its source."""

    file: str
    source: str
    pts: str
    index: int
    sha256: str


@dataclass(frozen=True)
class SetManifest:
    """drops: frames left out, by cause. looked: at so many. unreadable: sources, and why."""

    name: str
    seed: int
    command: str
    looked: int
    drops: dict[str, int]
    unreadable: dict[str, str]
    pictures: list[SetPicture]
    format: int = FORMAT


def sets_folder() -> Path:
    """``calibration/`` beside the store of engines."""
    return engines_folder().parent / "calibration"


def set_names() -> list[str]:
    return names_in(sets_folder())


def check_name(name: str, *, replace: bool) -> None:
    """Raises UsageError for what cannot be a folder's name, or is taken."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a calibration set: letters, digits, '.', '_' and '-', "
            "e.g. my-footage"
        )
    if not replace and (sets_folder() / name).exists():
        raise UsageError(
            f"there is a calibration set {name!r} already: --replace puts the new one in its place"
        )


@contextmanager
def writing(name: str) -> Iterator[Path]:
    """A folder to write in, gone at the end unless ``keep`` moved it. Raises SinkError."""
    part = sets_folder() / f".{name}.{os.getpid()}.part"
    try:
        (part / PICTURES).mkdir(parents=True)
        yield part
    except OSError as error:
        raise SinkError(
            f"cannot write the set {name!r} into {str(part.parent)!r}: {error.strerror}; nothing "
            "was kept"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def keep(part: Path, manifest: SetManifest) -> Path:
    """Seal what ``writing`` gave and move it into its place. Raises OSError."""
    text = json.dumps(asdict(manifest), indent=2) + "\n"
    (part / MANIFEST).write_text(text, encoding="utf-8")
    return move_in(part, manifest.name)


def pictures_folder(reference: str) -> Path | None:
    """The folder with the pictures of a set, by its name or folder, or of any other folder.

    None for what is neither. A set's pictures are checked: ``checked_pictures``.
    """
    store = sets_folder()
    for folder in (Path(reference), store / reference):
        if (folder / PICTURES).is_dir():
            is_set = folder.parent == store or (folder / MANIFEST).is_file()
            return checked_pictures(folder) if is_set else folder / PICTURES
        if folder.is_dir():
            return folder
    return None


def checked_pictures(folder: Path) -> Path:
    """The pictures of a set, each the one that its manifest names. Raises ManifestError."""
    stated = _stated(folder)
    there = {each.name for each in (folder / PICTURES).glob("*")}
    if wrong := sorted(there ^ stated.keys()):
        state = "is not in its manifest" if wrong[0] in there else "is missing"
        raise _edited(folder, f"{wrong[0]!r} {state}")
    for name, sha256 in stated.items():
        if sha256_of(folder / PICTURES / name) != sha256:
            raise _edited(folder, f"{name!r} is not the picture of its manifest")
    return folder / PICTURES


def _stated(folder: Path) -> dict[str, str]:
    try:
        raw: Any = json.loads((folder / MANIFEST).read_text("utf-8"))
        version = raw["format"]
        stated = {Path(each["file"]).name: str(each["sha256"]) for each in raw["pictures"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _edited(folder, f"its {MANIFEST} cannot be read") from error
    if version != FORMAT:
        raise _edited(folder, f"its format is {version!r}, this version reads {FORMAT}")
    if not stated:
        raise _edited(folder, "it has no pictures")
    return stated


def _edited(folder: Path, what: str) -> ManifestError:
    return ManifestError(
        f"the calibration set {str(folder)!r} cannot be trusted: {what}; make it again with "
        "`rtseg calibrate --replace`"
    )
