"""What is measured side by side: every model on every backend, in every precision and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from rtseg.engine.backends import choose_precision
from rtseg.engine.graph import read_graph, write_graph
from rtseg.engine.package import ModelFile, ModelPackage, sha256_of, write_package
from rtseg.engine.resizing import Shape, parsed, resized
from rtseg.types import Precision


@dataclass(frozen=True)
class Cell:
    """As it was asked for. size: HxW of the network's input; "" is the model's own."""

    model: str
    backend: str = "auto"
    precision: str = "auto"
    size: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.model, self.backend, self.precision, self.size)))

    @property
    def shape(self) -> Shape | None:
        """Raises UsageError for what is no size."""
        return parsed(self.size, option="--sizes") if self.size else None


def cells(
    models: Sequence[str],
    *,
    backends: Sequence[str],
    precisions: Sequence[str],
    sizes: Sequence[str],
) -> list[Cell]:
    """Each combination once."""
    return list(dict.fromkeys(Cell(*each) for each in product(models, backends, precisions, sizes)))


def resized_package(package: ModelPackage, cell: Cell, folder: Path) -> ModelPackage:
    """The package itself where the size is its own; else a copy of the one file that is needed.

    The copy keeps its name, but no accuracy: none was measured at that size. Raises UsageError
    where the network cannot be rewritten exactly.
    """
    shape, spec = cell.shape, package.spec
    if shape is None or (shape.height, shape.width) == (spec.height, spec.width):
        return package
    precision = choose_precision(cell.precision, package)
    kept: Precision = "fp32" if precision == "bf16" else precision
    network = resized(read_graph(package.file(kept)), shape)
    folder.mkdir(parents=True)
    path = folder / "model.onnx"
    write_graph(network, path)
    manifest = replace(
        package.manifest,
        spec=replace(spec, height=shape.height, width=shape.width),
        files={kept: ModelFile(path.name, sha256_of(path))},
        accuracy=[],
    )
    return write_package(folder, manifest)
