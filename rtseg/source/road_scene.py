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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_shapes import (
    BICYCLIST,
    BUILDING,
    CAR,
    CARS,
    FENCE,
    PEDESTRIAN,
    TREE,
    Color,
    Cutout,
    Facet,
    Metres,
    Solid,
    Thing,
    Wall,
    board,
    lamp_post,
    road_sign,
    traffic_light,
)

SPEED = 13.0  # m/s: 47 km/h
NEAR, FAR = 1.0, 150.0  # m ahead: what is drawn at all
KERB, FRONT = 5.2, 8.4  # m from the centre line to the kerbs and to the plots
LANE = 1.65  # m from the centre line to the middle of a lane
PLOT = 14.0  # m of street front

PAINTS = ((32, 34, 40), (122, 126, 132), (176, 178, 180), (44, 62, 104), (122, 26, 28), (52, 70, 62),
          (206, 206, 202), (66, 70, 78))  # fmt: skip
SLATES = ((74, 76, 84), (98, 70, 60), (64, 64, 68), (112, 86, 72))
BRICKS = ((128, 112, 94), (112, 78, 64), (140, 128, 108), (120, 116, 110))


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


class Street:
    """facades_m: heights of the facade textures, in their order."""

    def __init__(self, seed: int, facades_m: Sequence[float]) -> None:
        self._seed = seed
        self._facades_m = facades_m
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
        parts = (self._plots(s), self._planted(s), self._posts(s), self._traffic(s, seconds),
                 self._walkers(s, seconds), self._riders(s, seconds))  # fmt: skip
        return sorted((thing for part in parts for thing in part), key=lambda thing: -thing.far)

    def _x(self, s: float, z: float, d: float) -> float:
        x = LANE - self.heading(s) * z + d
        for a, k, phase in self._waves:
            x += a * (math.sin(k * (s + z) + phase) - math.sin(k * s + phase))
        return x

    def _cells(
        self, what: str, pace: float, *, s: float, moved: float = 0.0
    ) -> Iterator[tuple[float, tuple[float, ...]]]:
        """Each cell in sight: z of its start and its draws. moved: metres its strip has moved."""
        first = math.floor((s - moved) / pace)
        for cell in range(first, first + math.ceil(FAR / pace) + 1):
            yield cell * pace + moved - s, draws(self._seed, what, cell)

    def _plots(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, chances in self._cells(f"plot{side}", PLOT, s=s):
                if z < FAR:
                    plot = self._garden if chances[0] > 0.76 else self._house
                    yield from plot(s, z, side, chances=chances)

    def _house(self, s: float, z: float, side: int, *, chances: Sequence[float]) -> Iterator[Thing]:
        which = int(chances[1] * len(self._facades_m))
        eaves = self._facades_m[which]
        wall = self._front(s, z, side, eaves, BUILDING, ("facade", which))
        yield Solid(z + PLOT + 0.01, self._back(wall, side, z, chances))
        yield wall

    def _back(self, wall: Wall, side: int, z: float, chances: Sequence[float]) -> list[Facet]:
        """Roof, chimney and the gable that shows where the next plot is lower or a garden."""
        x, a, x1, b = wall.ground
        eaves, slate, brick = wall.height_m, pick(SLATES, chances[2]), pick(BRICKS, chances[3])
        ridge, mid, end = eaves + 2.6, x + 4 * side, x + 8 * side
        roof = ((x, eaves, a), (x1, eaves, b), (x1 + 4 * side, ridge, b), (mid, ridge, a))
        facets = [Facet(np.array(roof), BUILDING, slate)]
        if z > NEAR:
            stack = ((mid - 0.5, ridge - 0.8), (mid - 0.5, ridge + 0.9), (mid + 0.5, ridge + 0.9),
                     (mid + 0.5, ridge - 0.8))  # fmt: skip
            gable = ((x, 0.0), (x, eaves), (mid, ridge), (end, eaves), (end, 0.0))
            facets += [
                board(z + 0.4, BUILDING, (104, 76, 64), *stack),
                board(z, BUILDING, brick, *gable),
            ]
        return facets

    def _garden(
        self, s: float, z: float, side: int, *, chances: Sequence[float]
    ) -> Iterator[Thing]:
        for chance in chances[1:4]:
            at = z + PLOT * (0.15 + 0.7 * chance)
            d = side * (FRONT + 2.5 + 5 * (chance * 7 % 1))
            yield from self._cutout(
                s, at, d, TREE, "tree", int(chance * 13 % 1 * 64), 5 + 6 * (chance * 5 % 1)
            )
        if chances[4] > 0.35:
            tall = 1.3 + 0.5 * chances[5]
            yield self._front(s, z, side, tall, FENCE, ("fence", int(chances[6] * 3)))
        else:
            yield self._front(s, z, side, 1.2 + chances[5], TREE, ("hedge", 0))

    def _front(
        self, s: float, z: float, side: int, tall: float, label: int, texture: tuple[str, int]
    ) -> Wall:
        a, b = max(z, NEAR), z + PLOT
        ground = (self._x(s, a, side * FRONT), a, self._x(s, b, side * FRONT), b)
        return Wall(b, ground, tall, label, texture, (a - z) / PLOT)

    def _cutout(
        self, s: float, z: float, d: float, label: int, name: str, which: int, tall: float
    ) -> Iterator[Thing]:
        if NEAR < z < FAR:
            x = self._x(s, z, d)
            wide = 0.3 if label == TREE else 0.22
            yield Cutout(z, x, tall, label, (name, which), (x, z, wide * tall, wide * tall))

    def _planted(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, chances in self._cells(f"tree{side}", 12.0, s=s):
                if chances[0] < 0.36:
                    at, tall = z + 12 * chances[1], 5.5 + 3.5 * chances[2]
                    yield from self._cutout(
                        s, at, side * (KERB + 0.8), TREE, "tree", int(chances[3] * 64), tall
                    )

    def _posts(self, s: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, _ in self._cells(f"lamp{side}", 34.0, s=s):
                at = z + 9 - 8 * side
                if NEAR < at < FAR:
                    yield Solid(at, lamp_post(self._x(s, at, side * (KERB + 0.45)), at, side))
            for z, chances in self._cells(f"sign{side}", 26.0, s=s):
                at = z + 26 * chances[1]
                if chances[0] < 0.6 and NEAR < at < FAR:
                    yield Solid(at, road_sign(self._x(s, at, side * (KERB + 0.5)), at, chances[2]))
            for z, _ in self._cells("light", 140.0, s=s):
                if NEAR < z + 60 < FAR:
                    x = self._x(s, z + 60, side * (KERB + 0.4))
                    yield Solid(z + 60, traffic_light(x, z + 60))

    def _traffic(self, s: float, seconds: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for z, chances in self._cells(f"parked{side}", 6.2, s=s):
                if chances[0] < (0.5 if side < 0 else 0.42):
                    yield from self._car(s, z + 3, side * (KERB - 0.95), chances)
        for z, chances in self._cells("oncoming", 32.0, s=s, moved=-11 * seconds):
            if chances[0] < 0.62:
                yield from self._car(s, z + 20 * chances[1], LANE + 0.1, chances, oncoming=True)
        lead = 27 + 8 * math.sin(seconds / 6.1 + 1) + 3 * math.sin(seconds / 2.3)
        yield from self._car(s, lead, -LANE, draws(self._seed, "lead", 0))
        yield from self._car(s, lead + 24, -LANE, draws(self._seed, "lead", 1))

    def _car(
        self, s: float, z: float, d: float, chances: Sequence[float], *, oncoming: bool = False
    ) -> Iterator[Thing]:
        if -3 < z < FAR:
            x, lean = self._x(s, z, d), self.heading(s + z) - self.heading(s)
            paint: Color = pick(PAINTS, chances[3])
            model = pick(CARS, chances[2])
            facets = model.placed(x, z, lean=lean, oncoming=oncoming, paint=paint)
            yield Solid(z + 2, facets, (x, z, 1.3, 2.7))

    def _walkers(self, s: float, seconds: float) -> Iterator[Thing]:
        for side in (-1, 1):
            for pace in (-1.4, 1.3):
                strip = self._cells(f"walk{side}{pace}", 11.0, s=s, moved=pace * seconds)
                for z, chances in strip:
                    if chances[0] < 0.35:
                        d = side * (KERB + 1.1 + 1.7 * chances[1])
                        yield from self._walker(s, z + 8 * chances[2], d, seconds, chances)
        for z, chances in self._cells("cross", 65.0, s=s):
            walked = 1.8 * min(max(8 - z / SPEED, 0), 7)  # m: done when the camera is 13 m away
            d = (KERB + 1.1 - walked) * (1 if chances[2] < 0.5 else -1)
            if chances[0] < 0.7:
                yield from self._walker(s, z, d, seconds, chances)

    def _walker(
        self, s: float, z: float, d: float, seconds: float, chances: Sequence[float]
    ) -> Iterator[Thing]:
        who = self._phase(6, chances[4], 0.9 * seconds + chances[3])
        yield from self._cutout(s, z, d, PEDESTRIAN, "walker", who, 1.6 + 0.25 * chances[5])

    def _riders(self, s: float, seconds: float) -> Iterator[Thing]:
        for side in (-1, 1):
            strip = self._cells(f"ride{side}", 55.0, s=s, moved=-5.0 * side * seconds)
            for z, chances in strip:
                d = side * (KERB - 2.25 + 0.2 * chances[1])
                who = self._phase(4, chances[2], 1.2 * seconds + chances[3])
                yield from self._cutout(s, z + 40 * chances[4], d, BICYCLIST, "rider", who, 1.75)

    def _phase(self, kinds: int, chance: float, steps: float) -> int:
        """Textures come as eight phases of a step for each kind."""
        return int(chance * kinds) * 8 + int(steps % 1 * 8)
