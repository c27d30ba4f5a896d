"""Mapillary Vistas (Neuhold et al. 2017), versions 1.2 and 2.0."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import DatasetError
from rtseg.labels import IGNORE, VISTAS_65, VISTAS_123, LabelSet
from rtseg.source.datasets.pairs import files, first_folder, paired
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val")
FOLDERS = {"train": "training", "val": "validation"}
UNLABELED = "void--unlabeled"


def vistas_v1(root: Path, split: str) -> Dataset:
    """Version 1.2: 65 classes."""
    return _vistas(root, split, version="v1.2", labels=VISTAS_65)


def vistas_v2(root: Path, split: str) -> Dataset:
    """Version 2.0: 123 classes."""
    return _vistas(root, split, version="v2.0", labels=VISTAS_123)


def _vistas(root: Path, split: str, *, version: str, labels: LabelSet) -> Dataset:
    home = first_folder(root, FOLDERS[split])
    pictures = files(home / "images", ".jpg")
    folders = [f"{version}/labels"] + (["labels"] if version == "v1.2" else [])
    truths = files(first_folder(home, *folders), ".png")
    table = _table(root, version, labels=labels)
    samples = tuple(Sample(*pair, table) for pair in paired(pictures, truths))
    return Dataset(f"vistas-{version}", split, labels, samples)


def _table(root: Path, version: str, *, labels: LabelSet) -> NDArray[np.uint8]:
    """A label's id is its place in the ``labels`` of the configuration, found by its name."""
    path = root / f"config_{version}.json"
    if not path.is_file() and version == "v1.2":
        path = root / "config.json"
    try:
        names = [str(label["name"]) for label in json.loads(path.read_text("utf-8"))["labels"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"cannot read {str(path)!r}: expected the data set's own list of labels"
        ) from error
    unknown = [name for name in names if name not in {*labels.names, UNLABELED}]
    if unknown:
        raise DatasetError(
            f"{str(path)!r} has a label {unknown[0]!r} that {labels.name} does not: is it the "
            f"configuration of Mapillary Vistas {version}?"
        )
    ids = {name: index for index, name in enumerate(labels.names)} | {UNLABELED: IGNORE}
    return id_table({raw: ids[name] for raw, name in enumerate(names)})
