"""``rtseg export``: a checkpoint becomes a model package that any machine can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtseg.errors import EngineError

if TYPE_CHECKING:
    from rtseg.engine.package import ModelFile
    from rtseg.types import ModelSpec, Precision

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
    from rtseg.commands import packaging
    from rtseg.engine.package import FORMAT, Manifest, write_package
    from rtseg.engine.quantize import store_as_half

    notes, spec = _export_fp32(checkpoint, output, packaging.network_size(size, multiple=32))
    tensors = packaging.as_tensors(packaging.calibration_pictures(data, calibration), spec)
    small = packaging.quantize(output, spec, tensors)
    store_as_half(output / packaging.FULL)
    files: dict[Precision, ModelFile] = {
        "fp32": packaging.model_file(output / packaging.FULL),
        "int8": small,
    }
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
    agreement = packaging.gate(package, tensors, at_least=LEAST_AGREEMENT)
    manifest.made["int8_agreement"] = agreement
    manifest.accuracy.extend(packaging.accuracy(package, data, precision) for precision in files)
    write_package(output, manifest)
    packaging.report(package, f"INT8 agrees with FP32 on {agreement:.2%} of pixels")


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
    from rtseg.commands.packaging import FULL
    from rtseg.types import ModelSpec

    network, notes = load_network(checkpoint)
    output.mkdir(parents=True, exist_ok=True)
    height, width = size
    export_onnx(network, output / FULL, height=height, width=width)
    return notes, ModelSpec(height, width, "rgb", MEAN, STD, notes["labels"])
