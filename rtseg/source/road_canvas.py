"""Two canvases, one for the eye and one for the truth, on which the same outlines are drawn.

Every outline is rasterised by the same call with the same numbers on both, without smoothing: a
pixel of the label map belongs to the thing whose color the picture got there.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_paint import GROUND_HALF, GROUND_LENGTH, GROUND_SMEARS, GROUND_TEXELS, Paint
from rtseg.source.road_scene import FAR, FRONT, KERB, NEAR, SPEED, Camera, Street
from rtseg.source.road_shapes import PAVEMENT, ROAD, TREE, Cutout, Facet, Metres, Shade, Solid, Wall
from rtseg.types import LabelMap, Rgb

HAZE = np.array((206.0, 212.0, 218.0))
HAZE_M = 260.0  # m at which haze hides 63 %
SUBPIXEL_BITS = 4
NEAR_PLANE = 0.4  # m: solids are cut there, everything else begins at NEAR


class _Canvas(ABC):
    def __init__(self, camera: Camera, street: Street, paint: Paint) -> None:
        self._camera, self._street, self._paint = camera, street, paint
        self._backdrop, self._backdrop_labels = paint.backdrop(camera, FAR)
        rows = np.arange(len(self._backdrop), camera.height)
        self._ground_z, metres = camera.ground(rows)
        columns = np.arange(camera.width) - (camera.width - 1) / 2
        self._ground_x = np.multiply.outer(metres, columns * GROUND_TEXELS).astype(np.float32)

    def _view(self, panorama: NDArray[np.uint8], s: float) -> NDArray[np.uint8]:
        """The part of a backdrop that lies ahead."""
        spare = panorama.shape[1] - self._camera.width
        start = spare // 2 + round(self._camera.focal * self._street.heading(s))
        start = min(max(start, 0), spare)
        return panorama[:, start : start + self._camera.width]

    def _ground_columns(self, s: float) -> NDArray[np.float32]:
        """(rows, W) texture columns of the ground."""
        middle = (GROUND_HALF - self._street.center(s, self._ground_z)) * GROUND_TEXELS - 0.5
        return np.asarray(self._ground_x + middle[:, None].astype(np.float32))

    def _things(self, image: NDArray[np.uint8], things: list[Any]) -> None:
        for thing in things:
            if isinstance(thing, Solid):
                self._solid(image, thing)
            elif isinstance(thing, Wall):
                self._wall(image, thing)
            else:
                self._cutout(image, thing)

    def _solid(self, image: NDArray[np.uint8], solid: Solid) -> None:
        facets = solid.facets
        if not facets:
            return
        outlines = [facet.points for facet in facets]
        points = np.concatenate(outlines)
        if points[:, 2].min() < NEAR_PLANE:
            outlines = [_cut(each) for each in outlines]
            points = np.concatenate(outlines)
        fixed = _fixed(self._camera.project(points))
        end = 0
        for facet, outline in zip(facets, outlines, strict=True):
            start, end = end, end + len(outline)
            if end > start:
                ink = self._ink(facet, solid.far)
                cv2.fillConvexPoly(image, fixed[start:end], ink, cv2.LINE_8, SUBPIXEL_BITS)

    def _wall(self, image: NDArray[np.uint8], wall: Wall) -> None:
        x0, z0, x1, z1 = wall.ground
        top = wall.height_m
        corners = np.array([(x0, 0, z0), (x0, top, z0), (x1, top, z1), (x1, 0, z1)])
        quad = self._camera.project(corners)
        window = self._window(quad)
        if window:
            left, upper, right, lower = window
            mask = np.zeros((lower - upper, right - left), np.uint8)
            cv2.fillConvexPoly(mask, _fixed(quad - (left, upper)), 255, cv2.LINE_8, SUBPIXEL_BITS)
            self._fill(image[upper:lower, left:right], mask, wall, quad - (left, upper))

    def _cutout(self, image: NDArray[np.uint8], cutout: Cutout) -> None:
        group = self._paint.textures[cutout.texture[0]]
        levels = group[cutout.texture[1] % len(group)]
        ends = np.array([(cutout.x, 0, cutout.far), (cutout.x, cutout.height_m, cutout.far)])
        (x, foot), (_, head) = self._camera.project(ends)
        half = (foot - head) / 2 * levels[0].shape[1] / levels[0].shape[0]
        quad = np.array([(x - half, foot), (x - half, head), (x + half, head), (x + half, foot)])
        window = self._window(quad)
        if window:
            left, upper, right, lower = window
            texture = levels[_level(levels[0].shape[0] / (foot - head), levels)]
            scale = texture.shape[0] / (foot - head)
            matrix = np.array(
                (
                    (scale, 0, (left - x + half) * scale - 0.5),
                    (0, scale, (upper - head) * scale - 0.5),
                )
            )
            extent = (right - left, lower - upper)
            patch = cv2.warpAffine(
                texture, matrix, extent, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            )
            mask = cv2.compare(patch[..., 3], 127, cv2.CMP_GT)
            self._fill(
                image[upper:lower, left:right],
                np.asarray(mask, np.uint8),
                cutout,
                np.asarray(patch[..., :3]),
            )

    def _window(self, quad: Metres) -> tuple[int, int, int, int] | None:
        """left, upper, right, lower of the pixels around it that are in the picture."""
        low, high = np.floor(quad.min(axis=0)), np.ceil(quad.max(axis=0)) + 1
        left, upper = max(int(low[0]), 0), max(int(low[1]), 0)
        right, lower = min(int(high[0]), self._camera.width), min(int(high[1]), self._camera.height)
        return (left, upper, right, lower) if left < right and upper < lower else None

    @abstractmethod
    def _ink(self, facet: Facet, far: float) -> Any: ...

    @abstractmethod
    def _fill(
        self, part: NDArray[np.uint8], mask: NDArray[np.uint8], thing: Wall | Cutout, look: Any
    ) -> None:
        """look: the corners of a wall, the pixels of a cutout."""


class LabelCanvas(_Canvas):
    """Draws class ids."""

    def draw(self, seconds: float) -> LabelMap:
        s = SPEED * seconds
        profile = np.full((1, 2 * GROUND_HALF * GROUND_TEXELS), TREE, np.uint8)
        for half, label in ((FRONT, PAVEMENT), (KERB, ROAD)):
            edge = round(half * GROUND_TEXELS)
            middle = GROUND_HALF * GROUND_TEXELS
            profile[:, middle - edge : middle + edge] = label
        columns = self._ground_columns(s)
        ground = cv2.remap(
            profile,
            columns,
            np.zeros_like(columns),
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
        labels = np.concatenate(
            (self._view(self._backdrop_labels, s), np.asarray(ground, np.uint8))
        )
        self._things(labels, self._street.things(seconds))
        return labels

    def _ink(self, facet: Facet, far: float) -> int:
        return facet.label

    def _fill(
        self, part: NDArray[np.uint8], mask: NDArray[np.uint8], thing: Wall | Cutout, look: Any
    ) -> None:
        np.copyto(part, np.uint8(thing.label), where=mask > 0)


class PictureCanvas(_Canvas):
    """Draws colors, with shadows, haze, the lens' softness and the sensor's noise."""

    def __init__(self, camera: Camera, street: Street, paint: Paint) -> None:
        super().__init__(camera, street, paint)
        self._gains = paint.gains(camera)
        self._haze = np.empty((camera.height, camera.width, 3), np.uint8)
        self._haze[:] = HAZE

    def draw(self, seconds: float, *, grain: int) -> Rgb:
        """grain: which of the noise patterns lies over the picture."""
        s = SPEED * seconds
        image = np.empty((self._camera.height, self._camera.width, 3), np.uint8)
        image[: len(self._backdrop)] = self._view(self._backdrop, s)
        self._draw_ground(image[len(self._backdrop) :], s)
        things = self._street.things(seconds)
        for thing in things:
            if thing.shade:
                self._shade(image, thing.shade)
        self._things(image, things)
        soft = cv2.GaussianBlur(image, (3, 3), 0.62)
        return np.asarray(
            cv2.multiply(soft, self._gains[grain % len(self._gains)], scale=1 / 255), np.uint8
        )

    def _draw_ground(self, ground: Rgb, s: float) -> None:
        columns = self._ground_columns(s)
        along = ((s + self._ground_z) % GROUND_LENGTH) * GROUND_TEXELS
        smear = (
            self._ground_z**2 / (self._camera.focal * self._camera.above_ground_m) * GROUND_TEXELS
        )
        steps = np.searchsorted(np.array(GROUND_SMEARS) * 1.5, smear)
        steps = np.minimum(steps, len(GROUND_SMEARS) - 1)
        for level in np.unique(steps):
            rows = np.flatnonzero(steps == level)
            part = slice(rows[0], rows[-1] + 1)
            y = np.floor(along[part] / GROUND_SMEARS[level]).astype(np.float32)
            lines = np.repeat(y[:, None], self._camera.width, axis=1)
            ground[part] = cv2.remap(
                self._paint.ground[level],
                columns[part],
                lines,
                cv2.INTER_NEAREST,
                borderMode=cv2.BORDER_REPLICATE,
            )
        hazy = int(np.searchsorted(-self._ground_z, -20.0))
        veil = 1 - np.exp(-self._ground_z[:hazy] / HAZE_M)[:, None, None]
        ground[:hazy] = ground[:hazy] * (1 - veil) + HAZE * veil

    def _shade(self, image: Rgb, shade: Shade) -> None:
        x, z, half, length = shade
        near, far = max(z - length, NEAR), z + length
        if near < far:
            corners = np.array(
                [(x - half, 0, near), (x - half, 0, far), (x + half, 0, far), (x + half, 0, near)]
            )
            quad = self._camera.project(corners)
            window = self._window(quad)
            if window:
                left, upper, right, lower = window
                part = image[upper:lower, left:right]
                dark = _warped(
                    self._paint.shade, (0.0, 1.0), quad - (left, upper), part.shape, white=True
                )
                part[:] = cv2.multiply(part, dark, scale=1 / 255)

    def _ink(self, facet: Facet, far: float) -> tuple[float, ...]:
        left = math.exp(-max(far, 0) / HAZE_M)
        return tuple(
            float(c * left + h * (1 - left)) for c, h in zip(facet.color, HAZE, strict=True)
        )

    def _fill(
        self, part: NDArray[np.uint8], mask: NDArray[np.uint8], thing: Wall | Cutout, look: Any
    ) -> None:
        if isinstance(thing, Wall):
            levels = self._paint.textures[thing.texture[0]]
            levels_of = levels[thing.texture[1] % len(levels)]
            area = cv2.contourArea(look.astype(np.float32))
            full = levels_of[0].shape[0] * levels_of[0].shape[1] * (1 - thing.cut)
            texture = levels_of[_level(math.sqrt(full / max(area, 1.0)), levels_of)]
            look = _warped(texture, (thing.cut, 1.0), look, part.shape)
        left = math.exp(-thing.far / HAZE_M)
        height, width = part.shape[:2]
        look = cv2.addWeighted(look, left, self._haze[:height, :width], 1 - left, 0)
        cv2.copyTo(look, mask, part)


def _level(texels_per_pixel: float, levels: list[Rgb]) -> int:
    return min(max(round(math.log2(max(texels_per_pixel, 1e-6))), 0), len(levels) - 1)


def _warped(
    texture: Rgb,
    cut: tuple[float, float],
    quad: Metres,
    shape: tuple[int, ...],
    *,
    white: bool = False,
) -> Rgb:
    """The texture between cut, seen through quad: near foot, near head, far head, far foot."""
    height, width = texture.shape[:2]
    left, right = cut[0] * width, cut[1] * width
    source = np.array([(left, height), (left, 0), (right, 0), (right, height)], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
    border = cv2.BORDER_CONSTANT if white else cv2.BORDER_REPLICATE
    warped = cv2.warpPerspective(
        texture, matrix, (shape[1], shape[0]), borderMode=border, borderValue=(255, 255, 255)
    )
    return np.asarray(warped, np.uint8)


def _fixed(points: Metres) -> NDArray[np.int32]:
    """Pixels in the fixed point that cv2 wants; far outside the picture is clamped."""
    return np.rint(np.clip(points, -1e5, 1e5) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _cut(outline: Metres) -> Metres:
    """What of a polygon lies beyond the near plane."""
    kept = []
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if a[2] >= NEAR_PLANE:
            kept.append(a)
        if (a[2] >= NEAR_PLANE) != (b[2] >= NEAR_PLANE):
            kept.append(a + (b - a) * (NEAR_PLANE - a[2]) / (b[2] - a[2]))
    return np.array(kept).reshape(-1, 3)
