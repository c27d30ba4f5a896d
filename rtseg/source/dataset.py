"""Pictures with their truth: labelled data sets as they lie on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.labels import label_set, translation
from rtseg.source.datasets import ade, bdd, camvid, cityscapes, coco, context, vistas, voc
from rtseg.source.datasets.described import read_description
from rtseg.source.sample import UNKNOWN, Dataset, Problems, Sample

__all__ = ["LAYOUTS", "Dataset", "Problems", "Sample", "open_dataset"]

Layout: TypeAlias = Callable[[Path, str], Dataset]
"""From the folder of a data set and one of its splits."""

LAYOUTS: dict[str, tuple[Layout, tuple[str, ...]]] = {
    "camvid": (camvid.camvid, camvid.SPLITS),
    "cityscapes": (cityscapes.cityscapes, cityscapes.SPLITS),
    "bdd100k": (bdd.bdd100k, bdd.SPLITS),
    "vistas": (vistas.vistas_v1, vistas.SPLITS),
    "vistas2": (vistas.vistas_v2, vistas.SPLITS),
    "voc": (voc.voc, voc.SPLITS),
    "ade20k": (ade.ade20k, ade.SPLITS),
    "cocostuff": (coco.cocostuff, coco.SPLITS),
    "context59": (context.context59, context.SPLITS),
    "context60": (context.context60, context.SPLITS),
}


def open_dataset(reference: str, split: str, *, labels: str = "", strict: bool = False) -> Dataset:
    """``NAME:DIR`` or a TOML file, and a split; ``train+val`` joins two.

    labels: the name of a label set to translate the truth into; what has no counterpart there
    is IGNORE. strict: a label map with unknown ids or of another size than its picture is a
    DatasetError when it is read; otherwise it is counted in ``problems``.
    """
    parts = _parts(reference, split)
    own = parts[0].labels
    samples = tuple(sample for part in parts for sample in part.samples)
    tables = {id(sample.ids): sample.ids for sample in samples}
    if labels and labels != own.name:
        between = translation(own.name, labels)
        tables = {key: _translated(table, between) for key, table in tables.items()}
    problems = Problems(strict=strict)
    return Dataset(
        name=parts[0].name,
        split=split,
        labels=label_set(labels) if labels and labels != own.name else own,
        samples=tuple(
            replace(sample, ids=tables[id(sample.ids)], problems=problems) for sample in samples
        ),
        problems=problems,
    )


def _parts(reference: str, split: str) -> list[Dataset]:
    name, _, root = reference.partition(":")
    if reference.endswith(".toml"):
        described = read_description(Path(reference))
        return [described.dataset(part) for part in _splits(reference, split, described.splits)]
    if name not in LAYOUTS or not root:
        raise UsageError(
            f"{reference!r} is not a data set: expected NAME:DIR with NAME one of "
            f"{', '.join(LAYOUTS)}, or a TOML file that describes one"
        )
    layout, splits = LAYOUTS[name]
    return [layout(Path(root), part) for part in _splits(name, split, splits)]


def _splits(name: str, split: str, known: tuple[str, ...]) -> list[str]:
    parts = split.split("+")
    unknown = [part for part in parts if part not in known]
    if unknown:
        raise UsageError(f"{name} has no split {unknown[0]!r}; it has {', '.join(known)}")
    return parts


def _translated(table: NDArray[np.uint8], between: NDArray[np.uint8]) -> NDArray[np.uint8]:
    between = between.copy()
    between[UNKNOWN] = UNKNOWN
    return between[table]
