"""``rtseg doctor``: what this machine lacks for rtseg, and the commands that mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rtseg.doctor.examination import Examination
    from rtseg.doctor.finding import Finding

LABELS = {"cause": "because", "consequence": "so", "command": "do"}
"""Of a finding's parts, in the table."""


def command(
    every: Annotated[bool, typer.Option("--all", help="What is well too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check this machine for running rtseg, and name what mends each finding.

    error: the main job cannot be done here (exit 4). warning: something that is there does not
    work, or works badly. hint: something more could be had. Nothing is changed, no network used.

    \b
    rtseg doctor
    rtseg doctor --all
    rtseg doctor --json
    """
    from rtseg.commands.screen import print_json
    from rtseg.doctor.examination import examine
    from rtseg.doctor.place import Place
    from rtseg.errors import MachineError

    found = examine(Place())
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, every=every)
    if errors := found.at("error"):
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise MachineError(
            f"the main job cannot be done here: {errors[0].title}{more}; {errors[0].command}"
        )


def _show(found: Examination, *, every: bool) -> None:
    from rich.markup import escape

    from rtseg import __version__
    from rtseg.commands.screen import show
    from rtseg.doctor.finding import LEVELS

    for level in LEVELS:
        for each in found.at(level) if every or level != "ok" else ():
            show(*map(escape, _lines(each)))
    counts = ", ".join(f"{len(found.at(level))} {level}" for level in LEVELS)
    show(f"rtseg {__version__}: {counts}")


def _lines(finding: Finding) -> list[str]:
    parts = [(label, getattr(finding, part)) for part, label in LABELS.items()]
    return [
        f"{finding.level:<8} {finding.title}",
        *(f"         {label:<8} {text}" for label, text in parts if text),
    ]
