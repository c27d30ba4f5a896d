"""The solid things of the synthetic road: flat convex facets in metres.

``x`` is metres to the camera's right, ``y`` metres above the ground, ``z`` metres ahead.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtseg.labels import CAMVID

Metres: TypeAlias = NDArray[np.float64]
Color: TypeAlias = tuple[float, float, float]
"""R, G, B, 0..255."""
Shade: TypeAlias = tuple[float, float, float, float]
"""x, z, half width, half length of the soft shadow on the ground."""

SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(
    len(CAMVID)
)
STEEL = (78.0, 84.0, 84.0)
TRIM: dict[str, Color] = {
    "under": (16, 16, 18), "tyre": (26, 26, 28), "hub": (128, 130, 134), "glass": (40, 47, 54),
    "shine": (112, 124, 134), "red": (168, 22, 24), "lamp": (226, 228, 220), "grille": (30, 31, 34),
    "yellow": (206, 170, 52), "white": (226, 226, 222), "steel": STEEL, "signal red": (184, 28, 34),
    "blue": (24, 58, 128), "dark green": (20, 88, 62), "dark red": (52, 14, 14),
    "brown": (52, 40, 12), "green": (40, 224, 136), "bumper": (28, 29, 32),
    "plate": (222, 222, 216),
}  # fmt: skip
TINTS = {"gloss": 1.28, "dim": 0.72}  # of the paint
FINE = {"shine", "hub", "red", "lamp", "yellow", "bumper", "plate", *TINTS}
FINE_END = 55.0  # m: beyond it a lamp or a number plate is smaller than a pixel
INSIDE = np.array((0.0, 0.7, 0.01))  # behind every board, within every car
HAZE = np.array((206.0, 212.0, 218.0))
HAZE_FROM, HAZE_M = 25.0, 230.0  # m: where haze begins, and over how much more it hides 63 %


class Facet(NamedTuple):
    """A flat convex polygon over corners[span[0] : span[1]]."""

    span: tuple[int, int]
    label: int
    color: Color


@dataclass(frozen=True)
class Solid:
    """corners: (n, 3) x, y, z. facets: hindmost first. far: z at which it takes its turn."""

    far: float
    corners: Metres
    facets: Sequence[Facet]
    shade: Shade | None = None


@dataclass(frozen=True)
class Wall:
    """An upright textured rectangle; corners: near foot, near head, far head, far foot.

    cut: where along its texture it starts, 0..1: what lies behind the camera is cut off.
    """

    far: float
    corners: Metres
    label: int
    texture: tuple[str, int]
    cut: float = 0.0
    shade: Shade | None = None


@dataclass(frozen=True)
class Cutout:
    """An upright picture that faces the camera; corners: (2, 3), the middle of foot and head."""

    far: float
    corners: Metres
    label: int
    texture: tuple[str, int]
    shade: Shade | None = None


Thing: TypeAlias = Solid | Wall | Cutout
Piece: TypeAlias = tuple[str, Any]
"""What it is made of, a key of TRIM or "paint", and the x, y, z of its corners."""


def clearness(far: float) -> float:
    """What haze leaves of a color at that distance, 0..1."""
    return math.exp(-max(far - HAZE_FROM, 0.0) / HAZE_M)


class Shape:
    """A solid about its own foot, facing away from the camera, to be placed many times.

    classes: the label of each material; "" stands for all others.
    """

    def __init__(self, pieces: Iterable[Piece], classes: dict[str, int]) -> None:
        materials, outlines = zip(*pieces, strict=True)
        facets = [np.array(outline, float) for outline in outlines]
        self._points = np.concatenate(facets)
        stops = np.cumsum([len(each) for each in facets]).tolist()
        self._spans: list[tuple[int, int]] = list(itertools.pairwise([0, *stops]))
        self._labels = [classes.get(each, classes[""]) for each in materials]
        self._fine = np.array([each in FINE for each in materials])
        self._middles = np.array([each.mean(axis=0) for each in facets])
        normals = np.array([np.cross(each[1] - each[0], each[2] - each[0]) for each in facets])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        self._normals = normals * np.sign(((self._middles - INSIDE) * normals).sum(axis=1))[:, None]
        self._painted = np.array([[each == "paint" or each in TINTS] for each in materials])
        self._colors = np.array([TRIM.get(each, STEEL) for each in materials])
        tints = np.array([[TINTS.get(each, 1.0)] for each in materials])
        self._light = tints * (0.86 + 0.34 * self._normals[:, 1:2])

    def placed(
        self, x: float, z: float, *, lean: float = 0.0, oncoming: bool = False, paint: Color = STEEL
    ) -> tuple[Metres, list[Facet]]:
        """All corners, and the facets that the camera sees. lean: metres right per metre ahead."""
        turn = np.array((-1.0, 1.0, -1.0) if oncoming else (1.0, 1.0, 1.0))
        seen = (((-x, 1.3, -z) * turn - self._middles) * self._normals).sum(axis=1) > 0
        if z > FINE_END:
            seen &= ~self._fine
        colors = np.where(self._painted, paint, self._colors) * self._light
        clear = clearness(z)
        hazed = (colors * clear + HAZE * (1 - clear)).tolist()
        facets = [
            Facet(self._spans[i], self._labels[i], hazed[i]) for i in np.flatnonzero(seen).tolist()
        ]
        points = self._points * turn + (x, 0.0, z)
        points[:, 0] += lean * (points[:, 2] - z)
        return points, facets


def board(material: str, *corners: tuple[float, float]) -> Piece:
    """A piece across the road: x, y of its corners."""
    return material, [(x, y, 0.0) for x, y in corners]


def box(material: str, *edges: float) -> Piece:
    """edges: left, right, bottom, top."""
    left, right, bottom, top = edges
    return board(material, (left, bottom), (left, top), (right, top), (right, bottom))


def disc(material: str, *circle: float) -> Piece:
    """circle: x, y, radius."""
    x, y, radius = circle
    return board(material, *((x + radius * c, y + radius * s) for c, s in _RIM))


def _lamp_post(side: int) -> Shape:
    """Its arm reaches over the road, to the left for side 1."""
    tip = -1.5 * side
    return Shape(
        [
            box("steel", -0.09, 0.09, 0, 1.3),
            box("steel", -0.06, 0.06, 1.3, 6.8),
            board("steel", (0, 6.7), (0, 6.8), (tip, 7.15), (tip, 7.05)),
            board("hub", (tip, 7.0), (tip, 7.2), (tip - 0.6 * side, 7.15), (tip - 0.6 * side, 7.0)),
        ],
        {"": POLE},
    )


def _sign(*face: Piece) -> Shape:
    return Shape([box("steel", -0.045, 0.045, 0, 2.6), *face], {"steel": POLE, "": SIGN})


def _place_name(color: str) -> Shape:
    return _sign(
        box("white", -0.55, 0.55, 2.0, 2.85),
        box(color, -0.51, 0.51, 2.04, 2.81),
        box("white", -0.36, 0.34, 2.5, 2.62),
        box("white", -0.36, 0.16, 2.24, 2.36),
    )


def _traffic_light() -> Shape:
    """It shows green: the camera never stops."""
    return _sign(
        box("white", -0.23, 0.23, 2.32, 3.38),
        box("grille", -0.19, 0.19, 2.36, 3.34),
        disc("dark red", 0, 3.15, 0.11),
        disc("brown", 0, 2.85, 0.11),
        disc("green", 0, 2.55, 0.11),
    )


def _car(
    *, length: float, width: float, bonnet: float, roof: float, cabin: Sequence[float]
) -> Shape:
    """cabin: z of rear screen's foot and top, of windscreen's top and foot."""
    half, w, waist = length / 2, width / 2, bonnet + 0.06
    under = _hull(((-half + 0.3, 0.1, 0.34, w - 0.12), (half - 0.3, 0.1, 0.34, w - 0.12)))
    body = _hull((
        (-half, 0.3, waist - 0.22, w - 0.1), (-half + 0.16, 0.22, waist, w),
        (cabin[0] + 0.2, 0.22, waist, w), (cabin[3], 0.22, waist, w),
        (half - 0.3, 0.22, bonnet - 0.12, w), (half, 0.32, bonnet - 0.3, w - 0.12),
    ))  # fmt: skip
    parts = [("under", facet) for facet in under] + [*_tyres(half, w)]
    parts += [("paint", facet) for facet in body]
    parts += [*_trim(half, w, waist), *_wheels(half, w), *_ends(half, w, waist)]
    parts += _cabin(w, waist, roof, cabin=cabin)
    return Shape(parts, {"": CAR})


def _hull(stations: Sequence[Sequence[float]]) -> list[Any]:
    """Two ends, two sides and the lid over stations of z, bottom, top and half width."""
    facets: list[Any] = []
    for z, low, high, w in (stations[0], stations[-1]):
        facets.append([(-w, low, z), (-w, high, z), (w, high, z), (w, low, z)])
    for sign in (-1, 1):
        above = [(sign * w, high, z) for z, _, high, w in stations]
        facets.append(above + [(sign * w, low, z) for z, low, _, w in reversed(stations)])
    for (za, _, ha, wa), (zb, _, hb, wb) in itertools.pairwise(stations):
        facets.append([(-wa, ha, za), (wa, ha, za), (wb, hb, zb), (-wb, hb, zb)])
    return facets


def _cabin(w: float, waist: float, roof: float, *, cabin: Sequence[float]) -> Iterable[Piece]:
    foot, top = w - 0.06, w - 0.24
    rear, rear_top, front_top, front = cabin
    low = [(-foot, waist, rear), (foot, waist, rear), (foot, waist, front), (-foot, waist, front)]
    high = [(-top, roof, rear_top), (top, roof, rear_top)]
    high += [(top, roof, front_top), (-top, roof, front_top)]
    sides = [np.array((low[i], high[i], high[i - 1], low[i - 1])) for i in range(4)]
    yield from (("paint", each) for each in [*sides, high])
    for side in sides:
        middle = side.mean(axis=0)
        yield "glass", middle + (side - middle) * 0.86
        a, b, c, d = middle + (side - middle) * 0.8
        yield "shine", [b, c, c + (d - c) * 0.3, b + (a - b) * 0.16]


def _wheels(half: float, w: float) -> Iterable[Piece]:
    rings = (("under", 0.37, 0.005), ("tyre", 0.31, 0.01), ("hub", 0.19, 0.015))
    for sign, z in itertools.product((-1, 1), (-half + 0.78, half - 0.82)):
        for material, radius, out in rings:
            y, x = max(radius, 0.31), sign * (w + out)
            yield material, [(x, y + radius * s, z + radius * c) for c, s in _RIM]


def _trim(half: float, w: float, waist: float) -> Iterable[Piece]:
    """Light along the waist, dirt along the sills, and the gap of the doors."""
    for sign in (-1, 1):
        x = sign * (w + 0.003)
        for material, low, high in (("gloss", waist - 0.17, waist - 0.04), ("dim", 0.26, 0.42)):
            ends = (-half + 0.3, half * 0.3)
            yield (
                material,
                [(x, low, ends[0]), (x, high, ends[0]), (x, high, ends[1]), (x, low, ends[1])],
            )
        yield "dim", [(x, 0.3, 0.0), (x, waist, 0.0), (x, waist, 0.02), (x, 0.3, 0.02)]


def _tyres(half: float, w: float) -> Iterable[Piece]:
    """The treads that show below the bumpers."""
    for z in (-half + 0.45, half - 0.5):
        for x in (-w + 0.03, w - 0.23):
            yield "tyre", [(x, 0, z), (x, 0.4, z), (x + 0.2, 0.4, z), (x + 0.2, 0, z)]


def _ends(half: float, w: float, waist: float) -> Iterable[Piece]:
    """Lamps, plates and grille, a hair outside the ends of the hull."""
    back, front = -half - 0.005, half + 0.005
    rear, nose = waist - 0.25, waist - 0.39
    places = (
        ("dim", back, (-0.86 * w, 0.86 * w, 0.31, 0.52)),
        ("red", back, (0.62 * w, 0.86 * w, rear - 0.2, rear)),
        ("red", back, (-0.86 * w, -0.62 * w, rear - 0.2, rear)),
        ("yellow", back, (-0.27, 0.27, rear - 0.2, rear - 0.07)),
        ("bumper", back, (-0.8 * w, 0.8 * w, 0.31, 0.37)),
        ("bumper", front, (-0.7 * w, 0.7 * w, 0.33, 0.39)),
        ("lamp", front, (0.55 * w, 0.82 * w, nose - 0.13, nose)),
        ("lamp", front, (-0.82 * w, -0.55 * w, nose - 0.13, nose)),
        ("bumper", front, (-0.42 * w, 0.42 * w, nose - 0.12, nose - 0.02)),
        ("plate", front, (-0.26, 0.26, 0.38, 0.47)),
    )
    for material, z, (left, right, low, high) in places:
        yield material, [(left, low, z), (left, high, z), (right, high, z), (right, low, z)]


_RIM = [(math.cos(i * math.pi / 6), math.sin(i * math.pi / 6)) for i in range(12)]
CARS = (
    _car(length=3.9, width=1.68, bonnet=0.88, roof=1.45, cabin=(-1.86, -1.5, 0.25, 1.0)),
    _car(length=4.5, width=1.76, bonnet=0.86, roof=1.42, cabin=(-1.6, -0.85, 0.35, 1.15)),
    _car(length=4.6, width=1.78, bonnet=0.9, roof=1.5, cabin=(-2.2, -1.9, 0.35, 1.1)),
    _car(length=4.5, width=1.84, bonnet=1.02, roof=1.78, cabin=(-2.16, -1.95, 0.5, 1.1)),
    _car(length=5.2, width=1.96, bonnet=1.1, roof=2.2, cabin=(-2.54, -2.5, 1.2, 1.95)),
)
LAMP_POSTS = {side: _lamp_post(side) for side in (-1, 1)}
TRAFFIC_LIGHT = _traffic_light()
SIGNS = (
    _sign(disc("signal red", 0, 2.5, 0.36), disc("white", 0, 2.5, 0.27),
          box("grille", -0.15, -0.02, 2.39, 2.61), box("grille", 0.03, 0.15, 2.39, 2.61)),
    _sign(board("signal red", (-0.42, 2.2), (0, 2.95), (0.42, 2.2)),
          board("white", (-0.28, 2.28), (0, 2.78), (0.28, 2.28)),
          box("grille", -0.03, 0.03, 2.36, 2.6)),
    _place_name("blue"),
    _place_name("dark green"),
)  # fmt: skip
