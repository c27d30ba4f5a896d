"""The solid things of the synthetic road: flat convex facets in metres.

``x`` is metres to the camera's right, ``y`` metres above the ground, ``z`` metres ahead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

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
STEEL, DARK = (78.0, 84.0, 84.0), (26.0, 28.0, 30.0)
TRIM: dict[str, Color] = {
    "under": (16, 16, 18), "tyre": (24, 24, 26), "hub": (128, 130, 134), "glass": (34, 40, 46),
    "shine": (96, 108, 118), "red": (168, 22, 24), "lamp": (222, 224, 214), "grille": (30, 31, 34),
    "yellow": (206, 170, 52), "white": (214, 214, 206),
}  # fmt: skip
DETAILS_END = 55.0  # m: beyond it a lamp or a number plate is smaller than a pixel


@dataclass(frozen=True)
class Facet:
    """points: (n, 3) x, y, z of a flat convex polygon."""

    points: Metres
    label: int
    color: Color


@dataclass(frozen=True)
class Solid:
    """Facets, hindmost first. far: z at which it takes its turn, farthest first."""

    far: float
    facets: Sequence[Facet]
    shade: Shade | None = None


@dataclass(frozen=True)
class Wall:
    """An upright textured rectangle over the ground from (x0, z0) to (x1, z1).

    cut: where along its texture it starts, 0..1: what lies behind the camera is cut off.
    """

    far: float
    ground: tuple[float, float, float, float]
    height_m: float
    label: int
    texture: tuple[str, int]
    cut: float = 0.0
    shade: Shade | None = None


@dataclass(frozen=True)
class Cutout:
    """An upright picture that faces the camera, the middle of its foot at (x, far)."""

    far: float
    x: float
    height_m: float
    label: int
    texture: tuple[str, int]
    shade: Shade | None = None


Thing: TypeAlias = Solid | Wall | Cutout


def board(z: float, label: int, color: Color, *corners: tuple[float, float]) -> Facet:
    """A facet across the road: x, y of its corners."""
    return Facet(np.array([(x, y, z) for x, y in corners]), label, color)


def box(z: float, label: int, color: Color, *edges: float) -> Facet:
    """edges: left, right, bottom, top."""
    left, right, bottom, top = edges
    return board(z, label, color, (left, bottom), (left, top), (right, top), (right, bottom))


def disc(z: float, label: int, color: Color, *circle: float) -> Facet:
    """circle: x, y, radius."""
    x, y, radius = circle
    return board(z, label, color, *((x + radius * c, y + radius * s) for c, s in _RIM))


def lamp_post(x: float, z: float, side: int) -> list[Facet]:
    """Its arm reaches over the road, to the left for side 1."""
    tip = x - 1.5 * side
    arm = ((x, 6.7), (x, 6.8), (tip, 7.15), (tip, 7.05))
    head = ((tip, 7.0), (tip, 7.2), (tip - 0.6 * side, 7.15), (tip - 0.6 * side, 7.0))
    return [
        box(z, POLE, STEEL, x - 0.09, x + 0.09, 0, 1.3),
        box(z, POLE, STEEL, x - 0.06, x + 0.06, 1.3, 6.8),
        board(z, POLE, STEEL, *arm),
        board(z, POLE, (136, 140, 140), *head),
    ]


def road_sign(x: float, z: float, chance: float) -> list[Facet]:
    """A speed limit, a warning or a place name, chosen by chance 0..1."""
    post = box(z, POLE, (112, 114, 114), x - 0.045, x + 0.045, 0, 2.6)
    if chance < 0.4:
        face = [disc(z, SIGN, (178, 28, 34), x, 2.5, 0.36), disc(z, SIGN, (226, 226, 222), x, 2.5, 0.27),
                box(z, SIGN, DARK, x - 0.14, x - 0.02, 2.4, 2.61), box(z, SIGN, DARK, x + 0.04, x + 0.15, 2.4, 2.61)]  # fmt: skip
    elif chance < 0.65:
        tri = ((x - 0.42, 2.2), (x, 2.95), (x + 0.42, 2.2))
        inner = ((x - 0.28, 2.28), (x, 2.78), (x + 0.28, 2.28))
        face = [board(z, SIGN, (178, 28, 34), *tri), board(z, SIGN, (226, 226, 222), *inner)]
    else:
        color = (24, 58, 128) if chance < 0.85 else (20, 88, 62)
        face = [box(z, SIGN, (222, 222, 218), x - 0.55, x + 0.55, 2.0, 2.85),
                box(z, SIGN, color, x - 0.51, x + 0.51, 2.04, 2.81),
                box(z, SIGN, (222, 222, 218), x - 0.36, x + 0.34, 2.5, 2.62),
                box(z, SIGN, (222, 222, 218), x - 0.36, x + 0.16, 2.24, 2.36)]  # fmt: skip
    return [post, *face]


def traffic_light(x: float, z: float) -> list[Facet]:
    """It shows green: the camera never stops."""
    lights = (((52, 14, 14), 3.15), ((52, 40, 12), 2.85), ((40, 214, 132), 2.55))
    return [
        box(z, POLE, STEEL, x - 0.06, x + 0.06, 0, 2.4),
        box(z, SIGN, (196, 196, 190), x - 0.23, x + 0.23, 2.32, 3.38),
        box(z, SIGN, DARK, x - 0.19, x + 0.19, 2.36, 3.34),
        *(disc(z, SIGN, color, x, y, 0.11) for color, y in lights),
    ]


@dataclass(frozen=True)
class Model:
    """A car about its own middle on the ground: facets with normals, for culling and light.

    roles name an entry of TRIM or "paint"; a detail is left away where it is too small.
    """

    facets: tuple[Metres, ...]
    roles: tuple[str, ...]
    normals: Metres
    middles: Metres

    def placed(
        self, x: float, z: float, *, lean: float, oncoming: bool, paint: Color
    ) -> list[Facet]:
        """The facets that the camera sees. lean: metres to the right per metre ahead."""
        turn = np.array((-1.0, 1.0, -1.0) if oncoming else (1.0, 1.0, 1.0))
        eye = (np.array((0.0, 1.3, 0.0)) - (x, 0, z)) * turn
        seen = ((eye - self.middles) * self.normals).sum(axis=1) > 0
        light = 0.86 + 0.34 * self.normals[:, 1] + 0.1 * self.normals[:, 0] * turn[0]
        colors = np.array([TRIM.get(role, paint) for role in self.roles]) * light[:, None]
        shear = np.array(((1.0, 0, 0), (0, 1, 0), (lean, 0, 1))) * turn[:, None]
        facets = []
        for index in np.flatnonzero(seen):
            if z < DETAILS_END or self.roles[index] in ("paint", "glass", "under"):
                points = self.facets[index] @ shear + (x, 0.0, z)
                facets.append(Facet(points, CAR, tuple(colors[index])))
        return facets


def _model(parts: Iterable[tuple[str, Any]]) -> Model:
    roles, facets = zip(*((role, np.array(points, float)) for role, points in parts), strict=True)
    middles = np.array([points.mean(axis=0) for points in facets])
    normals = np.array([np.cross(p[1] - p[0], p[2] - p[0]) for p in facets])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    outward = ((middles - (0, 0.7, 0)) * normals).sum(axis=1, keepdims=True)
    return Model(facets, roles, normals * np.sign(outward), middles)


def _car(
    *, length: float, width: float, bonnet: float, roof: float, cabin: Sequence[float]
) -> Model:
    """cabin: z of rear screen's foot and top, of windscreen's top and foot."""
    half, w, waist = length / 2, width / 2, bonnet + 0.06
    under = _hull(((-half + 0.3, 0.1, 0.34, w - 0.12), (half - 0.3, 0.1, 0.34, w - 0.12)))
    body = _hull(
        ((-half, 0.3, waist - 0.22, w - 0.1), (-half + 0.16, 0.22, waist, w), (cabin[0] + 0.2, 0.22, waist, w),
         (cabin[3], 0.22, waist, w), (half - 0.3, 0.22, bonnet - 0.12, w), (half, 0.32, bonnet - 0.3, w - 0.12))
    )  # fmt: skip
    parts = [("under", facet) for facet in under] + [*_tyres(half, w)]
    parts += [("paint", facet) for facet in body]
    parts += [*_wheels(half, w), *_ends(half, w, waist), *_cabin(w, waist, roof, cabin)]
    return _model(parts)


def _hull(stations: Sequence[Sequence[float]]) -> list[Any]:
    """Two ends, two sides and the lid over stations of z, bottom, top and half width."""
    facets = []
    for z, low, high, w in (stations[0], stations[-1]):
        facets.append([(-w, low, z), (-w, high, z), (w, high, z), (w, low, z)])
    for (za, la, ha, wa), (zb, lb, hb, wb) in zip(stations, stations[1:], strict=False):
        for sign in (-1, 1):
            facets.append(
                [(sign * wa, la, za), (sign * wa, ha, za), (sign * wb, hb, zb), (sign * wb, lb, zb)]
            )
        facets.append([(-wa, ha, za), (wa, ha, za), (wb, hb, zb), (-wb, hb, zb)])
    return facets


def _cabin(
    w: float, waist: float, roof: float, cabin: Sequence[float]
) -> Iterable[tuple[str, Any]]:
    foot, top = w - 0.06, w - 0.24
    rear, rear_top, front_top, front = cabin
    corners = {
        "back": [(-foot, waist, rear), (-top, roof, rear_top), (top, roof, rear_top), (foot, waist, rear)],
        "front": [(-foot, waist, front), (-top, roof, front_top), (top, roof, front_top), (foot, waist, front)],
        "left": [(-foot, waist, rear), (-top, roof, rear_top), (-top, roof, front_top), (-foot, waist, front)],
        "right": [(foot, waist, rear), (top, roof, rear_top), (top, roof, front_top), (foot, waist, front)],
    }  # fmt: skip
    lid = [
        (-top, roof, rear_top),
        (top, roof, rear_top),
        (top, roof, front_top),
        (-top, roof, front_top),
    ]
    yield from (("paint", each) for each in [*corners.values(), lid])
    for each in corners.values():
        pane = np.array(each)
        middle = pane.mean(axis=0)
        yield "glass", middle + (pane - middle) * 0.86
        a, b, c, d = middle + (pane - middle) * 0.8
        yield "shine", [b, c, c + (d - c) * 0.3, b + (a - b) * 0.16]


def _wheels(half: float, w: float) -> Iterable[tuple[str, Any]]:
    for sign in (-1, 1):
        for z in (-half + 0.78, half - 0.82):
            for role, radius, out in (
                ("under", 0.37, 0.005),
                ("tyre", 0.31, 0.01),
                ("hub", 0.19, 0.015),
            ):
                y = 0.37 if role == "under" else 0.31
                yield role, [(sign * (w + out), y + radius * s, z + radius * c) for c, s in _RIM]


def _tyres(half: float, w: float) -> Iterable[tuple[str, Any]]:
    """The treads that show below the bumpers."""
    for z in (-half + 0.45, half - 0.5):
        for x in (-w + 0.03, w - 0.23):
            yield "tyre", [(x, 0, z), (x, 0.4, z), (x + 0.2, 0.4, z), (x + 0.2, 0, z)]


def _ends(half: float, w: float, waist: float) -> Iterable[tuple[str, Any]]:
    """Lamps, plates and grille, a hair outside the ends of the hull."""
    back, front = -half - 0.005, half + 0.005
    rear, nose = waist - 0.25, waist - 0.39
    places = (
        ("red", back, 0.62 * w, 0.86 * w, rear - 0.2, rear), ("red", back, -0.86 * w, -0.62 * w, rear - 0.2, rear),
        ("yellow", back, -0.27, 0.27, rear - 0.2, rear - 0.07), ("under", back, -0.8 * w, 0.8 * w, 0.31, 0.38),
        ("lamp", front, 0.55 * w, 0.84 * w, nose - 0.13, nose), ("lamp", front, -0.84 * w, -0.55 * w, nose - 0.13, nose),
        ("grille", front, -0.42 * w, 0.42 * w, nose - 0.12, nose - 0.02), ("white", front, -0.26, 0.26, 0.36, 0.45),
    )  # fmt: skip
    for role, z, left, right, low, high in places:
        yield role, [(left, low, z), (left, high, z), (right, high, z), (right, low, z)]


_RIM = [(math.cos(i * math.pi / 6), math.sin(i * math.pi / 6)) for i in range(12)]
CARS = (
    _car(length=3.9, width=1.68, bonnet=0.88, roof=1.45, cabin=(-1.86, -1.5, 0.25, 1.0)),
    _car(length=4.5, width=1.76, bonnet=0.86, roof=1.42, cabin=(-1.6, -0.85, 0.35, 1.15)),
    _car(length=4.6, width=1.78, bonnet=0.9, roof=1.5, cabin=(-2.2, -1.9, 0.35, 1.1)),
    _car(length=4.5, width=1.84, bonnet=1.02, roof=1.78, cabin=(-2.16, -1.95, 0.5, 1.1)),
    _car(length=5.2, width=1.96, bonnet=1.1, roof=2.2, cabin=(-2.54, -2.5, 1.2, 1.95)),
)
