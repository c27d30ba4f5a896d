"""``rtseg train``: a network, a labelled data set, a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rtseg.commands.interrupts import Interrupts
from rtseg.errors import UsageError


def command(
    network: Annotated[str, typer.Argument(help="Which network, e.g. roadnet-m.")],
    data: Annotated[str, typer.Option(help="NAME:DIR, e.g. camvid:data/camvid.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the checkpoint.")],
    split: Annotated[str, typer.Option(help="Which split; train+val joins two.")] = "train",
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps in all.")] = 7000,
    seed: Annotated[int, typer.Option(help="Decides weights, order and augmentation.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 2,
) -> None:
    """Train NETWORK, going on where the folder's checkpoint ends if there is one.

    Ctrl-C loses nothing, a kill at most two minutes: repeat the same command to go on.

    \b
    rtseg train roadnet-m --data camvid:camvid --split train+val -o .train/roadnet-m
    """
    try:
        import torch

        from rtseg.models.train import Recipe, Trainer
        from rtseg.source.dataset import open_dataset
    except ImportError as error:
        raise UsageError(
            f"training needs {error.name!r}; install it with: pip install 'rtseg[train]'"
        ) from error
    torch.set_num_threads(threads)
    console = Console(stderr=True)
    trainer = Trainer(
        Recipe(network=network, steps=steps, seed=seed), open_dataset(data, split), output
    )
    trainer.resume()
    pictures = len(trainer.dataset.samples)
    output.mkdir(parents=True, exist_ok=True)
    with (
        (output / "log.jsonl").open("a", encoding="utf-8") as log,
        Interrupts(gently=trainer.finish, at_once=trainer.finish) as interrupts,
    ):
        console.print(f"{network} on {pictures} pictures, from step {trainer.step} to {steps}")
        for line in trainer.run():
            log.write(json.dumps(line) + "\n")
            log.flush()
            console.print(
                f"step {line['step']}/{steps}  loss {line['loss']:.3f}  {line['seconds']:.0f} s"
            )
    console.print(f"step {trainer.step} is in {str(output / 'checkpoint.pt')!r}")
    if interrupts.exit_code:
        raise typer.Exit(interrupts.exit_code)
