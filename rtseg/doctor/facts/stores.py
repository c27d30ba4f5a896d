"""What rtseg keeps: models, engines, calibration sets; and the folders it writes into."""

from __future__ import annotations

from dataclasses import dataclass

KERNELS = "compiled kernels"
"""What one of the folders is for."""


@dataclass(frozen=True)
class Folder:
    """use: what for. writable: it, or what it would be made in. free: bytes for this user."""

    use: str
    path: str
    exists: bool
    writable: bool
    free: int


@dataclass(frozen=True)
class Kept:
    """kind: "model", "engine" or "calibration set". trouble: "" for none. command: what made it, ""
    if nothing tells.
    """

    kind: str
    name: str
    folder: str
    trouble: str
    command: str = ""


@dataclass(frozen=True)
class Stores:
    """default: name of the model that runs where none is named. leftovers: of builds that were
    killed.
    """

    default: str
    folders: tuple[Folder, ...]
    kept: tuple[Kept, ...]
    leftovers: tuple[str, ...]
