"""Other colours for a label set: from a file, or chosen to stay apart for every eye."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.labels import LabelSet

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
"""Okabe and Ito, "Color Universal Design" (2002, revised 2008), without its black."""

VISIONS = np.array(
    (
        ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ),
        (
            (1.255528, -0.076749, -0.178779),
            (-0.078411, 0.930809, 0.147602),
            (0.004733, 0.691367, 0.303900),
        ),
    )
)
"""Normal sight, protanopia, deuteranopia, tritanopia, on linear R G B: Machado, Oliveira and
Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009),
severity 1.0."""


def color_blind_safe(labels: LabelSet) -> LabelSet:
    """The same classes in colours that stay apart in all of ``VISIONS``, whatever their number.

    The first seven are Okabe and Ito's; each further one is, of all colours of a grid, the one
    whose nearest neighbour is farthest, in the vision in which it is nearest (CIELAB, CIE 1976
    distance). Every class gets the one most like its own that is still free, in order.
    """
    chosen = _spread(len(labels))
    free = list(range(len(chosen)))
    own, offered = _lab(labels.colors)[0], _lab(chosen)[0]
    order = []
    for color in own:
        nearest = min(free, key=lambda each: float(np.linalg.norm(offered[each] - color)))
        free.remove(nearest)
        order.append(nearest)
    source = "Okabe and Ito 2008, continued in CIELAB under the visions of Machado et al. 2009"
    return LabelSet(labels.name, labels.names, chosen[order], source)


def least_distance(colors: NDArray[np.uint8]) -> float:
    """Of any two of the (C, 3) colours in any of ``VISIONS``: CIE 1976; about 2.3 can just be seen
    apart side by side (Mahy et al. 1994)."""
    seen = _lab(colors)
    apart = np.linalg.norm(seen[:, :, None] - seen[:, None], axis=-1)
    rows, columns = np.triu_indices(len(colors), 1)
    return float(apart[:, rows, columns].min(initial=np.inf))


def read_palette(path: Path, labels: LabelSet) -> LabelSet:
    """``.toml``: ``name = "#rrggbb"`` or ``name = [r, g, b]``. ``.csv``: lines ``name,r,g,b`` or
    ``r,g,b``, the latter in the order of the classes. More colours than classes are no error.

    Raises UsageError for a file that cannot be read, and where a class gets no colour.
    """
    readers = {".toml": _toml, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise UsageError(f"a palette is a {' or '.join(readers)} file, not {path.name!r}")
    try:
        colors = readers[path.suffix.lower()](path.read_text("utf-8-sig"), labels)
    except OSError as error:
        raise UsageError(f"cannot read the palette: {error.strerror}: {str(path)!r}") from error
    except ValueError as error:
        raise UsageError(f"the palette {path.name!r} is not understood: {error}") from error
    missing = [name for name in labels.names if name not in colors]
    if missing:
        raise UsageError(
            f"the palette {path.name!r} has colours for {len(labels) - len(missing)} of the "
            f"{len(labels)} classes of {labels.name}: add {_few(missing)}"
        )
    chosen = np.array([colors[name] for name in labels.names], np.uint8)
    return LabelSet(labels.name, labels.names, chosen, str(path))


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more


def _toml(text: str, labels: LabelSet) -> dict[str, tuple[int, ...]]:
    return {name: _color(name, value) for name, value in tomllib.loads(text).items()}


def _csv(text: str, labels: LabelSet) -> dict[str, tuple[int, ...]]:
    """A first line of words, such as ``name,r,g,b``, is a heading."""
    rows = [row for row in csv.reader(text.splitlines()) if row and not row[0].startswith("#")]
    if rows and not rows[0][-1].strip().isdigit():
        rows = rows[1:]
    if all(len(row) == 3 for row in rows):
        rows = [[name, *row] for name, row in zip(labels.names, rows, strict=False)]
    return {row[0].strip(): _color(row[0], row[1:]) for row in rows}


def _color(name: str, value: object) -> tuple[int, ...]:
    wrong = ValueError(f"{name} must be '#rrggbb' or three numbers from 0 to 255, not {value!r}")
    try:
        if isinstance(value, str):
            parts = tuple(bytes.fromhex(value.removeprefix("#")))
        else:
            parts = tuple(int(part) for part in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise wrong from error
    if len(parts) != 3 or not all(0 <= part <= 255 for part in parts):
        raise wrong
    return parts


def _spread(count: int) -> NDArray[np.uint8]:
    """(count, 3) uint8: always the same for the same count."""
    chosen = list(OKABE_ITO[:count])
    steps = np.linspace(0, 255, 13).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    seen = _lab(grid)
    nearest = np.full(len(grid), np.inf)
    for color in chosen:
        nearest = np.minimum(nearest, _apart(seen, _lab(np.array([color], np.uint8))))
    while len(chosen) < count:
        best = int(nearest.argmax())
        chosen.append(tuple(grid[best].tolist()))
        nearest = np.minimum(nearest, _apart(seen, seen[:, best : best + 1]))
    return np.array(chosen, np.uint8).reshape(-1, 3)


def _apart(seen: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(V, N, 3) and (V, 1, 3) -> (N,) the least distance over the V visions."""
    distance: NDArray[np.float64] = np.linalg.norm(seen - other, axis=-1).min(axis=0)
    return distance


def _lab(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(N, 3) uint8 sRGB -> (V, N, 3) CIELAB (D65) in each of ``VISIONS``; IEC 61966-2-1."""
    values = colors / 255.0
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.einsum("vij,nj->vni", VISIONS, linear), 0, 1)
    xyz = seen @ _XYZ_FROM_RGB.T / _XYZ_FROM_RGB.sum(axis=1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


_XYZ_FROM_RGB = np.array(
    ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
)
