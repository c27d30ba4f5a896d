"""``rtseg eval``: the accuracy of a model, through the engine that users run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.commands.fraction import percent, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rtseg.engine.base import Engine
    from rtseg.labels import LabelSet
    from rtseg.pipeline.evaluate import Evaluation
    from rtseg.source.sample import Dataset


def command(
    model: Annotated[str, typer.Argument(help="Name, folder or checkpoint.pt of a model.")] = "",
    data: Annotated[str, typer.Option(help="NAME:DIR or a .toml file.")] = "",
    split: Annotated[str, typer.Option(help="Which split; train+val joins two.")] = "test",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the report's page.")
    ] = None,
    backend: Annotated[
        str, typer.Option(help="auto, openvino, onnxruntime, tensorrt, rtx.")
    ] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
    size: Annotated[str, typer.Option(help="HxW of the network's input; else its own.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Only every Nth picture.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N pictures.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="How many worst pictures to name.")] = 8,
    boundary: Annotated[bool, typer.Option("--boundary", help="Boundary F-score, too.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a bad label map.")] = False,
    min_miou: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Exit 5 below this mIoU.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure MODEL on a labelled data set: IoU of every class, their mean, pixel accuracy.

    A data set with other classes is translated into those of the model.

    \b
    rtseg eval --data camvid:data/camvid -o report
    rtseg eval roadlite-camvid --data camvid:data/camvid --precision fp32 --json
    rtseg eval --data camvid:data/camvid --size 288x384 --every 4
    rtseg eval .train/mine/checkpoint.pt --data my.toml --split val --boundary --strict
    """
    from rtseg.commands.engines import Choice
    from rtseg.commands.files import writable_folder
    from rtseg.commands.log import warn
    from rtseg.commands.screen import progress
    from rtseg.errors import ThresholdError, UsageError
    from rtseg.pipeline.evaluate import Evaluation, judge
    from rtseg.source.dataset import open_dataset

    if not data:
        raise UsageError("eval needs --data NAME:DIR, e.g. --data camvid:data/camvid")
    chosen = Choice(model, backend, precision, size).engine()
    dataset = open_dataset(data, split, labels=chosen.spec.labels, strict=strict)
    folder = None if output is None else writable_folder(output)
    samples = dataset.samples[::every][:limit]
    evaluation = Evaluation(len(dataset.labels), worst=worst, boundary=boundary)
    with chosen as engine, progress(len(samples), "eval") as advance:
        for judged in judge(samples, engine):
            evaluation.add(advance(judged))
        result = _result(evaluation, dataset, engine)
    if folder is not None:
        _write(folder, result, evaluation, dataset)
    if dataset.problems:
        warn(dataset.problems.summary())
    _show(result, as_json=as_json)
    if (result["miou"] or 0.0) < min_miou:
        raise ThresholdError(
            f"mIoU {result['miou'] or 0.0:.4f} is below the {min_miou:g} asked for"
        )


def _result(evaluation: Evaluation, dataset: Dataset, engine: Engine) -> dict[str, Any]:
    """Fractions, not per cent; null for a class that is nowhere true."""
    info, spec, counts = engine.info, engine.spec, evaluation.confusion.counts
    invented = counts.sum(0)[counts.sum(1) == 0].sum()
    return {
        "model": info.model,
        "backend": info.backend,
        "precision": info.precision,
        "network": [spec.height, spec.width],
        "data": dataset.name,
        "split": dataset.split,
        "labels": dataset.labels.name,
        "images": evaluation.pictures,
        "label_problems": len(dataset.problems),
        **_means(evaluation),
        **_per_class(evaluation, dataset.labels),
        "given_to_absent_classes": rounded(invented / max(1, counts.sum())),
        "confusion": counts.tolist(),
        "worst": [
            {"picture": str(each.item.sample.picture_path), "miou": rounded(each.score)}
            for each in evaluation.worst.kept
        ],
        "outputs": [],
    }


def _means(evaluation: Evaluation) -> dict[str, float | None]:
    confusion, boundary = evaluation.confusion, evaluation.boundary
    return {
        "miou": rounded(confusion.miou),
        "pixel_accuracy": rounded(confusion.pixel_accuracy),
        "class_accuracy": rounded(confusion.mean_class_accuracy),
        "frequency_weighted_iou": rounded(confusion.frequency_weighted_iou),
        "boundary_f": rounded(boundary.mean) if boundary else None,
        "boundary_tolerance": boundary.tolerance if boundary else None,
    }


def _per_class(evaluation: Evaluation, labels: LabelSet) -> dict[str, Any]:
    confusion, boundary = evaluation.confusion, evaluation.boundary
    pixels = confusion.counts.sum(1)
    return {
        "per_class": _by_name(labels, confusion.iou),
        "per_class_accuracy": _by_name(labels, confusion.class_accuracy),
        "per_class_boundary_f": _by_name(labels, boundary.f_score) if boundary else None,
        "per_class_pixels": _by_name(labels, pixels / max(1, pixels.sum())),
    }


def _by_name(labels: LabelSet, values: Iterable[float]) -> dict[str, float | None]:
    return dict(zip(labels.names, map(rounded, values), strict=True))


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    from rtseg.commands.screen import print_json

    if as_json:
        print_json(result)
    else:
        _print_table(result)


def _print_table(result: dict[str, Any]) -> None:
    from rtseg.commands.screen import show, table

    columns = _columns(result)
    classes = table("class", *(f"{name} %" for name in columns))
    for name in result["per_class"]:
        classes.add_row(name, *(percent(column[name]) for column in columns.values()))
    show(_title(result), classes, "   ".join(f"{k} {v}" for k, v in _headline(result).items()))
    if result["given_to_absent_classes"]:
        share = percent(result["given_to_absent_classes"])
        show(f"{share} % of the pixels were given to classes that are absent from the truth")
    for path in result["outputs"]:
        show(f"wrote {path}")


def _title(result: dict[str, Any]) -> str:
    return (
        f"{result['model']}  {result['backend']} {result['precision']}  on {result['data']} "
        f"{result['split']}, {result['images']} images"
    )


def _headline(result: dict[str, Any]) -> dict[str, str]:
    named = {
        "mIoU": result["miou"],
        "pixel accuracy": result["pixel_accuracy"],
        "class accuracy": result["class_accuracy"],
        "frequency-weighted IoU": result["frequency_weighted_iou"],
        "boundary F": result["boundary_f"],
    }
    known = {name: value for name, value in named.items() if value is not None}
    return {name: f"{100 * value:.2f} %" for name, value in known.items()}


def _columns(result: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    columns = {"IoU": result["per_class"], "accuracy": result["per_class_accuracy"]}
    if result["per_class_boundary_f"]:
        columns["boundary F"] = result["per_class_boundary_f"]
    return columns | {"pixels": result["per_class_pixels"]}


def _write(folder: Path, result: dict[str, Any], evaluation: Evaluation, dataset: Dataset) -> None:
    """report.json, index.html and confusion.png; names them in the result."""
    import cv2

    from rtseg.commands.files import write
    from rtseg.commands.matrix import matrix_picture

    picture = matrix_picture(evaluation.confusion, dataset.labels)
    _, png = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    paths = [folder / name for name in ("report.json", "index.html", "confusion.png")]
    result["outputs"] = [str(path) for path in paths]
    write(paths[0], json.dumps(result, indent=2) + "\n")
    write(paths[1], _page(result, evaluation, dataset.labels))
    write(paths[2], png.tobytes())


def _page(result: dict[str, Any], evaluation: Evaluation, labels: LabelSet) -> str:
    from rtseg.commands.matrix import matrix_table
    from rtseg.commands.page import class_table, figures, page, section

    columns = {name: list(column.values()) for name, column in _columns(result).items()}
    return page(
        f"Accuracy of {result['model']}",
        f"{result['backend']} {result['precision']} on {result['data']} {result['split']}, "
        f"{result['images']} pictures",
        [
            figures(_headline(result)),
            section("Classes", _CLASSES_WORDS, class_table(labels, columns)),
            section("Confusion", _MATRIX_WORDS, matrix_table(evaluation.confusion, labels)),
            section("Worst pictures", _WORST_WORDS, _worst(evaluation, labels)),
        ],
    )


_CLASSES_WORDS = (
    "In per cent. IoU: shared over joined pixels of truth and prediction. Accuracy: the share of a "
    "class's true pixels that were found. Pixels: the share of the labelled pixels. A class that "
    "is nowhere true is absent and not part of the means."
)
_MATRIX_WORDS = (
    "Rows are the truth, columns the prediction; each row sums to 100 per cent. Blue is right, red "
    "is wrong, deeper than linear so that small shares show."
)
_WORST_WORDS = (
    "Lowest mIoU of their own, over the classes that the picture holds. In the last column, wrong "
    "pixels are red; black was not labelled."
)


def _worst(evaluation: Evaluation, labels: LabelSet) -> str:
    from rtseg.commands.page import difference_picture, gallery, label_picture, photo

    rows = []
    for each in evaluation.worst.kept:
        judged = each.item
        picture = judged.sample.picture()
        pictures = {
            "picture": photo(picture),
            "truth": label_picture(picture, judged.truth, labels),
            "prediction": label_picture(picture, judged.predicted, labels),
            "errors": difference_picture(picture, judged.truth, judged.predicted),
        }
        rows.append(gallery(f"{judged.sample.name}: mIoU {100 * each.score:.1f} %", pictures))
    return "".join(rows)
