"""What ``rtseg export`` and ``rtseg import`` share: from an ONNX file to a measured package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rtseg.commands.fraction import rounded
from rtseg.errors import ThresholdError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelFile, ModelPackage
    from rtseg.types import ModelSpec, Rgb, Tensor

T = TypeVar("T")

FULL, SMALL = "model.onnx", "model.int8.onnx"
COMPARED = 32
"""Pictures on which INT8 must agree with FP32."""


def network_size(text: str, *, multiple: int) -> tuple[int, int]:
    """``HxW`` -> (h, w); raises UsageError unless both are multiples."""
    height, _, width = text.partition("x")
    sides = [int(side) if side.isdecimal() else 0 for side in (height, width)]
    if any(side < 1 or side % multiple for side in sides):
        raise UsageError(
            f"--size {text!r} is not HxW in multiples of {multiple}, e.g. {multiple * 11}x"
            f"{multiple * 15}"
        )
    return sides[0], sides[1]


def calibration_pictures(reference: str, count: int) -> list[Rgb]:
    """Evenly drawn from a calibration set, a folder, or the training split of a data set."""
    from rtseg.calibration.store import pictures_folder
    from rtseg.source.dataset import open_dataset
    from rtseg.source.images import ImageFolder

    pictures = pictures_folder(reference)
    if pictures is None:
        samples = open_dataset(reference, "train").samples
        return [sample.picture() for sample in _evenly(samples, count)]
    with ImageFolder(str(pictures)) as folder:
        wanted = set(_evenly(range(len(folder.paths)), count))
        return [frame.picture for frame in folder if frame.index in wanted]


def as_tensors(pictures: Iterable[Rgb], spec: ModelSpec) -> list[Tensor]:
    """The pictures as an engine would get them."""
    import time
    from fractions import Fraction

    from rtseg.preprocess import prepare
    from rtseg.types import Frame

    return [
        prepare(Frame(picture, index, Fraction(0), time.monotonic_ns()), spec).tensor
        for index, picture in enumerate(pictures)
    ]


def add_int8(package: ModelPackage, tensors: list[Tensor], *, at_least: float) -> str:
    """Quantise the package's FP32 file and keep what agrees with it; says in one line which.

    Changes the manifest in memory: the caller writes it.
    """
    from rtseg.engine.ort import normalise
    from rtseg.engine.quantize import quantize_for_cpu
    from rtseg.models.catalogue import entry

    manifest, small = package.manifest, package.folder / SMALL
    quantize_for_cpu(
        package.folder / FULL,
        small,
        [normalise(each, package.spec) for each in tensors],
        unquantized=entry(manifest.network).unquantized,
    )
    manifest.files["int8"] = model_file(small)
    try:
        agreement = gate(package, tensors, at_least=at_least)
    except ThresholdError as error:
        del manifest.files["int8"]
        small.unlink()
        return f"FP32 only: INT8 was refused, {error}"
    manifest.made["int8_agreement"] = agreement
    return f"INT8 agrees with FP32 on {agreement:.2%} of pixels"


def store_full_as_half(package: ModelPackage) -> None:
    """The FP32 file with its weights in half precision; the caller writes the manifest."""
    from rtseg.engine.quantize import store_as_half

    store_as_half(package.folder / FULL)
    package.manifest.files["fp32"] = model_file(package.folder / FULL)


def model_file(path: Path) -> ModelFile:
    from rtseg.engine.package import ModelFile, sha256_of

    return ModelFile(path.name, sha256_of(path))


def gate(package: ModelPackage, tensors: list[Tensor], *, at_least: float) -> float:
    """The share of pixels on which INT8 agrees; raises ThresholdError where that is too little."""
    from rtseg.engine.backends import make_engine
    from rtseg.engine.gate import accept, compare

    with (
        make_engine("openvino", package, "fp32", depth=1) as reference,
        make_engine("openvino", package, "int8", depth=1) as candidate,
    ):
        agreement = compare(reference, candidate, _evenly(tensors, COMPARED))
    accept(agreement, at_least=at_least, of_classes=len(package.labels))
    return round(agreement.share, 4)


def accuracy(
    package: ModelPackage, data: str, precision: str, *, split: str = "test"
) -> dict[str, Any]:
    """An entry of the manifest's ``accuracy``, measured through the engine of users.

    Truth of another label set is translated into that of the model.
    """
    from rtseg.commands.log import warn
    from rtseg.engine.backends import make_engine
    from rtseg.pipeline.evaluate import evaluate
    from rtseg.source.dataset import open_dataset

    dataset = open_dataset(data, split, labels=package.spec.labels)
    with make_engine("openvino", package, precision, depth=1) as engine:
        confusion = evaluate(dataset.samples, engine)
        info = engine.info
    if dataset.problems:
        warn(dataset.problems.summary())
    return {
        "data": dataset.name,
        "split": split,
        "images": len(dataset.samples),
        "backend": info.backend,
        "precision": info.precision,
        "miou": rounded(confusion.miou),
        "pixel_accuracy": rounded(confusion.pixel_accuracy),
        "per_class": dict(zip(dataset.labels.names, map(rounded, confusion.iou), strict=True)),
    }


def report(package: ModelPackage, note: str, *, as_json: bool = False) -> None:
    """The package's place, a note on its INT8, and what was measured."""
    from rtseg.commands.screen import print_json, show

    if as_json:
        facts = {"model": package.name, "folder": str(package.folder), "note": note}
        print_json({**facts, "accuracy": package.manifest.accuracy})
        return
    show(f"{package.name}: {package.folder}", *([note] if note else []))
    for each in package.manifest.accuracy:
        where = f"{each['data']} {each['split']}"
        show(f"{each['precision']}: {_miou(each['miou'])} on {where}")


def _miou(fraction: float | None) -> str:
    return "no labelled pixel" if fraction is None else f"{100 * fraction:.2f} % mIoU"


def _evenly(items: Sequence[T], count: int) -> list[T]:
    """``count`` of them at most, from the first on, over the whole length."""
    from rtseg.source.sparse import evenly

    return [items[place] for place in evenly(len(items), count)]
