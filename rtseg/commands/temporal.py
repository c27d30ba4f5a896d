"""``rtseg temporal``: how steady a model's labels are, without and with smoothing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

    from rtseg.labels import LabelSet
    from rtseg.pipeline.steadiness import SideBySide
    from rtseg.types import Frame, LabelMap


def command(
    model: Annotated[str, typer.Argument(help="Name or folder of a model.")] = "",
    source: Annotated[str, typer.Argument(help="Video or folder of consecutive pictures.")] = "",
    data: Annotated[str, typer.Option(help="Labelled frames instead: NAME:DIR.")] = "",
    split: Annotated[str, typer.Option(help="Which split of --data.")] = "val",
    smooth: Annotated[str, typer.Option(help="off, ema or flow.")] = "flow",
    smooth_weight: Annotated[
        float | None, typer.Option(help="Of the frame at hand, 0..1; default 0.5.")
    ] = None,
    keyframe: Annotated[str, typer.Option(help="Every Nth frame, or adaptive.")] = "1",
    backend: Annotated[str, typer.Option(help="auto, openvino or onnxruntime.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
    limit: Annotated[int, typer.Option(min=2, help="Only the first N frames.")] = 1_000_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Compare each frame's labels with those of the frame before, moved along by optical flow.

    Frame by frame and smoothed stand side by side, from the same inferences; where the frames are
    labelled, their truth says how steady labels can be at all.

    \b
    rtseg temporal roadnet-m-camvid drive.mp4 --limit 300
    rtseg temporal --data camvid:data/camvid --split val --smooth flow
    rtseg temporal roadnet-m-camvid drive.mp4 --smooth off --keyframe adaptive --json
    """
    from contextlib import ExitStack

    from rtseg.commands.screen import progress
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import DEFAULT_MODEL, find_package
    from rtseg.errors import UsageError
    from rtseg.pipeline.steadiness import SideBySide
    from rtseg.smoothing import WEIGHT, Smoothing, parse_keyframe

    if bool(source) == bool(data):
        raise UsageError("temporal needs one of MODEL SOURCE and --data NAME:DIR, not both")
    smooths: Any = smooth
    weight = WEIGHT if smooth_weight is None else smooth_weight
    smoothing = Smoothing(smooths, weight, parse_keyframe(keyframe))
    package = find_package(model or DEFAULT_MODEL)
    with ExitStack() as stack:
        frames, total = _frames(source, data, labels=package.labels, split=split, stack=stack)
        engine = stack.enter_context(make_engine(backend, package, precision, depth=1, scores=True))
        found = SideBySide(engine, smoothing)
        advance = stack.enter_context(progress(_least(limit, total), "temporal"))
        for number, (frame, truth) in enumerate(frames, 1):
            found.add(advance(frame), truth)
            if number == limit:
                break
        info = engine.info
    if not found.frames:
        raise UsageError(f"{source or data} gave no frame to measure")
    result = {
        "model": package.name,
        "backend": info.backend,
        "precision": info.precision,
        "source": source or f"{data} {split}",
        "smooth": smoothing.mode,
        "smooth_weight": weight if smoothing.mode != "off" else None,
        "keyframe": smoothing.keyframe or "adaptive",
        **_figures(found),
    }
    if as_json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        _print_table(result, words=smoothing.words)


def _frames(
    source: str, data: str, *, labels: LabelSet, split: str, stack: ExitStack
) -> tuple[Iterator[tuple[Frame, LabelMap | None]], int | None]:
    """Pairs of frame and truth, and how many there will be."""
    from fractions import Fraction

    from rtseg.errors import UsageError
    from rtseg.source.dataset import open_dataset
    from rtseg.source.uri import open_source
    from rtseg.types import Frame

    if source:
        opened = stack.enter_context(open_source(source))
        if opened.info.live:
            raise UsageError(f"{opened.info.name} is live: measure a recording of it")
        return ((frame, None) for frame in opened), opened.info.frames
    dataset = open_dataset(data, split)
    if dataset.labels != labels:
        raise UsageError(
            f"the model speaks {labels.name}, but {dataset.name} is labelled in "
            f"{dataset.labels.name}"
        )
    samples = dataset.samples
    pairs = (
        (Frame(sample.picture(), index, Fraction(index), 0), sample.truth())
        for index, sample in enumerate(samples)
    )
    return pairs, len(samples)


def _least(limit: int, total: int | None) -> int:
    return limit if total is None else min(limit, total)


def _figures(found: SideBySide) -> dict[str, Any]:
    costs = found.costs
    added, network = costs["motion"] + costs["smooth"], costs["network"]
    return {
        "frames": found.frames,
        "frames_key": found.frames - found.warped,
        "frames_warped": found.warped,
        "frame_by_frame": _rounded(found.alone.fractions),
        "smoothed": _rounded(found.steady.fractions),
        "truth": _rounded({"tc": found.truth.tc, "flicker": found.truth.flicker}),
        "cost_ms": {name: round(cost, 3) for name, cost in costs.items()},
        "added_share_of_network": round(added / network, 3),
    }


def _rounded(fractions: dict[str, float]) -> dict[str, float | None]:
    return {name: None if value != value else round(value, 4) for name, value in fractions.items()}


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
