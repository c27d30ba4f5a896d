"""``rtseg calibrate``: a few frames of much footage, from which INT8 takes its value ranges."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtseg.errors import SinkError, SourceError

if TYPE_CHECKING:
    from rtseg.calibration.choosing import Candidate, Choice
    from rtseg.calibration.store import SetManifest, SetPicture
    from rtseg.source.sparse import Sparse
    from rtseg.types import Frame, Rgb

LOOKED_FOR_ONE = 16
"""Frames that are looked at for each that is wanted, over all sources."""

MOST_OF_A_SOURCE = 4096
"""Looks kept of one source: 5 MB."""

COLUMNS, THUMBNAIL = 12, (160, 90)
"""Of the contact sheet; width and height."""

FEW = 8
"""Fewer pictures than `rtseg build` takes."""


def command(
    name: Annotated[str, typer.Argument(help="Of the set: calibration/NAME.")],
    sources: Annotated[list[str], typer.Argument(help="Files and folders, as `rtseg run` takes.")],
    count: Annotated[int, typer.Option(min=1, help="Pictures of the set, at most.")] = 128,
    seed: Annotated[int, typer.Option(min=0, help="Draws the first picture.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="A set of that name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Choose frames of SOURCES that differ most: a calibration set for `rtseg build`.

    Sources are decoded sparsely. Black, overexposed and blurred frames and near-duplicates are
    left out, and counted in the set's manifest.json. Look at contact.jpg before you use a set.

    \b
    rtseg calibrate my-footage drive.mp4 night.mp4 pictures/
    rtseg calibrate my-footage drive.mp4 --count 64 --seed 3 --replace
    """
    from rtseg.calibration.store import check_name

    check_name(name, replace=replace)
    folder, manifest = chosen_set(name, sources, count=count, seed=seed)
    _report(folder, manifest, as_json=as_json)


def chosen_set(
    name: str, sources: list[str], *, count: int, seed: int = 0
) -> tuple[Path, SetManifest]:
    """A set in the store, in place of what has its name. Raises SourceError, SinkError."""
    from rtseg.calibration.choosing import choose
    from rtseg.calibration.store import keep, writing

    footage = _Footage(sources)
    candidates = footage.look(LOOKED_FOR_ONE * count)
    choice = choose(candidates, count, seed=seed)
    footage.refuse_none(choice, len(candidates))
    with writing(name) as part:
        pictures = footage.write(choice.kept, part)
        manifest = _manifest(name, seed, pictures, choice, len(candidates), footage.unreadable)
        return keep(part, manifest), manifest


class _Footage:
    """The sources that can be read, and what is wrong with the others."""

    def __init__(self, references: list[str]) -> None:
        from rtseg.source.masking import masked
        from rtseg.source.sparse import open_sparse

        self.unreadable: dict[str, str] = {}
        self._sources: list[Sparse] = []
        for reference in references:
            try:
                self._sources.append(open_sparse(reference))
            except SourceError as error:
                self._lose(masked(reference), error)
        if not self._sources:
            raise SourceError(next(iter(self.unreadable.values())))

    def look(self, aim: int) -> list[Candidate]:
        from rtseg.commands.log import warn
        from rtseg.commands.screen import progress

        share = min(MOST_OF_A_SOURCE, -(-aim // len(self._sources)))
        found: list[Candidate] = []
        with progress(None, "look") as advance:
            for number, source in enumerate(self._sources):
                try:
                    for candidate in map(advance, _looks(source, number, share)):
                        found.append(candidate)
                except SourceError as error:
                    self._lose(source.info.name, error)
                for words in source.warnings:
                    warn(f"{source.info.name}: {words}")
        return found

    def refuse_none(self, choice: Choice, looked: int) -> None:
        if not choice.kept:
            causes = ", ".join(f"{count} {cause}" for cause, count in choice.drops.items() if count)
            raise SourceError(
                f"none of {looked} frames can calibrate ({causes or 'nothing was decoded'}): "
                "expected footage by which a road can be seen"
            )

    def write(self, kept: list[Candidate], part: Path) -> list[SetPicture]:
        """The pictures and the contact sheet. What cannot be read any more is left out."""
        written: list[SetPicture] = []
        thumbnails: list[Rgb] = []
        for number, source in enumerate(self._sources):
            places = [each.place for each in kept if each.source == number]
            if not places:
                continue
            for frame in source.at(places):
                origin = source.origin(frame.index)
                written.append(_write(frame, part, number=len(written), origin=origin))
                thumbnails.append(_thumbnail(frame.picture))
        if not written:
            raise SourceError(
                "the chosen frames cannot be read a second time: did the file change?"
            )
        _write_contact(thumbnails, part / "contact.jpg")
        return written

    def _lose(self, name: str, error: SourceError) -> None:
        from rtseg.commands.log import warn

        self.unreadable[name] = str(error)
        warn(f"{error}; the other sources are used")


def _looks(source: Sparse, number: int, share: int) -> Iterator[Candidate]:
    """Raises SourceError. Says what it leaves out of a source that does not state its length."""
    from rtseg.calibration.choosing import Candidate
    from rtseg.calibration.look import look
    from rtseg.commands.log import warn

    for looked, frame in enumerate(source.at(source.places(share))):
        if looked == MOST_OF_A_SOURCE:
            warn(
                f"{source.info.name} does not state its length, and {looked} frames of it, one a "
                f"second, were looked at: all from {float(frame.pts):.0f} s on is left out; give "
                "it in shorter files"
            )
            return
        yield Candidate(number, frame.index, look(frame.picture))


def _write(frame: Frame, part: Path, *, number: int, origin: str) -> SetPicture:
    from rtseg.calibration.store import PICTURES, SetPicture
    from rtseg.engine.package import sha256_of

    file = f"{PICTURES}/{number:04d}.png"
    _encode(frame.picture, part / file)
    return SetPicture(file, origin, str(frame.pts), frame.index, sha256_of(part / file))


def _encode(picture: Rgb, path: Path) -> None:
    import cv2

    done, encoded = cv2.imencode(path.suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not done:
        raise SinkError(f"cannot encode {str(path)!r}")
    path.write_bytes(encoded.tobytes())


def _thumbnail(picture: Rgb) -> Rgb:
    import cv2
    import numpy as np

    return np.asarray(cv2.resize(picture, THUMBNAIL, interpolation=cv2.INTER_AREA), np.uint8)


def _write_contact(thumbnails: list[Rgb], path: Path) -> None:
    import numpy as np

    width, height = THUMBNAIL
    columns = min(COLUMNS, len(thumbnails))
    rows = -(-len(thumbnails) // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for index, each in enumerate(thumbnails):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + height, left : left + width] = each
    _encode(sheet, path)


def _manifest(
    name: str,
    seed: int,
    pictures: list[SetPicture],
    choice: Choice,
    looked: int,
    unreadable: dict[str, str],
) -> SetManifest:
    from rtseg.calibration.store import SetManifest
    from rtseg.source.masking import masked

    words = masked(" ".join(["rtseg", *sys.argv[1:]]))
    drops = {str(cause): count for cause, count in choice.drops.items()}
    return SetManifest(name, seed, words, looked, drops, unreadable, pictures)


def _report(folder: Path, manifest: SetManifest, *, as_json: bool) -> None:
    from dataclasses import asdict

    from rtseg.commands.log import warn
    from rtseg.commands.screen import print_json, show

    kept = len(manifest.pictures)
    if kept < FEW:
        warn(f"{kept} pictures are too few for `rtseg build`, which takes {FEW} or more")
    if as_json:
        print_json({"folder": str(folder)} | asdict(manifest))
        return
    drops = ", ".join(f"{number} {cause}" for cause, number in manifest.drops.items())
    show(
        f"{manifest.name}: {folder}",
        f"{kept} pictures of {manifest.looked} frames looked at; left out: {drops}",
        f"look at {folder / 'contact.jpg'}, then: rtseg build ... --calibration {manifest.name}",
    )
