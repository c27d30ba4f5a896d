"""What ``-o OUT`` means, and the names of files inside a folder of results."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from rtseg.errors import UsageError

OutputKind: TypeAlias = Literal["video", "pictures", "statistics", "null", "folder"]

KINDS: dict[str, OutputKind] = {
    ".mp4": "video",
    ".mov": "video",
    ".mkv": "video",
    ".png": "pictures",
    ".jpg": "pictures",
    ".jpeg": "pictures",
    ".csv": "statistics",
    ".jsonl": "statistics",
    ".parquet": "statistics",
}


def output_kind(out: str) -> OutputKind:
    """``null``; by suffix; a folder if it has none, ends in ``/`` or is a folder already."""
    if out == "null":
        return "null"
    if out.startswith("-"):
        raise UsageError(f"{out!r} is an option, not a name to write to: -o wants a name (./{out})")
    path = Path(out)
    if out.endswith("/") or path.is_dir() or not path.suffix:
        return "folder"
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"cannot tell what to write to {out!r}: there are: {', '.join(KINDS)}, 'null', "
            "and folders, which end in '/'"
        )
    return kind


def refuse_input(out: Path, source: Path | None) -> None:
    """source: SourceInfo.path. UsageError if writing to ``out`` would destroy what is read."""
    if source is None or not source.exists():
        return
    same = out.resolve() == source.resolve()
    if same or (out.is_file() and source.is_file() and out.samefile(source)):
        raise UsageError(f"{str(out)!r} is the input itself: choose another name for the output")


@dataclass(frozen=True)
class FolderNames:
    """Everything that a run may leave in ``-o DIR``. stem: of the source, see ``stem_of``."""

    folder: Path
    stem: str

    @property
    def overlay_video(self) -> Path:
        return self.folder / f"{self.stem}_overlay.mp4"

    @property
    def labels_video(self) -> Path:
        return self.folder / f"{self.stem}_labels.mkv"

    @property
    def overlay_pictures(self) -> Path:
        return self.folder / "overlay"

    @property
    def masks(self) -> Path:
        return self.folder / "masks"

    @property
    def statistics(self) -> Path:
        return self.folder / "stats.csv"


def stem_of(source: str) -> str:
    """A file name for what the user called the source: ``a/drive.mp4`` -> ``drive``.

    Of an address only the host and path are taken: never a password, never a query.
    """
    address = re.match(r"[a-z][a-z0-9+.-]*://(?:[^/]*@)?([^?#]*)", source, re.IGNORECASE)
    name = address[1].rstrip("/") if address else PurePosixPath(source).stem
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "source"
