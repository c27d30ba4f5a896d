"""``rtseg compare``: how far two models agree on footage that nobody labelled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.commands.fraction import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rtseg.engine.base import Engine
    from rtseg.labels import LabelSet
    from rtseg.metrics import Confusion
    from rtseg.pipeline.compare import Comparison
    from rtseg.types import Frame


def command(
    first: Annotated[str, typer.Argument(metavar="A", help="NAME[:PRECISION[@BACKEND]].")],
    second: Annotated[str, typer.Argument(metavar="B", help="What is compared with A.")],
    source: Annotated[str, typer.Argument(help="Anything that `rtseg run` takes.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the report's page.")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every Nth frame.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after N compared frames.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="How many worst frames to name.")] = 8,
    size: Annotated[str, typer.Option(help="HxW for checkpoints (default 352x480).")] = "",
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Exit 5 below this share of pixels.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run A and B over SOURCE and say where they differ: per class, per frame, in all.

    A and B are models by name or folder, or a checkpoint.pt, each with a precision and a backend
    if it matters.

    \b
    rtseg compare roadlite-camvid:fp32 roadlite-camvid:int8 drive.mp4 --every 10 -o report
    rtseg compare mine:fp32@openvino mine:fp32@onnxruntime pictures/ --min-agreement 0.99
    """
    from rtseg.commands.engines import Choice
    from rtseg.commands.files import writable_folder
    from rtseg.commands.footage import chosen, how_many
    from rtseg.commands.log import warn
    from rtseg.errors import ThresholdError, UsageError
    from rtseg.labels import label_set, translation
    from rtseg.pipeline.compare import Comparison
    from rtseg.source.uri import open_source

    choices = Choice.of(first, size=size), Choice.of(second, size=size)
    if size and not any(choice.size for choice in choices):
        raise UsageError("--size is for checkpoints, and neither A nor B is a checkpoint")
    a, b = (choice.engine() for choice in choices)
    translation(b.spec.labels, a.spec.labels)  # refused before anything is opened
    labels = label_set(a.spec.labels)
    footage = open_source(source)
    folder = None if output is None else writable_folder(output)
    comparison = Comparison(len(labels), worst=worst)
    with footage, a, b:
        frames = chosen(footage, every=every, limit=limit)
        total = how_many(footage, every=every, limit=limit)
        _run(comparison, a, b, frames=frames, total=total)
        result = _result(comparison, a, b, source=footage.info.name)
    if folder is not None:
        _write(folder, result, comparison, labels)
    for warning in footage.warnings:
        warn(warning)
    _show(result, as_json=as_json)
    if (result["agreement"] or 0.0) < min_agreement:
        raise ThresholdError(f"{_agreement(result)}, below the {min_agreement:g} asked for")


def _run(
    comparison: Comparison, a: Engine, b: Engine, *, frames: Iterator[Frame], total: int | None
) -> None:
    from rtseg.commands.screen import progress
    from rtseg.pipeline.compare import compare

    with progress(total, "compare") as advance:
        for pair in compare(frames, a, b):
            comparison.add(advance(pair))


def _result(comparison: Comparison, a: Engine, b: Engine, *, source: str) -> dict[str, Any]:
    """Fractions, not per cent; null where there was nothing to compare."""
    return {
        "a": _described(a),
        "b": _described(b),
        "source": source,
        "labels": a.spec.labels,
        "frames": len(comparison.frames),
        "agreement": rounded(comparison.agreement),
        "compared_pixels": rounded(comparison.compared),
        "per_class": _per_class(comparison.confusion, a.spec.labels),
        "confusion": comparison.confusion.counts.tolist(),
        "worst": [
            {
                "index": each.item.frame.index,
                "pts": rounded(each.at),
                "agreement": rounded(each.score),
            }
            for each in comparison.worst.kept
        ],
        "outputs": [],
    }


def _per_class(confusion: Confusion, labels: str) -> dict[str, dict[str, float | None]]:
    """iou: null for a class that neither says."""
    from rtseg.labels import label_set

    counts = confusion.counts
    total = max(1, counts.sum())
    columns = (confusion.overlap, counts.sum(1) / total, counts.sum(0) / total)
    return {
        name: {"iou": rounded(iou), "share_a": rounded(in_a), "share_b": rounded(in_b)}
        for name, iou, in_a, in_b in zip(label_set(labels).names, *columns, strict=True)
    }


def _described(engine: Engine) -> dict[str, str]:
    info = engine.info
    return {"model": info.model, "backend": info.backend, "precision": info.precision}


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    from rtseg.commands.screen import print_json

    if as_json:
        print_json(result)
    else:
        _print_table(result)


def _print_table(result: dict[str, Any]) -> None:
    from rtseg.commands.screen import show, table

    classes = table("class", "IoU %", "A: pixels %", "B: pixels %")
    for name, each in result["per_class"].items():
        if each["iou"] is not None:
            shares = (each["iou"], each["share_a"], each["share_b"])
            classes.add_row(name, *(f"{100 * share:.1f}" for share in shares))
    worst = table("worst frame", "seconds", "agreement %")
    for each in result["worst"]:
        worst.add_row(str(each["index"]), f"{each['pts']:.2f}", f"{100 * each['agreement']:.1f}")
    found = ("", worst) if result["worst"] else ()
    show(*_titles(result), "", classes, *found, "", _agreement(result))
    for path in result["outputs"]:
        show(f"wrote {path}")


def _titles(result: dict[str, Any]) -> tuple[str, str, str]:
    a, b = (f"{each['model']}  {each['backend']} {each['precision']}" for each in _sides(result))
    return f"A: {a}", f"B: {b}", f"on {result['source']}, {result['frames']} frames"


def _sides(result: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    return result["a"], result["b"]


def _agreement(result: dict[str, Any]) -> str:
    if result["agreement"] is None:
        return "nothing could be compared"
    words = f"agreement {100 * result['agreement']:.2f} %"
    if result["compared_pixels"] < 1:
        words += f" of the {100 * result['compared_pixels']:.1f} % of pixels that both can name"
    return words


def _write(folder: Path, result: dict[str, Any], comparison: Comparison, labels: LabelSet) -> None:
    """report.json and index.html; names them in the result."""
    from rtseg.commands.files import write

    paths = [folder / name for name in ("report.json", "index.html")]
    result["outputs"] = [str(path) for path in paths]
    write(paths[0], json.dumps(result, indent=2) + "\n")
    write(paths[1], _page(result, comparison, labels))


def _page(result: dict[str, Any], comparison: Comparison, labels: LabelSet) -> str:
    from rtseg.commands.matrix import matrix_table
    from rtseg.commands.page import class_table, curve, figures, page, section

    rows = list(result["per_class"].values())
    columns = {
        "IoU": [row["iou"] for row in rows],
        "A: pixels": [row["share_a"] for row in rows],
        "B: pixels": [row["share_b"] for row in rows],
    }
    points = [(float(each.pts), each.agreement) for each in comparison.frames]
    shown = {"agreement": result["agreement"], "compared pixels": result["compared_pixels"]}
    headline = {name: f"{100 * value:.2f} %" for name, value in shown.items() if value is not None}
    return page(
        "Agreement of two models",
        " · ".join(_titles(result)),
        [
            figures(headline | {"frames": str(result["frames"])}),
            section("Over time", _CURVE_WORDS, curve(points, "agreement over time")),
            section("Classes", _CLASSES_WORDS, class_table(labels, columns)),
            section("Who says what", _MATRIX_WORDS, matrix_table(comparison.confusion, labels)),
            section("Worst frames", _WORST_WORDS, _worst(comparison, labels)),
        ],
    )


_CURVE_WORDS = "Share of the pixels with the same label, in per cent, frame by frame."
_CLASSES_WORDS = (
    "In per cent. IoU: pixels of the class in both over pixels of the class in either. Nobody "
    "labelled this footage: agreement is no accuracy."
)
_MATRIX_WORDS = "Rows are what A says, columns what B says there; each row sums to 100 per cent."
_WORST_WORDS = "The lowest agreement, at least a second apart. Red is where A and B differ."


def _worst(comparison: Comparison, labels: LabelSet) -> str:
    from rtseg.commands.page import difference_picture, gallery, label_picture, photo

    rows = []
    for each in comparison.worst.kept:
        pair, picture = each.item, each.item.frame.picture
        pictures = {
            "picture": photo(picture),
            "A": label_picture(picture, pair.first, labels),
            "B": label_picture(picture, pair.second, labels),
            "differences": difference_picture(picture, pair.first, pair.second),
        }
        caption = f"frame {pair.frame.index}, {each.at:.2f} s: agreement {100 * each.score:.1f} %"
        rows.append(gallery(caption, pictures))
    return "".join(rows)
