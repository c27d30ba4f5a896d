"""``rtseg export``: a checkpoint becomes a model package that any machine can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.errors import EngineError

if TYPE_CHECKING:
    from rtseg.types import ModelSpec

LEAST_AGREEMENT = 0.97
"""Of pixels, INT8 against FP32: the shipped nets measure 98 to 99 %; less means trouble."""


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
    min_agreement: Annotated[
        float, typer.Option(help="INT8 that agrees with FP32 on fewer pixels is refused.")
    ] = LEAST_AGREEMENT,
) -> None:
    """Write FP32 and INT8 files with a manifest and measure both. INT8 that disagrees is refused.

    \b
    rtseg export .train/roadnet-m/checkpoint.pt --data camvid:data/camvid -o my-model
    """
    from rtseg.commands import packaging
    from rtseg.engine.package import FORMAT, Manifest, write_package

    shape = packaging.network_size(size, multiple=32)
    pictures = packaging.calibration_pictures(data, calibration)
    notes, spec = _export_fp32(checkpoint, output, shape)
    manifest = Manifest(
        format=FORMAT,
        name=name or output.resolve().name,
        network=notes["recipe"]["network"],
        spec=spec,
        files={"fp32": packaging.model_file(output / packaging.FULL)},
        licence=licence,
        data=f"{notes['data']} pictures. {note}".strip(),
        made={
            "command": command_line,
            **{key: notes[key] for key in ("recipe", "step", "seconds")},
        },
        accuracy=[],
    )
    package = write_package(output, manifest)
    tensors = packaging.as_tensors(pictures, spec)
    said = packaging.add_int8(package, tensors, at_least=min_agreement)
    packaging.store_full_as_half(package)
    write_package(output, manifest)
    for precision in manifest.files:
        manifest.accuracy.append(packaging.accuracy(package, data, precision))
    write_package(output, manifest)
    packaging.report(package, said)


def _export_fp32(
    checkpoint: Path, output: Path, size: tuple[int, int]
) -> tuple[dict[str, Any], ModelSpec]:
    try:
        from rtseg.models.export import export_onnx
        from rtseg.models.feed import MEAN, STD
        from rtseg.models.train import load_network
    except ImportError as error:
        raise EngineError(
            f"exporting needs {error.name!r}; install it with: pip install 'rtseg[export]'"
        ) from error
    from rtseg.commands.packaging import FULL
    from rtseg.types import ModelSpec

    network, notes = load_network(checkpoint)
    output.mkdir(parents=True, exist_ok=True)
    height, width = size
    export_onnx(network, output / FULL, height=height, width=width)
    return notes, ModelSpec(height, width, "rgb", MEAN, STD, notes["labels"])
