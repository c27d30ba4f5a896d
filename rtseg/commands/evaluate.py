"""``rtseg eval``: the accuracy of a model, through the engine that users run."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer


def command(
    model: Annotated[str, typer.Argument(help="Name or folder of a model.")] = "",
    data: Annotated[str, typer.Option(help="NAME:DIR, e.g. camvid:data/camvid.")] = "",
    split: Annotated[str, typer.Option(help="Which split; train+val joins two.")] = "test",
    backend: Annotated[str, typer.Option(help="auto, openvino or onnxruntime.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
    limit: Annotated[int, typer.Option(min=1, help="Only the first N pictures.")] = 1_000_000,
    min_miou: Annotated[float, typer.Option(help="Exit 5 below this mIoU (0..1).")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Measure MODEL on a labelled data set: IoU of every class, their mean, pixel accuracy.

    \b
    rtseg eval --data camvid:data/camvid
    rtseg eval roadnet-m-camvid --data camvid:data/camvid --precision fp32 --json
    """
    from rtseg.commands.screen import progress
    from rtseg.engine.backends import make_engine
    from rtseg.engine.package import DEFAULT_MODEL, find_package
    from rtseg.errors import ThresholdError, UsageError
    from rtseg.pipeline.evaluate import evaluate
    from rtseg.source.dataset import open_dataset

    if not data:
        raise UsageError("eval needs --data NAME:DIR, e.g. --data camvid:data/camvid")
    package = find_package(model or DEFAULT_MODEL)
    dataset = open_dataset(data, split)
    if dataset.labels != package.labels:
        raise UsageError(
            f"model {package.name!r} speaks {package.spec.labels}, but {dataset.name} is labelled "
            f"in {dataset.labels.name}"
        )
    samples = dataset.samples[:limit]
    with make_engine(backend, package, precision, depth=1) as engine:
        with progress(len(samples), "eval") as advance:
            confusion = evaluate((advance(sample) for sample in samples), engine)
        info = engine.info
    iou = [None if value != value else round(float(value), 4) for value in confusion.iou]
    result = {
        "model": package.name,
        "backend": info.backend,
        "precision": info.precision,
        "data": dataset.name,
        "split": split,
        "images": len(samples),
        "miou": round(confusion.miou, 4),
        "pixel_accuracy": round(confusion.pixel_accuracy, 4),
        "per_class": dict(zip(dataset.labels.names, iou, strict=True)),
    }
    if as_json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        _print_table(result)
    if confusion.miou < min_miou:
        raise ThresholdError(f"mIoU {confusion.miou:.4f} is below the {min_miou:g} asked for")


def _print_table(result: dict[str, Any]) -> None:
    from rtseg.commands.screen import show, table

    classes = table("class", "IoU %")
    for name, iou in result["per_class"].items():
        classes.add_row(name, "absent" if iou is None else f"{100 * iou:.1f}")
    show(
        f"{result['model']}  {result['backend']} {result['precision']}  on {result['data']} "
        f"{result['split']}, {result['images']} images",
        classes,
        f"mIoU {100 * result['miou']:.2f} %   pixel accuracy "
        f"{100 * result['pixel_accuracy']:.2f} %",
    )
