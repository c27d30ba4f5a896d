"""``rtseg temporal``: how steady a model's labels are, without and with smoothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.commands.fraction import rounded

if TYPE_CHECKING:
    from rtseg.engine.base import EngineInfo
    from rtseg.engine.package import ModelPackage
    from rtseg.pipeline.steadiness import SideBySide
    from rtseg.types import Frame, LabelMap


def command(
    model: Annotated[str, typer.Argument(help="Name or folder of a model.")] = "",
    source: Annotated[str, typer.Argument(help="Video or folder of consecutive pictures.")] = "",
    data: Annotated[str, typer.Option(help="Labelled frames instead: NAME:DIR or .toml.")] = "",
    split: Annotated[str, typer.Option(help="Which split of --data.")] = "val",
    smooth: Annotated[str, typer.Option(help="off, ema or flow.")] = "flow",
    smooth_weight: Annotated[
        float | None, typer.Option(help="Of the frame at hand, above 0 to 1; default 0.5.")
    ] = None,
    keyframe: Annotated[str, typer.Option(help="Every Nth frame, or adaptive.")] = "1",
    backend: Annotated[
        str, typer.Option(help="auto, openvino, onnxruntime, tensorrt, rtx.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
    limit: Annotated[int | None, typer.Option(min=2, help="Only the first N frames.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Compare each frame's labels with those of the frame before, moved along by optical flow.

    Frame by frame and smoothed stand side by side, from the same inferences; where the frames are
    labelled, their truth says how steady labels can be at all.

    \b
    rtseg temporal roadlite-camvid drive.mp4 --limit 300
    rtseg temporal --data camvid:data/camvid --split val --smooth flow
    rtseg temporal roadlite-camvid drive.mp4 --smooth off --keyframe adaptive --json
    """
    from itertools import islice

    from rtseg.commands.screen import print_json, progress
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import DEFAULT_MODEL, find_package
    from rtseg.errors import UsageError
    from rtseg.pipeline.steadiness import SideBySide
    from rtseg.smoothing import Smoothing

    if bool(source) == bool(data):
        raise UsageError("temporal needs one of MODEL SOURCE and --data NAME:DIR, not both")
    smoothing = Smoothing.asked(smooth, smooth_weight, keyframe)
    package = find_package(model or DEFAULT_MODEL)
    with (
        _recorded(source, limit) if source else _labelled(data, split, package, limit) as footage,
        make_engine(backend, package, precision, depth=1, scores=True) as engine,
        progress(footage.total, "temporal") as advance,
    ):
        found = SideBySide(engine, smoothing)
        for frame, truth in islice(footage.frames, limit):
            found.add(advance(frame), truth)
        info = engine.info
    if not found.frames:
        raise UsageError(f"{footage.name} gave no frame to measure")
    result = {**_described(info, footage.name), **smoothing.facts, **_figures(found)}
    if as_json:
        print_json(result)
    else:
        _print_table(result, words=smoothing.words)


@dataclass(frozen=True)
class Footage:
    """Consecutive frames, each with its truth where it is labelled. total: None where unknown."""

    name: str
    frames: Iterator[tuple[Frame, LabelMap | None]]
    total: int | None


@contextmanager
def _recorded(reference: str, limit: int | None) -> Iterator[Footage]:
    from rtseg.commands.footage import how_many
    from rtseg.commands.log import warn
    from rtseg.errors import UsageError
    from rtseg.source.uri import open_source

    with open_source(reference) as source:
        if source.info.live:
            raise UsageError(f"{source.info.name} is live: measure a recording of it")
        frames = ((frame, None) for frame in source)
        yield Footage(source.info.name, frames, how_many(source, limit=limit))
        for warning in source.warnings:
            warn(warning)


@contextmanager
def _labelled(data: str, split: str, package: ModelPackage, limit: int | None) -> Iterator[Footage]:
    """The truth in the model's classes."""
    from fractions import Fraction

    from rtseg.commands.log import warn
    from rtseg.source.dataset import open_dataset
    from rtseg.types import Frame

    dataset = open_dataset(data, split, labels=package.spec.labels)
    frames = (
        (Frame(sample.picture(), index, Fraction(index), 0), sample.truth())
        for index, sample in enumerate(dataset.samples)
    )
    yield Footage(f"{data} {split}", frames, len(dataset.samples[:limit]))
    if dataset.problems:
        warn(dataset.problems.summary())


def _described(info: EngineInfo, source: str) -> dict[str, str]:
    return {
        "model": info.model,
        "backend": info.backend,
        "precision": info.precision,
        "source": source,
    }


def _figures(found: SideBySide) -> dict[str, Any]:
    costs = found.costs
    added, network = costs["motion"] + costs["smooth"], costs["network"]
    return {
        "frames": found.frames,
        "frames_key": found.frames - found.warped,
        "frames_warped": found.warped,
        "frame_by_frame": _all_rounded(found.alone.fractions),
        "smoothed": _all_rounded(found.steady.fractions),
        "truth": _all_rounded({"tc": found.truth.tc, "flicker": found.truth.flicker}),
        "cost_ms": {name: round(cost, 3) for name, cost in costs.items()},
        "added_share_of_network": round(added / network, 3),
    }


def _all_rounded(fractions: dict[str, float]) -> dict[str, float | None]:
    return {name: rounded(value) for name, value in fractions.items()}


def _print_table(result: dict[str, Any], *, words: str) -> None:
    from rtseg.commands.screen import show, table

    names = list(result["smoothed"])
    lines = table("", *(f"{name} %" for name in names))
    rows = {"frame by frame": "frame_by_frame", words: "smoothed", "the truth itself": "truth"}
    for title, key in rows.items():
        values = [result[key].get(name) for name in names]
        if any(value is not None for value in values):
            lines.add_row(title, *("" if each is None else f"{100 * each:.2f}" for each in values))
    costs = result["cost_ms"]
    show(
        f"{result['model']}  {result['backend']} {result['precision']}  on {result['source']}: "
        f"{result['frames']} frames, {result['frames_warped']} of them warped",
        lines,
        f"ms per frame: network {costs['network']:.2f}; added: motion {costs['motion']:.2f}, "
        f"smoothing {costs['smooth']:.2f} ({result['added_share_of_network']:.2f} of the network)",
    )
