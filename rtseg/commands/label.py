"""``rtseg label``: models label footage for training, where they are sure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rtseg.pipeline.labelling import Labeller, Teacher
    from rtseg.types import Frame

DESCRIPTION = """\
# Pictures labelled by {teachers}; a pixel whose joint score is below {at_least:g} is 255.
pictures = "pictures/*.jpg"
masks = "masks/*.png"
splits = ["train"]
labels = "{labels}"
"""


def command(
    sources: Annotated[list[str], typer.Argument(help="Anything that `rtseg run` takes.")],
    teachers: Annotated[
        list[str], typer.Option("--teacher", help="MODEL or MODEL=WEIGHT; repeat for several.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the data set.")],
    labels: Annotated[str, typer.Option(help="Label set of the masks.")] = "camvid11",
    every: Annotated[int, typer.Option(min=1, help="Only every Nth frame.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="At most N frames of a source.")] = None,
    at_least: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Pixels less sure than this stay unlabelled.")
    ] = 0.5,
    rows: Annotated[int, typer.Option(min=32, help="Larger pictures shrink to so many.")] = 480,
) -> None:
    """Write pictures and masks of SOURCES, and labels.toml: a data set for `rtseg train`.

    Teachers of other label sets are translated, and their scores averaged. Frames that are
    already there are not labelled again.

    \b
    rtseg label drive.mp4 pictures/ --teacher big-model=2 --teacher other --every 8 -o labelled
    """
    from rtseg.commands.page import writable_folder, write
    from rtseg.commands.screen import progress, show
    from rtseg.pipeline.labelling import Labeller

    for part in ("pictures", "masks"):
        writable_folder(output / part)
    with ExitStack() as stack:
        labeller = Labeller(_open(teachers, stack), labels, at_least)
        shares = []
        with progress(None, "label") as advance:
            for name, frame in _frames(sources, every, limit):
                shares.append(advance(_write(output, name, _shrunk(frame, rows), labeller)))
    text = DESCRIPTION.format(teachers=", ".join(teachers), at_least=at_least, labels=labels)
    write(output / "labels.toml", text)
    new = [share for share in shares if share is not None]
    show(
        f"{len(shares)} frames in {str(output)!r}, {len(new)} of them new",
        f"{100 * sum(new) / max(1, len(new)):.0f} % of the new pixels have a label",
    )


def _open(references: list[str], stack: ExitStack) -> list[Teacher]:
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import find_package
    from rtseg.errors import UsageError
    from rtseg.pipeline.labelling import Teacher

    teachers = []
    for reference in references:
        name, _, weight = reference.partition("=")
        try:
            share = float(weight or 1)
        except ValueError as error:
            raise UsageError(f"--teacher {reference!r}: {weight!r} is no weight") from error
        engine = make_engine("auto", find_package(name), "fp32", depth=1, scores=True)
        teachers.append(Teacher(stack.enter_context(engine), share))
    return teachers


def _frames(sources: list[str], every: int, limit: int | None) -> Iterator[tuple[str, Frame]]:
    """With names that tell source and frame, and do not collide."""
    from rtseg.errors import UsageError
    from rtseg.source.uri import open_source

    for reference in sources:
        with open_source(reference) as source:
            if source.info.live and limit is None:
                raise UsageError(f"{source.info.name} has no end: say how many with --limit")
            stop = None if limit is None else every * limit
            for frame in islice(source, 0, stop, every):
                yield f"{Path(reference).stem}_{frame.index:06d}", frame


def _shrunk(frame: Frame, rows: int) -> Frame:
    from dataclasses import replace

    import cv2
    import numpy as np

    height, width = frame.picture.shape[:2]
    if height <= rows:
        return frame
    size = (round(width * rows / height), rows)
    picture = cv2.resize(frame.picture, size, interpolation=cv2.INTER_AREA)
    return replace(frame, picture=np.asarray(picture, np.uint8))


def _write(output: Path, name: str, frame: Frame, labeller: Labeller) -> float | None:
    """The share of pixels that got a label; None where the frame was there already."""
    import cv2

    from rtseg.errors import SinkError
    from rtseg.labels import IGNORE

    picture, mask = output / "pictures" / f"{name}.jpg", output / "masks" / f"{name}.png"
    if picture.exists() and mask.exists():
        return None
    labels = labeller.label(frame)
    bgr = cv2.cvtColor(frame.picture, cv2.COLOR_RGB2BGR)
    written = cv2.imwrite(str(mask), labels) and cv2.imwrite(
        str(picture), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95]
    )
    if not written:
        raise SinkError(f"cannot write {str(picture)!r} and its mask: is the disk full?")
    return float((labels != IGNORE).mean())
