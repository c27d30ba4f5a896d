"""What stands where along the synthetic road, at any distance and any time.

The street is an endless strip whose plots, cars and people come from the hash of their cell, so
frame 1,000,000 costs as much as frame 0. ``s`` is metres along the road, ``d`` metres to the
right of its centre line; ``x``, ``y``, ``z`` are the camera's, as in road_shapes. Traffic keeps
to the left.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_shapes import (
    BICYCLIST,
    BUILDING,
    CARS,
    FENCE,
    HAZE,
    LAMP_POSTS,
    PEDESTRIAN,
    SIGNS,
    TRAFFIC_LIGHT,
    TREE,
    Color,
    Cutout,
    Facet,
    Metres,
    Shape,
    Solid,
    Thing,
    Wall,
    clearness,
)

SPEED = 13.0  # m/s: 47 km/h
NEAR, FAR = 1.0, 125.0  # m ahead: what is drawn at all
KERB, FRONT = 5.2, 8.4  # m from the centre line to the kerbs and to the plots
LANE = 1.65  # m from the centre line to the middle of a lane
PLOT = 14.0  # m of street front

PAINTS = (
    (32, 34, 40), (122, 126, 132), (176, 178, 180), (44, 62, 104), (122, 26, 28), (52, 70, 62),
    (206, 206, 202), (66, 70, 78),
)  # fmt: skip
SLATES = ((74, 76, 84), (98, 70, 60), (64, 64, 68), (112, 86, 72))


@lru_cache(maxsize=8192)
def draws(seed: int, what: str, cell: int) -> tuple[float, ...]:
    """Eight numbers in 0..1 that belong to one cell of the street for ever."""
    digest = blake2b(f"{seed}/{what}/{cell}".encode(), digest_size=64).digest()
    return tuple(each / 2**64 for each in struct.unpack("8Q", digest))


def pick(choices: Sequence[Any], chance: float) -> Any:
    return choices[min(int(chance * len(choices)), len(choices) - 1)]


@dataclass(frozen=True)
class Camera:
    """A pinhole without roll over flat ground, looking along z; integers are centres of pixels.

    height, width: of the picture, pixels. pitch: radians, positive looks down.
    """

    height: int
    width: int
    above_ground_m: float = 1.3
    pitch: float = 0.02

    @property
    def focal(self) -> float:
        """Pixels; 39 degrees over the shorter side, 64 over the longer one of 16:9."""
        return 1.43 * min(self.height, self.width)

    @property
    def horizon(self) -> float:
        """The row where the ground ends."""
        return (self.height - 1) / 2 - self.focal * math.tan(self.pitch)

    def project(self, points: Metres) -> Metres:
        """(..., 3) x, y, z -> (..., 2) column, row; for points in front of the camera."""
        down = self.above_ground_m - points[..., 1]
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        scale = self.focal / (points[..., 2] * cos + down * sin)
        column = (self.width - 1) / 2 + points[..., 0] * scale
        row = (self.height - 1) / 2 + (down * cos - points[..., 2] * sin) * scale
        return np.stack((column, row), axis=-1)

    def ground(self, rows: NDArray[Any]) -> tuple[Metres, Metres]:
        """z, and metres per column, of the ground seen in rows below the horizon."""
        slope = (rows - (self.height - 1) / 2) / self.focal
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        z = self.above_ground_m * (cos - slope * sin) / (slope * cos + sin)
        return z, (z * cos + self.above_ground_m * sin) / self.focal


class House(NamedTuple):
    """eaves_m: the height of its front."""

    eaves_m: float
    brick: Color


class Street:
    """houses: one for each facade texture, in their order."""

    def __init__(self, seed: int, houses: Sequence[House]) -> None:
        self._seed = seed
        self._houses = houses
        phases = draws(seed, "curve", 0)
        self._waves = (
            (6.0, math.tau / 310, math.tau * phases[0]),
            (0.9, math.tau / 137, math.tau * phases[1]),
        )

    def heading(self, s: float) -> float:
        """Slope of the centre line at s: metres sideways per metre ahead."""
        return sum(a * k * math.cos(k * s + phase) for a, k, phase in self._waves)

    def center(self, s: float, z: Metres) -> Metres:
        """x of the centre line at z, for a camera at s in the left lane that looks along it."""
        x = LANE - self.heading(s) * z
        for a, k, phase in self._waves:
            x = x + a * (np.sin(k * (s + z) + phase) - math.sin(k * s + phase))
        return np.asarray(x)

    def things(self, seconds: float) -> list[Thing]:
        """All that is in front of the camera, farthest first."""
        s = SPEED * seconds
        parts = (
            self._plots(s), self._planted(s), self._posts(s),
            self._traffic(s, seconds), self._people(s, seconds),
        )  # fmt: skip
        return sorted((thing for part in parts for thing in part), key=lambda thing: -thing.far)

    def _x(self, s: float, z: float, d: float) -> float:
        x = LANE - self.heading(s) * z + d
        for a, k, phase in self._waves:
            x += a * (math.sin(k * (s + z) + phase) - math.sin(k * s + phase))
        return x

    def _cells(
        self, what: str, pace: float, *, s: float, moved: float = 0.0
    ) -> Iterator[tuple[float, tuple[float, ...]]]:
        """Each cell in sight: z of its start, and its draws. moved: metres its strip has moved."""
        first = math.floor((s - moved) / pace)
        for cell in range(first, first + math.ceil(FAR / pace) + 1):
            yield cell * pace + moved - s, draws(self._seed, what, cell)

    def _plots(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            hidden_m = 0.0  # how much of the next gable the plot before it hides
            for z, chances in self._cells(f"plot{side}", PLOT, s=s):
                if not NEAR - PLOT < z < FAR:
                    continue
                if chances[0] > 0.76:
                    yield from self._garden(s, z, side=side, chances=chances)
                    hidden_m = 0.0
                else:
                    which = int(chances[1] * len(self._houses))
                    house = self._houses[which]
                    front = self._front(s, z, side=side, tall=house.eaves_m)
                    wall = Wall(
                        z + PLOT, front, BUILDING, ("facade", which), max(NEAR - z, 0) / PLOT
                    )
                    yield from (
                        wall,
                        self._roof(front, side, colors=(pick(SLATES, chances[2]), house.brick)),
                    )
                    if z > NEAR and hidden_m < house.eaves_m:
                        yield self._gable(front, side, above=hidden_m, which=which)
                    hidden_m = house.eaves_m

    def _gable(self, front: Metres, side: int, *, above: float, which: int) -> Wall:
        eaves = front[1]
        foot = np.array((eaves[0], above, eaves[2]))
        out = np.array((8.0 * side, 0.0, 0.0))
        corners = np.array((foot, eaves, eaves + out, foot + out))
        return Wall(float(foot[2]) + 0.01, corners, BUILDING, ("gable", which))

    def _roof(self, front: Metres, side: int, *, colors: tuple[Color, Color]) -> Solid:
        """The slope, the chimney and the triangle below them; colors of slate and brick."""
        (_, near, far, _), up = front, np.array((4.0 * side, 2.8, 0.0))
        stack = near + up + (0, 0.9, 0.4), near + up + (-0.6 * side, 0.9, 0.4)
        feet = stack[1] - (0, 1.6, 0), stack[0] - (0, 1.6, 0)
        outlines = {
            colors[0]: (near, far, far + up, near + up),
            (104.0, 76.0, 64.0): (*stack, *feet),
            (0.84 * colors[1][0], 0.84 * colors[1][1], 0.84 * colors[1][2]): (
                near,
                near + up,
                near + up * (2, 0, 0),
            ),
        }
        clear = clearness(float(far[2]))
        facets, stop = [], 0
        for color, outline in outlines.items():
            start, stop = stop, stop + len(outline)
            hazed = (np.array(color) * clear + HAZE * (1 - clear)).tolist()
            facets.append(Facet((start, stop), BUILDING, tuple(hazed)))
        corners = np.array([corner for outline in outlines.values() for corner in outline])
        return Solid(float(far[2]) + 0.01, corners, facets)

    def _garden(
        self, s: float, z: float, *, side: int, chances: Sequence[float]
    ) -> Iterator[Thing]:
        for chance in chances[1:4]:
            at, d = z + PLOT * (0.15 + 0.7 * chance), FRONT + 2.5 + 5 * (chance * 7 % 1)
            tall, which = 5 + 6 * (chance * 5 % 1), int(chance * 13 % 1 * 64)
            yield from self._cutout(s, at, side * d, look=(TREE, "tree", which), tall=tall)
        fenced = chances[4] > 0.35
        tall = (1.3 if fenced else 1.2) + 0.6 * chances[5]
        texture = ("fence", int(chances[6] * 3)) if fenced else ("hedge", 0)
        front = self._front(s, z, side=side, tall=tall)
        cut = max(NEAR - z, 0) / PLOT
        yield Wall(z + PLOT, front, FENCE if fenced else TREE, texture, cut)

    def _front(self, s: float, z: float, *, side: int, tall: float) -> Metres:
        """Corners of what faces the street; the camera passes where it is cut off."""
        a, b = max(z, NEAR), z + PLOT
        x0, x1 = self._x(s, a, side * FRONT), self._x(s, b, side * FRONT)
        return np.array([(x0, 0, a), (x0, tall, a), (x1, tall, b), (x1, 0, b)])

    def _cutout(
        self, s: float, z: float, d: float, *, look: tuple[int, str, int], tall: float
    ) -> Iterator[Thing]:
        """look: label, name of the texture and which of them."""
        if NEAR < z < FAR:
            label, name, which = look
            x, wide = self._x(s, z, d), (0.3 if label == TREE else 0.22) * tall
            corners = np.array([(x, 0, z), (x, tall, z)])
            yield Cutout(z, corners, label, (name, which), (x, z, wide, wide))

    def _planted(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, chances in self._cells(f"tree{side}", 12.0, s=s):
                if chances[0] < 0.36:
                    at, look = z + 12 * chances[1], (TREE, "tree", int(chances[3] * 64))
                    tall = 5.5 + 3.5 * chances[2]
                    yield from self._cutout(s, at, side * (KERB + 0.8), look=look, tall=tall)

    def _posts(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, _ in self._cells(f"lamp{side}", 34.0, s=s):
                yield from self._post(
                    s, z + 9 - 8 * side, side * (KERB + 0.45), shape=LAMP_POSTS[side]
                )
            for z, chances in self._cells(f"sign{side}", 26.0, s=s):
                if chances[0] < 0.6:
                    at, shape = z + 26 * chances[1], pick(SIGNS, chances[2])
                    yield from self._post(s, at, side * (KERB + 0.5), shape=shape)
            for z, _ in self._cells("light", 140.0, s=s):
                yield from self._post(s, z + 60, side * (KERB + 0.4), shape=TRAFFIC_LIGHT)

    def _post(self, s: float, z: float, d: float, *, shape: Shape) -> Iterator[Thing]:
        if NEAR < z < FAR:
            yield Solid(z, *shape.placed(self._x(s, z, d), z))

    def _traffic(self, s: float, seconds: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, chances in self._cells(f"parked{side}", 6.2, s=s):
                if chances[0] < 0.36:
                    yield from self._car(s, z + 3, side * (KERB - 0.95), chances=chances)
        for z, chances in self._cells("oncoming", 32.0, s=s, moved=-11 * seconds):
            if chances[0] < 0.62:
                at = z + 20 * chances[1]
                yield from self._car(s, at, LANE + 0.1, chances=chances, oncoming=True)
        lead = 27 + 8 * math.sin(seconds / 6.1 + 1) + 3 * math.sin(seconds / 2.3)
        for place in (0, 1):
            chances = draws(self._seed, "lead", place)
            yield from self._car(s, lead + 24 * place, -LANE, chances=chances)

    def _car(
        self, s: float, z: float, d: float, *, chances: Sequence[float], oncoming: bool = False
    ) -> Iterator[Thing]:
        if -3 < z < FAR:
            x, lean = self._x(s, z, d), self.heading(s + z) - self.heading(s)
            corners, facets = pick(CARS, chances[2]).placed(
                x, z, lean=lean, oncoming=oncoming, paint=pick(PAINTS, chances[3])
            )
            if facets:
                yield Solid(z + 2, corners, facets, (x, z, 1.3, 2.7))

    def _people(self, s: float, seconds: float) -> Iterator[Thing]:
        """Along the pavements, across the road, and on bicycles beside the parked cars."""
        for side in (-1, 1):
            for pace in (-1.4, 1.3):
                strip = self._cells(f"walk{side}{pace}", 11.0, s=s, moved=pace * seconds)
                for z, chances in strip:
                    if chances[0] < 0.35:
                        d, at = side * (KERB + 1.1 + 1.7 * chances[1]), z + 8 * chances[2]
                        yield from self._walker(s, at, d, seconds=seconds, chances=chances)
            strip = self._cells(f"ride{side}", 55.0, s=s, moved=-5.0 * side * seconds)
            for z, chances in strip:
                d, at = side * (KERB - 2.25 + 0.2 * chances[1]), z + 40 * chances[4]
                which = int(chances[2] * 4) * 8 + int((1.2 * seconds + chances[3]) % 1 * 8)
                yield from self._cutout(s, at, d, look=(BICYCLIST, "rider", which), tall=1.75)
        for z, chances in self._cells("cross", 65.0, s=s):
            walked = 1.8 * min(max(8 - z / SPEED, 0), 7)  # m: done when the camera is 13 m away
            d = (KERB + 1.1 - walked) * (1 if chances[2] < 0.5 else -1)
            if chances[0] < 0.7:
                yield from self._walker(s, z, d, seconds=seconds, chances=chances)

    def _walker(
        self, s: float, z: float, d: float, *, seconds: float, chances: Sequence[float]
    ) -> Iterator[Thing]:
        which = int(chances[4] * 6) * 8 + int((0.9 * seconds + chances[3]) % 1 * 8)
        tall = 1.6 + 0.25 * chances[5]
        yield from self._cutout(s, z, d, look=(PEDESTRIAN, "walker", which), tall=tall)
