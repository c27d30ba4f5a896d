"""``rtseg export``: a checkpoint becomes a model package that any machine can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.errors import EngineError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelPackage
    from rtseg.types import ModelSpec, Rgb

LEAST_AGREEMENT = 0.97
"""Of pixels, INT8 against FP32: the shipped nets measure 98 to 99 %; less means trouble."""


NOTED = ("recipe", "step", "seconds")
"""What the manifest keeps of a checkpoint's notes."""


def command(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of `rtseg train`.")],
    data: Annotated[str, typer.Option(help="NAME:DIR or .toml: calibrates INT8, measures.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the package.")],
    split: Annotated[str, typer.Option(help="Which split measures accuracy.")] = "test",
    size: Annotated[str, typer.Option(help="HxW of the network.")] = "352x480",
    name: Annotated[str, typer.Option(help="Default: the folder's name.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the weights.")] = "unstated",
    note: Annotated[str, typer.Option(help="What the data allows, in a sentence.")] = "",
    command_line: Annotated[str, typer.Option("--made-by", help="The training command.")] = "",
    calibration: Annotated[int, typer.Option(min=8, help="Pictures that calibrate INT8.")] = 128,
    min_agreement: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of INT8 with FP32; with less it is refused.")
    ] = LEAST_AGREEMENT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Write FP32 and INT8 files with a manifest and measure both. INT8 that disagrees is refused.

    INT8 is calibrated on pictures of the data set's split "train".

    \b
    rtseg export .train/roadnet-m/checkpoint.pt --data camvid:data/camvid -o my-model
    rtseg export .train/mine/checkpoint.pt --data my.toml --split val -o my-model
    """
    from rtseg.commands import packaging
    from rtseg.engine.package import FORMAT, Manifest, write_package
    from rtseg.models.catalogue import entry
    from rtseg.source.dataset import open_dataset

    network, notes = _loaded(checkpoint)
    architecture, labels = notes["recipe"]["network"], notes["labels"]
    shape = packaging.network_size(size, multiple=entry(architecture).multiple)
    open_dataset(data, split, labels=labels)  # refused before minutes of work
    pictures = packaging.calibration_pictures(data, calibration)
    spec = _write_fp32(network, output, shape, labels=labels)
    manifest = Manifest(
        format=FORMAT,
        name=name or output.resolve().name,
        network=architecture,
        spec=spec,
        files={"fp32": packaging.model_file(output / packaging.FULL)},
        licence=licence,
        data=f"{notes['data']} pictures. {note}".strip(),
        made={"command": command_line} | {key: notes[key] for key in NOTED},
        accuracy=[],
    )
    package = write_package(output, manifest)
    said = _complete(package, pictures, at_least=min_agreement, data=data, split=split)
    packaging.report(package, said, as_json=as_json)


def _loaded(checkpoint: Path) -> tuple[Any, dict[str, Any]]:
    try:
        from rtseg.models.train import load_network
    except ImportError as error:
        raise EngineError(
            f"exporting needs {error.name!r}; install it with: pip install 'rtseg[export]'"
        ) from error
    return load_network(checkpoint)


def _write_fp32(network: Any, output: Path, size: tuple[int, int], *, labels: str) -> ModelSpec:
    from rtseg.commands.files import writable_folder
    from rtseg.commands.packaging import FULL
    from rtseg.models.export import export_onnx
    from rtseg.models.feed import MEAN, STD
    from rtseg.types import ModelSpec

    height, width = size
    export_onnx(network, writable_folder(output) / FULL, height=height, width=width)
    return ModelSpec(height, width, "rgb", MEAN, STD, labels)


def _complete(
    package: ModelPackage, pictures: list[Rgb], *, at_least: float, data: str, split: str
) -> str:
    """INT8 beside FP32, each measured; says what became of INT8."""
    from rtseg.commands import packaging
    from rtseg.engine.package import write_package

    folder, manifest = package.folder, package.manifest
    tensors = packaging.as_tensors(pictures, package.spec)
    said = packaging.add_int8(package, tensors, at_least=at_least)
    packaging.store_full_as_half(package)
    write_package(folder, manifest)
    for precision in manifest.files:
        manifest.accuracy.append(packaging.accuracy(package, data, precision, split=split))
    write_package(folder, manifest)
    return said
