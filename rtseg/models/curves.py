"""What a training log looks like: loss and mIoU over the steps, as a picture or in TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rtseg.errors import UsageError

Line = dict[str, float]

SMOOTHED = 25
"""Log lines that the loss is averaged over."""


def draw_curves(log: Path, picture: Path) -> None:
    """Write a PNG of the loss, averaged, and of the validations' mIoU if there are any.

    A step that was repeated after a kill counts once, as it was the last time.
    """
    from matplotlib.figure import Figure

    lines = read_log(log)
    if not lines:
        return
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    steps = [line["step"] for line in lines]
    losses = np.array([line["loss"] for line in lines])
    width = min(SMOOTHED, len(losses))
    axes.plot(steps, losses, color="0.8", linewidth=0.8)
    average = np.convolve(losses, np.full(width, 1 / width), "valid")
    axes.plot(steps[width - 1 :], average, color="tab:blue", label="loss")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, np.percentile(losses, 98) * 1.1))
    checked = [(line["step"], 100 * line["miou"]) for line in lines if "miou" in line]
    if checked:
        right = axes.twinx()
        right.plot(*zip(*checked, strict=True), "o-", color="tab:orange")
        right.set_ylabel("mIoU of what was held out, %", color="tab:orange")
    figure.savefig(picture, dpi=110)


def read_log(log: Path) -> list[Line]:
    """In the order of the steps; a line that a kill or a full disk cut short is left out."""
    lines = map(_parsed, log.read_text(encoding="utf-8").splitlines())
    by_step = {line["step"]: line for line in lines if line is not None}
    return sorted(by_step.values(), key=lambda line: line["step"])


@contextmanager
def tensorboard_writer(folder: Path | None) -> Iterator[Callable[[Line], None]]:
    """A function that takes log lines; it does nothing where no folder is given."""
    if folder is None:
        yield lambda line: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UsageError("--tensorboard needs a package: pip install tensorboard") from error
    writer = SummaryWriter(str(folder))

    def write(line: Line) -> None:
        for name, value in line.items():
            if name != "step":
                writer.add_scalar(name, value, int(line["step"]))

    try:
        yield write
    finally:
        writer.close()


def _parsed(text: str) -> Line | None:
    try:
        line: Line = json.loads(text)
    except ValueError:
        return None
    return line
