"""Files that commands write themselves, with an error that says which and why."""

from __future__ import annotations

from pathlib import Path

from rtseg.errors import SinkError


def writable_folder(path: Path) -> Path:
    """Made if it is not there: before hours of work, not after. Raises SinkError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(
            f"cannot write into {str(path)!r}: {error.strerror}; give -o another folder"
        ) from error
    return path


def write(path: Path, content: str | bytes) -> Path:
    """In one move: a kill or a full disk leaves what was there before. Raises SinkError."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SinkError(f"cannot write {str(path)!r}: {error.strerror}") from error
    return path
