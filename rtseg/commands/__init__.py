"""The command line. One file per verb, imported only when it is called."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rtseg import __version__
from rtseg.commands import log
from rtseg.commands.interrupts import Interrupts
from rtseg.errors import RtsegError

COMMANDS = {
    "run": ("rtseg.commands.run", "Segment a video, camera or folder."),
    "view": ("rtseg.commands.view", "Watch it in a window."),
    "demo": ("rtseg.commands.demo", "The main job on a synthetic road."),
    "bench": ("rtseg.commands.bench", "How fast this machine is, honestly."),
    "eval": ("rtseg.commands.evaluate", "Accuracy on a labelled data set."),
    "temporal": ("rtseg.commands.temporal", "How steady labels are, and smoothed."),
    "compare": ("rtseg.commands.compare", "Agreement of two models on any footage."),
    "models": ("rtseg.commands.models", "Which models there are."),
    "label": ("rtseg.commands.label", "Models label footage for training."),
    "train": ("rtseg.commands.train", "Train a network."),
    "import": ("rtseg.commands.import_model", "Published weights become a model."),
    "export": ("rtseg.commands.export", "A checkpoint becomes a model."),
    "calibrate": ("rtseg.commands.calibrate", "Pictures that calibrate INT8."),
    "build": ("rtseg.commands.build", "A model becomes an engine."),
    "engines": ("rtseg.commands.store", "The store of built engines."),
    "doctor": ("rtseg.commands.doctor", "What this machine lacks, and what mends it."),
    "selftest": ("rtseg.commands.selftest", "Proves and measures engines here."),
}
"""Verb -> (module, line in the list). ``command`` in the module is the verb, its docstring the
help."""


class LazyGroup(TyperGroup):
    """Loads a command's module when it is asked for, so that `--help` stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        single = typer.Typer(
            add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
        )
        module, line = COMMANDS[cmd_name]
        single.command(name=cmd_name, short_help=line)(import_module(module).command)
        return typer.main.get_command(single)


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `rtseg demo`, then `rtseg run drive.mp4 -o out.mp4`.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"rtseg {__version__}")
        raise typer.Exit


@app.callback()
def rtseg(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Version.")
    ] = False,
) -> None:
    """Segment every frame of a road video or camera in real time, with honest numbers."""


class _Left(BaseException):
    """A signal came while no command was watching for one."""


def _leave() -> None:
    raise _Left


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code. Every RtsegError becomes one line on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    log.write_as("text")
    try:
        log.write_as(os.environ.get(log.VARIABLE) or "text")
        with Interrupts(gently=_leave, at_once=_leave) as interrupts:
            app([word for word in words if word != "--debug"], prog_name="rtseg")
    except _Left:
        return interrupts.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except RtsegError as error:
        log.fail(error, trace=traceback.format_exc() if "--debug" in words else "")
        return error.exit_code
    return 0
