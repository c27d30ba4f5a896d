"""``rtseg import``: the weights that a network's authors published become a model package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtseg.commands.export import LEAST_AGREEMENT
from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelPackage
    from rtseg.models.published import Published

PICTURES = 64
"""That calibrate INT8; at 512x1024 they take 400 MB of memory, and minutes."""


def command(
    network: Annotated[str, typer.Argument(help="Which network, e.g. cgnet.")],
    checkpoint: Annotated[Path, typer.Argument(help="The authors' file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the package.")],
    labels: Annotated[str, typer.Option(help="Label set, where there are several.")] = "",
    size: Annotated[str, typer.Option(help="HxW of the network. Default: the authors'.")] = "",
    data: Annotated[str, typer.Option(help="NAME:DIR or .toml: measures accuracy.")] = "",
    split: Annotated[str, typer.Option(help="Which split measures it.")] = "test",
    calibration: Annotated[
        str, typer.Option(help="Set, folder or NAME:DIR that calibrates INT8.")
    ] = "",
    shrink: Annotated[int, typer.Option(min=1, max=8, help="Labels at 1/N of the size.")] = 1,
    name: Annotated[str, typer.Option(help="Default: the folder's name.")] = "",
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of INT8 with FP32; with less it is refused.")
    ] = LEAST_AGREEMENT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Turn an author's CHECKPOINT into a model, with the author's own pre-processing.

    Every weight of the file must find its place. INT8 is kept if it agrees with FP32; without
    --data and --calibration only FP32 is written.

    \b
    rtseg import cgnet model_800.pth -o cgnet-camvid --data camvid:data/camvid
    rtseg import espnetv2-2.0 espnetv2_s_2.0_city_1024x512.pth -o city --calibration pictures
    """
    from rtseg.commands import packaging
    from rtseg.engine.package import write_package

    facts = _sized(_facts(network, labels, data=data, split=split), size)
    pictures = (
        packaging.calibration_pictures(calibration or data, PICTURES)
        if (calibration or data)
        else []
    )
    package = _package(facts, checkpoint, output, name=name, shrink=shrink)
    tensors = packaging.as_tensors(pictures, facts.spec)
    note = packaging.add_int8(package, tensors, at_least=min_agreement) if tensors else "FP32 only"
    if data:
        package.manifest.accuracy.extend(
            packaging.accuracy(package, data, precision, split=split)
            for precision in package.manifest.files
        )
    write_package(output, package.manifest)
    packaging.report(package, note, as_json=as_json)


def _facts(network: str, labels: str, *, data: str, split: str) -> Published:
    from rtseg.models.published import published
    from rtseg.source.dataset import open_dataset

    facts = published(network, labels)
    if data and (found := open_dataset(data, split).labels.name) != facts.spec.labels:
        raise UsageError(
            f"these weights of {network} speak {facts.spec.labels}, but {data!r} is labelled in "
            f"{found}: leave out --data, or name other weights with --labels {found}"
        )
    return facts


def _sized(facts: Published, size: str) -> Published:
    from rtseg.commands.packaging import network_size
    from rtseg.models.catalogue import entry

    if not size:
        return facts
    height, width = network_size(size, multiple=entry(facts.network).multiple)
    return replace(facts, spec=replace(facts.spec, height=height, width=width))


def _package(
    facts: Published, checkpoint: Path, output: Path, *, name: str, shrink: int
) -> ModelPackage:
    """The package with its FP32 file alone."""
    from rtseg.commands.packaging import FULL, model_file
    from rtseg.engine.package import FORMAT, Manifest, sha256_of, write_package
    from rtseg.models.catalogue import entry

    _write_fp32(facts, checkpoint, output, shrink)
    manifest = Manifest(
        format=FORMAT,
        name=name or output.resolve().name,
        network=facts.network,
        spec=facts.spec,
        files={"fp32": model_file(output / FULL)},
        licence=entry(facts.network).licence,
        data=f"{facts.data}, by the network's authors.",
        made={
            "command": f"rtseg import {facts.network} {checkpoint.name}",
            "checkpoint_sha256": sha256_of(checkpoint),
            "from": entry(facts.network).checkpoint,
            "shrink": shrink,
        },
        accuracy=[],
    )
    return write_package(output, manifest)


def _write_fp32(facts: Published, checkpoint: Path, output: Path, shrink: int) -> None:
    from rtseg.commands.files import writable_folder
    from rtseg.commands.packaging import FULL

    try:
        from rtseg.models.export import export_onnx
        from rtseg.models.importing import in_label_order, load_published
    except ImportError as error:
        raise EngineError(
            f"importing needs {error.name!r}; install it with: pip install 'rtseg[export]'"
        ) from error
    network = load_published(facts.network, checkpoint, facts.outputs)
    export_onnx(
        in_label_order(network, facts),
        writable_folder(output) / FULL,
        height=facts.spec.height,
        width=facts.spec.width,
        shrink=shrink,
    )
