"""Any folder of pictures and masks, described by a few lines of TOML: see docs/datasets.md."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import DatasetError
from rtseg.labels import LABEL_SETS, VOC, LabelSet, label_set, learn
from rtseg.source.datasets.pairs import names_in, paired
from rtseg.source.label_file import read_colors, read_ids
from rtseg.source.sample import Dataset, Sample, color_table, id_table

KEYS: dict[str, type] = {
    "root": str,
    "pictures": str,
    "masks": str,
    "splits": list,
    "list": str,
    "labels": str,
    "names": list,
    "colors": list,
    "ids": dict,
    "mask_colors": dict,
    "ignored": list,
}
NEEDED = ("pictures", "masks", "splits")
LONGEST = 254

Value = TypeVar("Value", int, tuple[int, int, int])
"""What stands in a mask: an id, or R, G, B."""


@dataclass(frozen=True)
class Description:
    """pictures, masks: patterns below root with one ``*``, the name that both share.

    table: from the masks' ids or, where ``colored``, colours to the label set's ids.
    names: the pattern of a list of the split's names, or empty: all.
    """

    path: Path
    root: Path
    pictures: str
    masks: str
    splits: tuple[str, ...]
    names: str
    labels: LabelSet
    table: NDArray[np.uint8]
    colored: bool

    def dataset(self, split: str) -> Dataset:
        pictures, truths = (
            _found(self.root, pattern.replace("{split}", split))
            for pattern in (self.pictures, self.masks)
        )
        listed = self.root / self.names.replace("{split}", split)
        pairs = paired(pictures, truths, names=names_in(listed) if self.names else None)
        read = read_colors if self.colored else read_ids
        samples = tuple(Sample(*pair, self.table, read) for pair in pairs)
        return Dataset(self.path.stem, split, self.labels, samples)


def read_description(path: Path) -> Description:
    """Raises DatasetError, naming file and key."""
    content = _parsed(path)
    try:
        _check(content)
        labels = _labels(content, name=path.stem)
        table = _table(content, labels)
    except (ValueError, TypeError) as error:
        raise DatasetError(f"{str(path)!r}: {error}; see docs/datasets.md") from error
    return Description(
        path=path,
        root=path.parent / content.get("root", "."),
        pictures=content["pictures"],
        masks=content["masks"],
        splits=tuple(map(str, content["splits"])),
        names=content.get("list", ""),
        labels=labels,
        table=table,
        colored="mask_colors" in content,
    )


def _parsed(path: Path) -> dict[str, Any]:
    module = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    try:
        parser = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise DatasetError(
            f"reading {str(path)!r} needs {module} on this Python: pip install {module}"
        ) from error
    try:
        content: dict[str, Any] = parser.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are these
        raise DatasetError(f"cannot read {str(path)!r} as TOML: {error}") from error
    return content


def _check(content: Mapping[str, Any]) -> None:
    for key, value in content.items():
        if key not in KEYS:
            raise ValueError(f"no key {key!r}; there are: {', '.join(KEYS)}")
        if not isinstance(value, KEYS[key]):
            raise ValueError(f"{key!r} must be a {KEYS[key].__name__}, not {value!r}")
    missing = [key for key in NEEDED if not content.get(key)]
    if missing:
        raise ValueError(f"{missing[0]!r} is missing")
    if ("labels" in content) == ("names" in content):
        raise ValueError("expected either 'labels', a label set's name, or 'names'")
    if "ids" in content and "mask_colors" in content:
        raise ValueError("expected either 'ids' or 'mask_colors', not both")
    for key in ("pictures", "masks"):
        if content[key].count("*") != 1:
            raise ValueError(f"{key!r} must hold one '*', the name that picture and mask share")


def _labels(content: Mapping[str, Any], *, name: str) -> LabelSet:
    if "labels" in content:
        if content["labels"] not in LABEL_SETS:
            raise ValueError(f"no label set {content['labels']!r}; see {', '.join(LABEL_SETS)}")
        return label_set(content["labels"])
    names = tuple(map(str, content["names"]))
    if len(set(names)) != len(names) or not 0 < len(names) <= LONGEST:
        raise ValueError(f"'names' must be 1 to {LONGEST} different names")
    chosen = content.get("colors")
    colors = np.resize(VOC.colors, (len(names), 3)) if chosen is None else _bytes(chosen)
    return learn(LabelSet(name, names, colors, f"{name}.toml"))


def _table(content: Mapping[str, Any], labels: LabelSet) -> NDArray[np.uint8]:
    ignored = content.get("ignored", [])
    if "mask_colors" in content:
        colors = _by_value(content["mask_colors"], labels, _color)
        return color_table(colors, ignored=[_color(each) for each in ignored])
    ids = (
        _by_value(content["ids"], labels, _id)
        if "ids" in content
        else {index: index for index in range(len(labels))}
    )
    none = [_id(each) for each in ignored]
    return id_table(ids, ignored=none, size=max(255, *ids, *none) + 1)


def _by_value(
    classes: Mapping[str, Any], labels: LabelSet, parse: Callable[[Any], Value]
) -> dict[Value, int]:
    """From each class's value or list of values; a colour is itself a list."""
    table: dict[Value, int] = {}
    for name, given in classes.items():
        if name not in labels.names:
            raise ValueError(f"no class {name!r}; there are: {', '.join(labels.names)}")
        single = not isinstance(given, list) or (
            parse is _color and not all(isinstance(each, list) for each in given)
        )
        for value in map(parse, [given] if single else given):
            if value in table:
                raise ValueError(f"{value!r} stands for two classes")
            table[value] = labels.names.index(name)
    return table


def _id(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 16:
        raise ValueError(f"an id must be 0 to 65535, not {value!r}")
    return value


def _color(value: Any) -> tuple[int, int, int]:
    red, green, blue = _bytes([value])[0].tolist()
    return red, green, blue


def _bytes(rows: Any) -> NDArray[np.uint8]:
    try:
        colors = np.array(rows)
    except ValueError:  # rows of different lengths
        colors = np.empty(0)
    whole = colors.ndim == 2 and colors.shape[1] == 3 and colors.dtype.kind == "i"
    if not whole or colors.min() < 0 or colors.max() > 255:
        raise ValueError(f"a colour is [R, G, B] of 0 to 255, not {rows!r}")
    return colors.astype(np.uint8)


def _found(root: Path, pattern: str) -> dict[str, Path]:
    """By what the ``*`` stands for, which may hold folders."""
    before, after = pattern.split("*")
    start = root / before
    folder = start if before.endswith("/") or not before else start.parent
    if not folder.is_dir():
        raise DatasetError(f"there is no folder {str(folder)!r} for the pattern {pattern!r}")
    found = {}
    for path in folder.rglob("*"):
        text = path.relative_to(root).as_posix()
        if text.startswith(before) and text.endswith(after) and path.is_file():
            found[text[len(before) : len(text) - len(after)]] = path
    return found
