"""``rtseg label``: models label footage for training, where they are sure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtseg.commands.fraction import percent, rounded

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
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Write pictures and masks of SOURCES, and labels.toml: a data set for `rtseg train`.

    Teachers of other label sets are translated, and their scores averaged. Frames that are
    already there are not labelled again: repeat a command to go on, or add sources to it.

    \b
    rtseg label drive.mp4 pictures/ --teacher big-model=2 --teacher other --every 8 -o labelled
    """
    from rtseg.commands.screen import progress
    from rtseg.pipeline.labelling import Labeller

    stems = _stems(sources)
    with ExitStack() as stack:
        labeller = Labeller(_open(teachers, labels, stack), labels, at_least)
        _describe(output, labeller, teachers)
        advance = stack.enter_context(progress(None, "label"))
        shares = [
            advance(_write(output, name, _shrunk(frame, rows), labeller))
            for name, frame in _frames(stems, every, limit)
        ]
    _report(output, shares, as_json=as_json)


def _stems(sources: list[str]) -> dict[str, str]:
    """By source, the beginning of its pictures' names; raises UsageError where two share one."""
    from rtseg.errors import UsageError
    from rtseg.sink.naming import stem_of
    from rtseg.source.masking import masked

    stems = {source: stem_of(masked(source)) for source in sources}
    for source, stem in stems.items():
        if list(stems.values()).count(stem) > 1:
            raise UsageError(
                f"the pictures of two sources would be called {stem}_000000, ...: rename one, or "
                f"label {masked(source)!r} into a folder of its own"
            )
    return stems


def _open(references: list[str], labels: str, stack: ExitStack) -> list[Teacher]:
    """Raises UsageError for a teacher that has no class in common with ``labels``."""
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import find_package
    from rtseg.labels import translation
    from rtseg.pipeline.labelling import Teacher

    teachers = []
    for reference in references:
        name, equals, weight = reference.partition("=")
        share = _weight(reference, weight) if equals else 1.0
        package = find_package(name)
        translation(package.spec.labels, labels)
        engine = make_engine("auto", package, "fp32", depth=1, scores=True)
        teachers.append(Teacher(stack.enter_context(engine), share))
    return teachers


def _weight(reference: str, text: str) -> float:
    from math import inf

    from rtseg.errors import UsageError

    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight < inf:
        raise UsageError(f"--teacher {reference!r}: {text!r} is no weight, which is above 0")
    return weight


def _describe(output: Path, labeller: Labeller, teachers: list[str]) -> None:
    """labels.toml, before any picture; raises UsageError where other labels lie already."""
    from rtseg.commands.files import writable_folder, write
    from rtseg.errors import UsageError

    text = DESCRIPTION.format(
        teachers=", ".join(teachers), at_least=labeller.at_least, labels=labeller.labels
    )
    path = output / "labels.toml"
    if path.exists() and path.read_bytes() != text.encode():
        raise UsageError(
            f"{str(output)!r} was labelled by other teachers, classes or bounds, as its "
            "labels.toml says: repeat those, or give -o another folder"
        )
    for part in ("pictures", "masks"):
        writable_folder(output / part)
    write(path, text)


def _frames(stems: dict[str, str], every: int, limit: int | None) -> Iterator[tuple[str, Frame]]:
    """With names that tell source and frame. stems: by source."""
    from rtseg.commands.footage import chosen
    from rtseg.commands.log import warn
    from rtseg.source.uri import open_source

    for reference, stem in stems.items():
        with open_source(reference) as source:
            for frame in chosen(source, every=every, limit=limit):
                yield f"{stem}_{frame.index:06d}", frame
            for warning in source.warnings:
                warn(warning)


def _shrunk(frame: Frame, rows: int) -> Frame:
    from dataclasses import replace

    import cv2
    import numpy as np

    height, width = frame.size
    if height <= rows:
        return frame
    size = (round(width * rows / height), rows)
    picture = cv2.resize(frame.picture, size, interpolation=cv2.INTER_AREA)
    return replace(frame, given=np.asarray(picture, np.uint8))


def _write(output: Path, name: str, frame: Frame, labeller: Labeller) -> float | None:
    """The share of pixels that got a label; None where the frame was there already."""
    import cv2

    from rtseg.commands.files import write
    from rtseg.labels import IGNORE

    picture, mask = output / "pictures" / f"{name}.jpg", output / "masks" / f"{name}.png"
    if picture.exists() and mask.exists():
        return None
    labels = labeller.label(frame)
    bgr = cv2.cvtColor(frame.picture, cv2.COLOR_RGB2BGR)
    write(mask, cv2.imencode(".png", labels)[1].tobytes())
    write(picture, cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    return float((labels != IGNORE).mean())


def _report(output: Path, shares: list[float | None], *, as_json: bool) -> None:
    """shares: of labelled pixels, None for frames that were there already."""
    from rtseg.commands.screen import print_json, show

    new = [share for share in shares if share is not None]
    labelled = rounded(sum(new) / len(new)) if new else None
    if as_json:
        facts = {"frames": len(shares), "frames_new": len(new), "new_pixels_labelled": labelled}
        print_json({**facts, "outputs": [str(output / "labels.toml")]})
        return
    show(f"{len(shares)} frames in {str(output)!r}, {len(new)} of them new")
    if labelled is not None:
        show(f"{percent(labelled)} % of the new pixels have a label")
