"""Pictures of single things of the synthetic road: house fronts, fences, trees and people."""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_shapes import Color
from rtseg.types import Rgb

Plane: TypeAlias = NDArray[np.float32]
Rng: TypeAlias = np.random.Generator

FACADE_TEXELS = 32  # per metre
SKIN = (176, 132, 108)


def facade(rng: Rng, floors: int, brick: Color) -> Rgb:
    """One plot wide: shops or front rooms below, rows of windows above, a cornice on top."""
    shape = (round((3.0 * floors + 0.7) * FACADE_TEXELS), 14 * FACADE_TEXELS)
    wall = np.array(brick) * (1 + 0.10 * grain(rng, shape, 1, 2.4, 60))
    wall[::3] *= 0.93
    wall *= np.linspace(1.03, 0.86, shape[0])[:, None, None]
    image = to_bytes(wall)
    top = shape[0] / FACADE_TEXELS
    bays = int(rng.integers(4, 7))
    trim = _color(np.array((206, 202, 192)) * rng.uniform(0.75, 1.05))
    for floor in range(1, floors):
        for bay in range(bays):
            _window(image, rng, 14 * (bay + 0.5) / bays, 3.0 * floor + 1.0, trim=trim)
    _rectangle(image, trim, 0, 14, top - 0.3, top - 0.08)
    _rectangle(image, (70, 66, 62), 0, 14, top - 0.38, top - 0.3)
    _rectangle(image, (58, 56, 54), 6.95, 7.03, 0, top - 0.3)
    for start in (0.0, 7.0):
        (_shop if rng.uniform() < 0.5 else _parlour)(image, rng, trim=trim, start=start)
    return image


def gable(rng: Rng, rows: int, brick: Color) -> Rgb:
    """The bare side of a house, 8 m deep."""
    shape = (rows, 8 * FACADE_TEXELS)
    wall = np.array(brick) * 0.86 * (1 + 0.10 * grain(rng, shape, 1, 2.4, 60))
    wall[::3] *= 0.93
    return to_bytes(wall * np.linspace(1.03, 0.86, rows)[:, None, None])


def fence(rng: Rng, color: Color) -> Rgb:
    """Upright boards with two rails."""
    shape = (48, 14 * FACADE_TEXELS)
    wood = np.array(color) * (1 + 0.12 * grain(rng, shape, 1.5, 5, 20))
    wood *= 1 + 0.12 * np.repeat(rng.standard_normal(shape[1] // 7), 7)[None, :, None]
    wood[:, ::7] *= 0.5
    wood[6:9] *= 1.2
    wood[9:11] *= 0.6
    wood[:: shape[0] - 1] *= 0.7
    return to_bytes(wood)


def leaves(rng: Rng, shape: tuple[int, int]) -> NDArray[np.float64]:
    """(H, W, 3) foliage: clumps lit from above, specks of light and holes of shade."""
    clumps, specks = grain(rng, shape, 22, 9, 34), grain(rng, shape, 1.2, 3)
    green = np.array((58, 68, 40)) + np.array((4, 3, -2)) * rng.uniform(-2.5, 2.5)
    light = 1 + 0.55 * clumps + 0.42 * specks
    return np.asarray(green * np.clip(light, 0.25, 2.2))


def hedge(rng: Rng) -> Rgb:
    shape = (64, 14 * FACADE_TEXELS)
    return to_bytes(leaves(rng, shape) * np.linspace(1.15, 0.55, 64)[:, None, None])


def tree(rng: Rng) -> Rgb:
    """(384, 288, 4): a forked trunk and a ragged crown of clumps."""
    height, width = 384, 288
    mask = np.zeros((height, width), np.uint8)
    color = np.empty((height, width, 3))
    color[:] = np.array((66, 56, 46)) * (1 + 0.2 * grain(rng, (height, width), 2, 7))
    middle = width // 2
    cv2.fillPoly(
        mask,
        [
            np.array(
                [(middle - 9, height), (middle - 5, 170), (middle + 5, 170), (middle + 9, height)]
            )
        ],
        255,
    )
    crown = np.zeros((height, width), np.float32)
    wide, tall = rng.uniform(62, 100), rng.uniform(92, 118)
    for _ in range(26):
        angle, reach = rng.uniform(0, math.tau), rng.uniform(0.1, 0.92)
        x, y = reach * wide * math.cos(angle), reach * tall * math.sin(angle)
        radius = rng.uniform(16, 34) * (1.15 - 0.4 * reach)
        cv2.circle(crown, (round(middle + x), round(140 + y)), round(radius), 1.0, -1)
    rough = grain(rng, crown.shape, 3, 7, 16, 2)[..., 0]
    ragged = cv2.GaussianBlur(crown, (0, 0), 5) + 0.42 * rough
    leafy = (ragged > 0.5) & (cv2.GaussianBlur(crown, (0, 0), 8) > 0.22)
    color[leafy] = leaves(rng, (height, width))[leafy]
    light = np.linspace(1.28, 0.62, height)[:, None] + np.linspace(0.12, -0.12, width)
    mask[leafy] = 255
    return np.dstack((to_bytes(color * light[..., None]), mask))


def walker(coat: Color, phase: float) -> Rgb:
    """(192, 96, 4): head, coat and legs at one phase of a step; 192 rows are its height."""
    image = np.zeros((192, 96, 4), np.uint8)
    swing = 0.16 * math.sin(math.tau * phase)
    trousers = (44, 46, 58) if sum(coat) > 130 else (82, 80, 78)
    for sign in (-1, 1):
        _limb(
            image,
            trousers,
            13,
            (0.02 * sign, 0.48),
            (0.05 * sign + 0.6 * sign * swing, 0.26),
            (0.05 * sign + sign * swing, 0.04),
        )
        _limb(
            image,
            (28, 26, 26),
            11,
            (0.05 * sign + sign * swing, 0.03),
            (0.07 * sign + sign * swing, 0.03),
        )
        sleeve = _color(0.8 * np.array(coat))
        _limb(
            image,
            sleeve,
            11,
            (0.13 * sign, 0.78),
            (0.19 * sign, 0.62),
            (0.17 * sign - sign * swing, 0.47),
        )
    _limb(image, coat, 26, (0, 0.76), (0, 0.5))
    _limb(image, coat, 16, (-0.08, 0.79), (0.08, 0.79))
    _limb(image, SKIN, 8, (0, 0.86), (0, 0.84))
    cv2.circle(image, (48, 20), 12, (*SKIN, 255), -1)
    cv2.ellipse(image, (48, 17), (13, 12), 0, 180, 360, (46, 38, 32, 255), -1)
    return _sunlit(image)


def rider(coat: Color, phase: float) -> Rgb:
    """(192, 96, 4): a bicycle seen along its length, feet going round."""
    image = np.zeros((192, 96, 4), np.uint8)
    turn = 0.07 * math.sin(math.tau * phase)
    _limb(image, (20, 20, 22), 6, (0, 0.36), (0, 0.02))
    _limb(image, (52, 56, 60), 4, (-0.26, 0.6), (0.26, 0.6))
    for sign in (-1, 1):
        _limb(
            image,
            (38, 40, 52),
            13,
            (0.05 * sign, 0.5),
            (0.13 * sign, 0.36 + sign * turn),
            (0.09 * sign, 0.17 + sign * turn),
        )
        _limb(image, coat, 11, (0.13 * sign, 0.8), (0.24 * sign, 0.7), (0.24 * sign, 0.6))
    _limb(image, coat, 26, (0, 0.79), (0, 0.56))
    _limb(image, (150, 26, 26), 6, (0, 0.42), (0, 0.4))
    cv2.circle(image, (48, 21), 12, (*SKIN, 255), -1)
    cv2.ellipse(image, (48, 19), (14, 14), 0, 180, 360, (198, 198, 190, 255), -1)
    return _sunlit(image)


def to_bytes(values: NDArray[np.floating]) -> Rgb:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def noise(rng: Rng, shape: tuple[int, int], texels: float) -> Plane:
    """(H, W) smooth noise of about unit deviation with bumps of that many texels."""
    height, width = shape
    coarse = (max(2, round(height / texels)) + 1, max(2, round(width / texels)) + 1)
    bumps = rng.standard_normal(coarse, np.float32)
    return np.asarray(cv2.resize(bumps, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def grain(rng: Rng, shape: tuple[int, int], *sizes: float) -> Plane:
    """(H, W, 1) sum of noises, each 1 / len(sizes) strong."""
    total = np.sum([noise(rng, shape, size) for size in sizes], axis=0)
    return np.asarray(total[..., None] / len(sizes), np.float32)


def _rectangle(image: Rgb, color: Color, *edges: float) -> None:
    """edges: left, right, bottom, top in metres from the left and from the lower edge."""
    left, right, bottom, top = (round(edge * FACADE_TEXELS) for edge in edges)
    height = len(image)
    image[max(height - top, 0) : max(height - bottom, 0), max(left, 0) : right] = color


def _window(image: Rgb, rng: Rng, *foot: float, trim: Color) -> None:
    """foot: x of its middle and height of its sill, metres."""
    x, y = foot
    dark = rng.uniform(24, 62)
    _rectangle(image, trim, x - 0.66, x + 0.66, y - 0.12, y + 1.62)
    _rectangle(image, (dark, dark + 4, dark + 9), x - 0.54, x + 0.54, y, y + 0.75)
    _rectangle(image, (dark + 14, dark + 20, dark + 28), x - 0.54, x + 0.54, y + 0.8, y + 1.5)
    _rectangle(image, trim, x - 0.025, x + 0.025, y, y + 1.5)
    _rectangle(image, (64, 60, 56), x - 0.7, x + 0.7, y - 0.18, y - 0.12)


def _shop(image: Rgb, rng: Rng, *, trim: Color, start: float) -> None:
    fascia = _color(rng.uniform((24, 26, 30), (120, 84, 90)))
    _rectangle(image, fascia, start + 0.15, start + 6.85, 0, 3.2)
    _rectangle(image, trim, start + 1.8, start + 5.2, 2.78, 2.98)
    for left, right, sill in ((0.4, 3.1, 0.5), (3.2, 4.2, 0.05), (4.3, 6.6, 0.5)):
        dark = rng.uniform(26, 52)
        _rectangle(image, (dark, dark, dark + 4), start + left, start + right, sill, 2.5)
        lit = (dark + 40, dark + 36, dark + 26)
        _rectangle(
            image, lit, start + left + 0.3, start + right - 0.4, 0.7, 1.1 + rng.uniform(0, 0.6)
        )


def _parlour(image: Rgb, rng: Rng, *, trim: Color, start: float) -> None:
    _window(image, rng, start + 1.6, 0.9, trim=trim)
    _window(image, rng, start + 5.5, 0.9, trim=trim)
    door = _color(rng.uniform((30, 26, 26), (110, 60, 70)))
    _rectangle(image, trim, start + 2.95, start + 4.15, 0, 2.55)
    _rectangle(image, door, start + 3.05, start + 4.05, 0, 2.1)
    _rectangle(image, (52, 56, 60), start + 3.05, start + 4.05, 2.18, 2.45)


def _limb(image: Rgb, color: Color, thickness: int, *joints: tuple[float, float]) -> None:
    points = np.array([(96 * (x + 0.5), 192 * (1 - y)) for x, y in joints]).round().astype(np.int32)
    cv2.polylines(image, [points], False, (*color, 255), thickness)


def _sunlit(image: Rgb) -> Rgb:
    """Rounds a flat figure: lighter to the left, darker below."""
    height, width = image.shape[:2]
    light = np.linspace(1.2, 0.8, width)[None] * np.linspace(1.1, 0.85, height)[:, None]
    return np.dstack((to_bytes(image[..., :3] * light[..., None]), image[..., 3]))


def _color(values: NDArray[np.floating]) -> Color:
    red, green, blue = (float(each) for each in values)
    return red, green, blue
