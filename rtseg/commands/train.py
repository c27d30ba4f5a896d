"""``rtseg train``: a recipe, a labelled data set, a checkpoint."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from rtseg.commands.interrupts import Interrupts
from rtseg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rtseg.models.train import Trainer


def command(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe, a .toml file or a network.")],
    data: Annotated[str, typer.Option(help="NAME:DIR or a .toml file, e.g. camvid:data/camvid.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the checkpoint.")],
    split: Annotated[str, typer.Option(help="Which split; train+val joins two.")] = "train",
    extra: Annotated[
        str, typer.Option(help="More data (split train), at the recipe's extra_share.")
    ] = "",
    labels: Annotated[
        str, typer.Option(help="Translate the truth into this label set, e.g. camvid11.")
    ] = "",
    strict: Annotated[bool, typer.Option(help="Stop at the first faulty label map.")] = False,
    hold_out: Annotated[
        str, typer.Option(help="Pictures whose names begin so only validate, e.g. 0006R0.")
    ] = "",
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations.")] = 500,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps in all.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Decides weights, order and augmentation.")
    ] = None,
    save_every: Annotated[float, typer.Option(min=0, help="Seconds between checkpoints.")] = 120.0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's files as well.")
    ] = None,
) -> None:
    """Train by RECIPE, going on where the folder's checkpoint ends if there is one.

    Ctrl-C loses nothing, a kill at most two minutes: repeat the same command to go on.

    \b
    rtseg train roadnet-m --data camvid:camvid --split train+val -o .train/roadnet-m
    rtseg train mine.toml --data camvid:camvid --hold-out 0006R0 -o .train/mine
    """
    try:
        import torch

        from rtseg.models.train import Trainer
    except ImportError as error:
        raise UsageError(
            f"training needs {error.name!r}; install it with: pip install 'rtseg[train]'"
        ) from error
    from rtseg.models.recipe import find_recipe
    from rtseg.source.dataset import open_dataset

    torch.set_num_threads(threads)
    chosen = find_recipe(recipe, steps=steps, seed=seed)
    dataset = open_dataset(data, split, labels=labels, strict=strict)
    labelled, validation = _held_out(dataset, hold_out)
    name = labelled.labels.name
    more = open_dataset(extra, "train", labels=name, strict=strict) if extra else None
    if chosen.extra_share and more is None:
        raise UsageError(
            f"the recipe takes {chosen.extra_share:g} of every batch from --extra, which is not "
            "given: see `rtseg label`, or set extra_share to 0"
        )
    trainer = Trainer(chosen, labelled, output, extra=more, device=device)
    trainer.resume()
    for each in (dataset, more):
        if each is not None and each.problems:
            print(f"rtseg: warning: {each.problems.summary()}", file=sys.stderr)
    lines = trainer.run(
        checkpoint_seconds=save_every, validation=validation, validate_every=validate_every
    )
    _watch(trainer, lines, tensorboard=tensorboard)


def _watch(
    trainer: Trainer, lines: Iterator[dict[str, float]], *, tensorboard: Path | None
) -> None:
    """Log, show and draw what training says, until it ends or a signal asks it to."""
    from contextlib import ExitStack

    from rtseg.models.curves import draw_curves, tensorboard_writer

    console, steps = Console(stderr=True), trainer.recipe.steps
    trainer.folder.mkdir(parents=True, exist_ok=True)
    path = trainer.folder / "log.jsonl"
    with ExitStack() as stack:
        log = stack.enter_context(path.open("a", encoding="utf-8"))
        interrupts = stack.enter_context(Interrupts(gently=trainer.finish, at_once=trainer.finish))
        write = stack.enter_context(tensorboard_writer(tensorboard))
        console.print(f"{_origin(trainer)}, from step {trainer.step} to {steps}")
        for line in lines:
            log.write(json.dumps(line) + "\n")
            log.flush()
            write(line)
            console.print(_shown(line, steps))
    draw_curves(path, trainer.folder / "curves.png")
    console.print(f"step {trainer.step} is in {str(trainer.folder / 'checkpoint.pt')!r}")
    if interrupts.exit_code:
        raise typer.Exit(interrupts.exit_code)


def _held_out(dataset: Any, prefix: str) -> tuple[Any, Any]:
    """The data set without, and only with, the pictures whose names begin with ``prefix``."""
    from dataclasses import replace

    if not prefix:
        return dataset, None
    kept = tuple(each for each in dataset.samples if not each.name.startswith(prefix))
    held = tuple(each for each in dataset.samples if each.name.startswith(prefix))
    if not kept or not held:
        raise UsageError(
            f"--hold-out {prefix!r} is the beginning of {len(held)} of {len(dataset.samples)} "
            "names: expected some, not all"
        )
    return replace(dataset, samples=kept), replace(dataset, samples=held)


def _origin(trainer: Trainer) -> str:
    extra = f" and {len(trainer.extra.samples)} more" if trainer.extra else ""
    return f"{trainer.recipe.network} on {len(trainer.dataset.samples)} pictures{extra}"


def _shown(line: dict[str, float], steps: int) -> str:
    remaining = line["seconds"] / line["step"] * (steps - line["step"])
    miou = f"  mIoU {100 * line['miou']:.2f} %" if "miou" in line else ""
    return (
        f"step {line['step']}/{steps}  loss {line['loss']:.3f}{miou}  "
        f"{line['seconds']:.0f} s, {remaining / 60:.0f} min to go"
    )
