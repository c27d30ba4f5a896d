"""``rtseg models pull``: the weights that authors publish, onto this machine."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from rtseg.models.checkpoints import Checkpoint


def pull(name: str, output: Path | None, *, as_json: bool) -> None:
    """Into the folder ``output``, or the user's store; ends with the line to type next."""
    from rtseg.commands.screen import print_json
    from rtseg.models.catalogue import entry
    from rtseg.models.checkpoints import checkpoint, checkpoint_store
    from rtseg.models.download import download

    wanted = checkpoint(name)
    path = (output or checkpoint_store()) / f"{name}{wanted.suffix}"
    with _bar() as bar:
        task = bar.add_task(name, total=wanted.size_bytes)
        download(wanted, path, progress=lambda done: bar.update(task, completed=done))
    licence = entry(name).licence
    if as_json:
        facts = {"path": str(path), "sha256": wanted.sha256, "bytes": wanted.size_bytes}
        words = {"licence": licence, "import": _import_line(name, wanted, path)}
        print_json(facts | words)
    else:
        print(f"{path} ({licence})")
        print(f"next: {_import_line(name, wanted, path)}")


def _import_line(name: str, wanted: Checkpoint, path: Path) -> str:
    words = ["rtseg", "import", wanted.network, str(path), "-o", name, "--labels", wanted.labels]
    return shlex.join(words)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
