"""``rtseg export``: a checkpoint becomes a model package that any machine can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelFile, ModelPackage
    from rtseg.source.dataset import Dataset
    from rtseg.types import ModelSpec, Precision, Tensor

LEAST_AGREEMENT = 0.97
"""Of pixels, INT8 against FP32: plain residual nets measured 98 to 99 %; less means trouble."""


def command(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of `rtseg train`.")],
    data: Annotated[str, typer.Option(help="NAME:DIR: calibrates INT8, measures accuracy.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the package.")],
    size: Annotated[str, typer.Option(help="HxW of the network, multiples of 32.")] = "352x480",
    name: Annotated[str, typer.Option(help="Default: the folder's name.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the weights.")] = "unstated",
    note: Annotated[str, typer.Option(help="What the data allows, in a sentence.")] = "",
    command_line: Annotated[str, typer.Option("--made-by", help="The training command.")] = "",
    calibration: Annotated[int, typer.Option(min=8, help="Pictures that calibrate INT8.")] = 128,
) -> None:
    """Write FP32 and INT8 files with a manifest, refuse an INT8 that disagrees, measure both.

    \b
    rtseg export .train/roadnet-m/checkpoint.pt --data camvid:data/camvid -o my-model
    """
    from rtseg.engine.package import FORMAT, Manifest, write_package
    from rtseg.source.dataset import open_dataset

    notes, spec = _export_fp32(checkpoint, output, _size(size))
    pictures = open_dataset(data, "train")
    tensors = _tensors(pictures, spec, calibration)
    files = _quantize(output, spec, tensors)
    manifest = Manifest(
        format=FORMAT,
        name=name or output.resolve().name,
        network=notes["recipe"]["network"],
        spec=spec,
        files=files,
        licence=licence,
        data=f"{notes['data']} pictures. {note}".strip(),
        made={
            "command": command_line,
            **{key: notes[key] for key in ("recipe", "step", "seconds")},
        },
        accuracy=[],
    )
    package = write_package(output, manifest)
    agreement = _gate(package, tensors)
    manifest.made["int8_agreement"] = agreement
    manifest.accuracy.extend(_accuracy(package, data, precision) for precision in files)
    write_package(output, manifest)
    _report(package, agreement)


def _export_fp32(
    checkpoint: Path, output: Path, size: tuple[int, int]
) -> tuple[dict[str, Any], ModelSpec]:
    try:
        from rtseg.models.export import export_onnx
        from rtseg.models.train import MEAN, STD, load_network
    except ImportError as error:
        raise EngineError(
            f"exporting needs {error.name!r}; install it with: pip install 'rtseg[export]'"
        ) from error
    from rtseg.types import ModelSpec

    network, notes = load_network(checkpoint)
    output.mkdir(parents=True, exist_ok=True)
    height, width = size
    export_onnx(network, output / "model.onnx", height=height, width=width)
    return notes, ModelSpec(height, width, "rgb", MEAN, STD, notes["labels"])


def _quantize(output: Path, spec: ModelSpec, tensors: list[Tensor]) -> dict[Precision, ModelFile]:
    from rtseg.engine.ort import normalise
    from rtseg.engine.package import ModelFile, sha256_of
    from rtseg.engine.quantize import quantize_for_cpu, store_as_half

    full, small = output / "model.onnx", output / "model.int8.onnx"
    quantize_for_cpu(full, small, [normalise(each, spec) for each in tensors])
    store_as_half(full)
    return {
        "fp32": ModelFile(full.name, sha256_of(full)),
        "int8": ModelFile(small.name, sha256_of(small)),
    }


def _tensors(dataset: Dataset, spec: ModelSpec, count: int) -> list[Tensor]:
    """Evenly drawn pictures of the data set, as the engine would get them."""
    import time
    from fractions import Fraction

    from rtseg.preprocess import prepare
    from rtseg.types import Frame

    step = max(1, len(dataset.samples) // count)
    frames = (
        Frame(sample.picture(), index, Fraction(0), time.monotonic_ns())
        for index, sample in enumerate(dataset.samples[::step][:count])
    )
    return [prepare(frame, spec).tensor for frame in frames]


def _gate(package: ModelPackage, tensors: list[Tensor]) -> float:
    from rtseg.engine.backends import make_engine
    from rtseg.engine.gate import accept, compare

    with (
        make_engine("openvino", package, "fp32", depth=1) as reference,
        make_engine("openvino", package, "int8", depth=1) as candidate,
    ):
        agreement = compare(reference, candidate, tensors[:32])
    accept(agreement, at_least=LEAST_AGREEMENT)
    return round(agreement.share, 4)


def _accuracy(package: ModelPackage, data: str, precision: str) -> dict[str, Any]:
    from rtseg.engine.backends import make_engine
    from rtseg.pipeline.evaluate import evaluate
    from rtseg.source.dataset import open_dataset

    dataset = open_dataset(data, "test")
    with make_engine("openvino", package, precision, depth=1) as engine:
        confusion = evaluate(dataset.samples, engine)
        info = engine.info
    iou = dict(zip(dataset.labels.names, confusion.iou.round(4).tolist(), strict=True))
    return {
        "data": dataset.name,
        "split": "test",
        "images": len(dataset.samples),
        "backend": info.backend,
        "precision": info.precision,
        "miou": round(confusion.miou, 4),
        "pixel_accuracy": round(confusion.pixel_accuracy, 4),
        "per_class": {key: None if value != value else value for key, value in iou.items()},
    }


def _report(package: ModelPackage, agreement: float) -> None:
    from rtseg.commands.screen import show

    show(f"{package.name}: {package.folder}", f"INT8 agrees with FP32 on {agreement:.2%} of pixels")
    for each in package.manifest.accuracy:
        show(f"{each['precision']}: {100 * each['miou']:.2f} % mIoU on {each['data']} test")


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition("x")
    if not (height.isdecimal() and width.isdecimal()) or int(height) % 32 or int(width) % 32:
        raise UsageError(f"--size {text!r} is not HxW in multiples of 32, e.g. 352x480")
    return int(height), int(width)
