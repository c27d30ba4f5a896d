"""A zones file: TOML, as docs/zones.md describes it."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from rtseg.errors import UsageError
from rtseg.labels import LabelSet
from rtseg.zones.free_space import FreeSpace
from rtseg.zones.ground import Ground
from rtseg.zones.polygon import Polygon
from rtseg.zones.table import Table, duration, number, point, points, size, text, texts, whole
from rtseg.zones.watch import Zones
from rtseg.zones.zone import Rule, Zone

MOST_BEARINGS = 721

FILE = ("zone", "free_space", "camera")
ZONE = ("name", "polygon", "rule")
RULE = ("name", "classes", "share", "leave", "seconds", "gone_seconds")
FREE_SPACE = ("free", "bearings", "widest", "start")
CAMERA = ("height_m", "pitch_degrees", "size", "fx", "fy", "cx", "cy")


def read_zones(path: Path, labels: LabelSet) -> Zones:
    """labels: of the model. Raises UsageError, naming file and place, in one line."""
    parser = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        return _zones(parser.loads(path.read_text(encoding="utf-8")), labels)
    except OSError as error:
        raise UsageError(f"cannot read the zones {str(path)!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{str(path)!r}: {error}; see docs/zones.md") from error


def _zones(content: Mapping[str, Any], labels: LabelSet) -> Zones:
    file = Table(content, "the file", FILE)
    if "zone" not in file and "free_space" not in file:
        raise ValueError("there is neither a [[zone]] nor [free_space] in it")
    zones = tuple(_zone(each, labels) for each in file.tables("zone", ZONE))
    _unique("zone", [zone.name for zone in zones])
    _unique("rule", [rule.name for zone in zones for rule in zone.rules])
    camera, wanted = file.table("camera", CAMERA), file.table("free_space", FREE_SPACE)
    if wanted is None:
        if camera is not None:
            raise ValueError("[camera] gives metres to [free_space], which is missing")
        return Zones(labels, zones, None)
    ground = None if camera is None else _ground(camera)
    return Zones(labels, zones, _free_space(wanted, labels, ground=ground))


def _zone(table: Table, labels: LabelSet) -> Zone:
    name = table.value("name", text)
    outline = table.value("polygon", points)
    try:
        polygon = Polygon(outline)
    except ValueError as error:
        raise ValueError(f"{table.where}: {error}") from error
    return Zone(name, polygon, tuple(_rule(each, labels) for each in table.tables("rule", RULE)))


def _rule(table: Table, labels: LabelSet) -> Rule:
    share = table.value("share", number)
    leave = table.value("leave", number, share / 2)
    if not 0 < leave <= share <= 1:
        raise ValueError(
            f"{table.where}: needs 0 < leave <= share <= 1, not {leave:g} and {share:g}"
        )
    return Rule(
        name=table.value("name", text),
        ids=_ids(table, "classes", labels),
        share=share,
        leave=leave,
        after=table.value("seconds", duration, Fraction(3, 10)),
        gone=table.value("gone_seconds", duration, Fraction(1, 2)),
    )


def _free_space(table: Table, labels: LabelSet, *, ground: Ground | None) -> FreeSpace:
    bearings = table.value("bearings", whole, 31)
    widest = table.value("widest", number, 75.0)
    if not (3 <= bearings <= MOST_BEARINGS and 0 < widest <= 90):
        raise ValueError(
            f"{table.where}: needs 3 to {MOST_BEARINGS} bearings and widest above 0 to 90 degrees, "
            f"not {bearings} and {widest:g}"
        )
    start = table.value("start", point, (0.5, 1.0))
    if not all(0 <= each <= 1 for each in start):
        raise ValueError(f"{table.where}: start is outside the picture: x and y are fractions")
    step = 2 * widest / (bearings - 1)
    degrees = tuple(round(place * step - widest, 6) for place in range(bearings))
    return FreeSpace(_ids(table, "free", labels), degrees, start, ground)


def _ground(table: Table) -> Ground:
    height, width = table.value("size", size)
    fx = table.value("fx", number)
    ground = Ground(
        above_ground_m=table.value("height_m", number),
        pitch=math.radians(table.value("pitch_degrees", number, 0.0)),
        size=(height, width),
        fx=fx,
        fy=table.value("fy", number, fx),
        cx=table.value("cx", number, (width - 1) / 2),
        cy=table.value("cy", number, (height - 1) / 2),
    )
    if min(ground.above_ground_m, ground.fx, ground.fy) <= 0 or abs(ground.pitch) >= math.pi / 2:
        raise ValueError(
            f"{table.where}: needs height_m, fx and fy above 0, pitch_degrees between -90 and 90"
        )
    return ground


def _ids(table: Table, key: str, labels: LabelSet) -> tuple[int, ...]:
    names = table.value(key, texts)
    for name in names:
        if name not in labels.names:
            known = ", ".join(labels.names)
            raise ValueError(f"{table.where}: the model has no class {name!r}; it has: {known}")
    return tuple(labels.names.index(name) for name in dict.fromkeys(names))


def _unique(what: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"there are two of the name {name!r}: each {what} needs its own")
