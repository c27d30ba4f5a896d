"""What commands show: results on stdout; progress, quiet when nobody watches, on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

T = TypeVar("T")

PIPE_WIDTH = 200  # columns


@contextmanager
def progress(total: int | None, what: str) -> Iterator[Callable[[T], T]]:
    """Gives a function that counts what passes through it."""
    with progress_bar(what) as bar:
        task = bar.add_task(what, total=total, note="")

        def advance(item: T) -> T:
            bar.advance(task)
            return item

        yield advance


def progress_bar(what: str) -> Progress:
    """A bar with a free ``note`` field; silent unless stderr is a terminal."""
    return Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def table(*columns: str, title: str | None = None) -> Table:
    """The first column is words, the others are numbers."""
    built = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, name in enumerate(columns):
        built.add_column(name, justify="left" if number == 0 else "right")
    return built


def show(*parts: object) -> None:
    """On stdout, for people; hardly ever wrapped where stdout is a pipe."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    console = Console(width=width, highlight=False, soft_wrap=width is not None)
    for part in parts:
        console.print(part)


def print_json(result: Mapping[str, Any]) -> None:
    """One object on stdout, for programs."""
    print(json.dumps(result, indent=2))
