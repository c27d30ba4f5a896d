"""``rtseg train``: a recipe, a labelled data set, a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rtseg.commands.interrupts import Interrupts
from rtseg.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rtseg.models.train import Trainer
    from rtseg.source.sample import Dataset


def command(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe, a .toml file or a network.")],
    data: Annotated[str, typer.Option(help="NAME:DIR or a .toml file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the checkpoint.")],
    split: Annotated[str, typer.Option(help="Which split; train+val joins two.")] = "train",
    extra: Annotated[
        str, typer.Option(help="More data (split train), at the recipe's extra_share.")
    ] = "",
    start: Annotated[
        str, typer.Option("--from", help="A model whose weights it begins with.")
    ] = "",
    labels: Annotated[
        str, typer.Option(help="Translate the truth into this label set, e.g. camvid11.")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a bad label map.")] = False,
    hold_out: Annotated[
        str, typer.Option(help="Names that begin so validate and do not train, e.g. 0006R0.")
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
    rtseg train roadnet-m --data camvid:data/camvid --split train+val -o .train/roadnet-m
    rtseg train mine.toml --data camvid:data/camvid --hold-out 0006R0 -o .train/mine
    rtseg train roadlite-0-fine --data mine.toml --from roadlite-camvid -o .train/tuned
    """
    try:
        import torch

        from rtseg.models.train import Trainer
    except ImportError as error:
        raise UsageError(
            f"training needs {error.name!r}; install it with: pip install 'rtseg[train]'"
        ) from error
    from rtseg.commands.files import writable_folder
    from rtseg.commands.log import warn
    from rtseg.engine.package import find_package
    from rtseg.models.recipe import find_recipe
    from rtseg.source.dataset import open_dataset

    chosen = find_recipe(recipe, steps=steps, seed=seed)
    _check_device(device, there=torch.cuda.is_available())
    dataset = open_dataset(data, split, labels=labels, strict=strict)
    labelled, validation = _held_out(dataset, hold_out)
    more = _more(extra, dataset.labels.name, share=chosen.extra_share, strict=strict)
    torch.set_num_threads(threads)
    beginning = find_package(start).file("fp32") if start else None
    trainer = Trainer(chosen, labelled, writable_folder(output), extra=more, device=device)
    goes_on = trainer.resume()
    fresh = [] if goes_on or beginning is None else trainer.begin_from(beginning)
    if fresh:
        warn(f"not in {start!r}, or of another shape, so fresh: {', '.join(fresh)}")
    for each in (dataset, more):
        if each is not None and each.problems:
            warn(each.problems.summary())
    lines = trainer.run(
        checkpoint_seconds=save_every, validation=validation, validate_every=validate_every
    )
    _watch(trainer, lines, tensorboard=tensorboard)


def _check_device(device: str, *, there: bool) -> None:
    """there: whether PyTorch finds a GPU."""
    if device not in ("cpu", "cuda"):
        raise UsageError(f"no device named {device!r}; there are: cpu, cuda")
    if device == "cuda" and not there:
        raise UsageError("PyTorch finds no NVIDIA GPU here: train with --device cpu")


def _more(reference: str, labels: str, *, share: float, strict: bool) -> Dataset | None:
    """The data set behind --extra; raises UsageError where the recipe's share of it is missing."""
    from rtseg.source.dataset import open_dataset

    if reference:
        return open_dataset(reference, "train", labels=labels, strict=strict)
    if share:
        raise UsageError(
            f"the recipe takes {share:g} of every batch from --extra, which is not given: see "
            "`rtseg label`, or set extra_share to 0"
        )
    return None


def _watch(
    trainer: Trainer, lines: Iterator[dict[str, float]], *, tensorboard: Path | None
) -> None:
    """Log, show and draw what training says, until it ends or a signal asks it to."""
    from rtseg.commands.screen import progress_bar
    from rtseg.models.curves import draw_curves, tensorboard_writer

    console, steps = Console(stderr=True), trainer.recipe.steps
    path = trainer.folder / "log.jsonl"
    with (
        Interrupts(gently=trainer.finish, at_once=trainer.finish) as interrupts,
        tensorboard_writer(tensorboard) as write,
        progress_bar("train") as bar,
    ):
        console.print(f"{_origin(trainer)}, from step {trainer.step} to {steps}")
        task = bar.add_task("train", total=steps, completed=trainer.step, note="")
        for line in lines:
            _log(path, line)
            write(line)
            bar.update(task, completed=line["step"], note=f"loss {line['loss']:.3f}")
            if "miou" in line or not console.is_terminal:
                bar.console.print(_shown(line, steps))
    if path.exists():
        draw_curves(path, trainer.folder / "curves.png")
    console.print(_summary(trainer, path))
    if interrupts.exit_code:
        raise typer.Exit(interrupts.exit_code)


def _log(path: Path, line: dict[str, float]) -> None:
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
    except OSError as error:
        raise TrainingError(
            f"cannot write {str(path)!r}: {error.strerror}; the last checkpoint is kept: make "
            "room and repeat the command"
        ) from error


def _held_out(dataset: Dataset, prefix: str) -> tuple[Dataset, Dataset | None]:
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


def _summary(trainer: Trainer, log: Path) -> str:
    """Where the checkpoint is, what it took, and how good it was in all runs that led to it."""
    from rtseg.models.curves import read_log

    words = (
        f"step {trainer.step} is in {str(trainer.folder / 'checkpoint.pt')!r}, after "
        f"{trainer.seconds / 60:.0f} min of training"
    )
    lines = read_log(log) if log.exists() else []
    measured = [(line["miou"], line["step"]) for line in lines if "miou" in line]
    if measured:
        best, at = max(measured)
        words += (
            f"; mIoU of what was held out {100 * measured[-1][0]:.2f} %, at best "
            f"{100 * best:.2f} % at step {at}"
        )
    return words
