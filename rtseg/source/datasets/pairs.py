"""Pictures and their label maps, found and matched by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rtseg.errors import DatasetError

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def first_folder(root: Path, *candidates: str) -> Path:
    """The first of these folders below root that is there."""
    for candidate in candidates:
        if (root / candidate).is_dir():
            return root / candidate
    raise DatasetError(
        f"there is no folder {' or '.join(repr(str(root / each)) for each in candidates)}: "
        "see docs/datasets.md on layouts"
    )


def files(folder: Path, *endings: str, pattern: str = "*") -> dict[str, Path]:
    """By file name without its ending; those with the first ending that any file has."""
    if not folder.is_dir():
        raise DatasetError(f"there is no folder {str(folder)!r}: see docs/datasets.md on layouts")
    for ending in endings:
        found = {path.name.removesuffix(ending): path for path in folder.glob(f"{pattern}{ending}")}
        if found:
            return found
    raise DatasetError(f"the folder {str(folder)!r} holds no files {' or '.join(endings)}")


def names_in(path: Path) -> tuple[str, ...]:
    """The first word of each line, without folders and ending."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"cannot read the list {str(path)!r} ({error}): expected one picture's name a line"
        ) from error
    words = (Path(line.split()[0]) for line in lines if line.strip())
    names = tuple(word.stem if word.suffix in PICTURES else word.name for word in words)
    if not names:
        raise DatasetError(f"the list {str(path)!r} names no pictures")
    return names


def paired(
    pictures: dict[str, Path], truths: dict[str, Path], *, names: Iterable[str] | None = None
) -> list[tuple[Path, Path]]:
    """Sorted by name. names: only these; without it, every file on either side needs a partner."""
    wanted = set(pictures) | set(truths) if names is None else set(names)
    if not wanted:
        raise DatasetError("the split is empty: expected at least one picture with a label map")
    unpaired = sorted(wanted - (set(pictures) & set(truths)))
    if unpaired:
        raise DatasetError(
            f"{len(unpaired)} pictures lack a partner, the first is {unpaired[0]!r}: every "
            f"picture needs a label map of the same name, {_example(pictures, truths)}"
        )
    return [(pictures[name], truths[name]) for name in sorted(wanted)]


def _example(pictures: dict[str, Path], truths: dict[str, Path]) -> str:
    both = (sorted(side.values())[0] if side else None for side in (pictures, truths))
    return "like " + " and ".join(repr(str(path)) for path in both if path is not None)
