"""Two canvases, one for the eye and one for the truth, on which the same outlines are drawn.

Every outline is rasterised by the same call with the same numbers on both, without smoothing: a
pixel of the label map belongs to the thing whose color the picture got there.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_paint import GROUND_HALF, GROUND_LENGTH, GROUND_SMEARS, GROUND_TEXELS, Paint
from rtseg.source.road_scene import FAR, FRONT, KERB, NEAR, SPEED, Camera, Street
from rtseg.source.road_shapes import (
    HAZE,
    PAVEMENT,
    ROAD,
    TREE,
    Cutout,
    Facet,
    Metres,
    Shade,
    Solid,
    Thing,
    Wall,
    clearness,
)
from rtseg.types import LabelMap, Rgb

SUBPIXEL_BITS = 4
OPAQUE = 127  # alpha above which a cutout hides what is behind it
SHADE_END = 50.0  # m: beyond it a shadow is a row or two high
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

    def _draw(self, image: NDArray[np.uint8], things: Sequence[Thing]) -> None:
        """All corners are projected at once: a hundred small projections would cost as much."""
        near = [
            _cut(thing) if thing.corners[:, 2].min() < NEAR_PLANE else thing for thing in things
        ]
        pixels = self._camera.project(np.concatenate([thing.corners for thing in near]))
        fixed = _fixed(pixels)
        stop = 0
        for thing in near:
            start, stop = stop, stop + len(thing.corners)
            if isinstance(thing, Solid):
                self._solid(image, thing.facets, fixed[start:stop])
            elif isinstance(thing, Wall):
                self._wall(image, thing, fixed[start:stop], quad=pixels[start:stop])
            else:
                self._cutout(image, thing, pixels[start:stop].tolist())

    def _cutout(self, image: NDArray[np.uint8], cutout: Cutout, ends: list[list[float]]) -> None:
        (x, foot), (_, head) = ends
        levels = self._paint.silhouette(cutout.texture)
        half = (foot - head) / 2 * levels[0].shape[1] / levels[0].shape[0]
        window = self._window(x - half, head, x + half, foot)
        if window:
            rows, columns = window
            level = _level(levels[0].shape[0] / (foot - head), levels)
            scale = levels[level].shape[0] / (foot - head)
            shift = ((columns.start - x + half) * scale - 0.5, (rows.start - head) * scale - 0.5)
            matrix = np.array(((scale, 0, shift[0]), (0, scale, shift[1])))
            part = image[rows, columns]
            mask = _enlarged(levels[level], matrix, part.shape) > OPAQUE
            self._fill_cutout(part, mask, cutout, look=(level, matrix))

    def _window(self, *box: float) -> tuple[slice, slice] | None:
        """The rows and columns of the picture that a box of left, top, right, bottom touches."""
        left, upper = max(math.floor(box[0]), 0), max(math.floor(box[1]), 0)
        right = min(math.ceil(box[2]) + 1, self._camera.width)
        lower = min(math.ceil(box[3]) + 1, self._camera.height)
        return (slice(upper, lower), slice(left, right)) if left < right and upper < lower else None

    @abstractmethod
    def _solid(self, image: NDArray[np.uint8], facets: Sequence[Facet], fixed: Any) -> None: ...

    @abstractmethod
    def _wall(self, image: Any, wall: Wall, fixed: Any, *, quad: Metres) -> None: ...

    @abstractmethod
    def _fill_cutout(self, part: Any, mask: Any, cutout: Cutout, *, look: Any) -> None:
        """look: the level of its texture, and the matrix from the part to that."""


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
        self._draw(labels, self._street.things(seconds))
        return labels

    def _solid(self, image: NDArray[np.uint8], facets: Sequence[Facet], fixed: Any) -> None:
        for facet in facets:
            outline = fixed[slice(*facet.span)]
            cv2.fillConvexPoly(image, outline, facet.label, cv2.LINE_8, SUBPIXEL_BITS)

    def _wall(self, image: Any, wall: Wall, fixed: Any, *, quad: Metres) -> None:
        cv2.fillConvexPoly(image, fixed, wall.label, cv2.LINE_8, SUBPIXEL_BITS)

    def _fill_cutout(self, part: Any, mask: Any, cutout: Cutout, *, look: Any) -> None:
        part[mask] = cutout.label


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
        self._shade(image, [thing.shade for thing in things if thing.shade])
        self._draw(image, things)
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
        clear = np.array([clearness(z) for z in self._ground_z[:hazy]])[:, None, None]
        ground[:hazy] = ground[:hazy] * clear + HAZE * (1 - clear)

    def _shade(self, image: Rgb, shades: Sequence[Shade]) -> None:
        corners = [
            ((x - half, 0, near), (x - half, 0, far), (x + half, 0, far), (x + half, 0, near))
            for x, near, far, half in (
                (x, max(z - long, NEAR), z + long, half) for x, z, half, long in shades
            )
            if near < far < SHADE_END
        ]
        for quad in self._camera.project(np.array(corners).reshape(-1, 4, 3)):
            window = self._window(*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist())
            if window:
                part = image[window]
                origin = (window[1].start, window[0].start)
                dark = _warped(
                    self._paint.shade, quad - origin, part.shape, border=cv2.BORDER_CONSTANT
                )
                part[:] = cv2.multiply(part, dark, scale=1 / 255)

    def _solid(self, image: NDArray[np.uint8], facets: Sequence[Facet], fixed: Any) -> None:
        for facet in facets:
            outline = fixed[slice(*facet.span)]
            cv2.fillConvexPoly(image, outline, facet.color, cv2.LINE_8, SUBPIXEL_BITS)

    def _wall(self, image: Any, wall: Wall, fixed: Any, *, quad: Metres) -> None:
        window = self._window(*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist())
        if window:
            part, origin = image[window], np.array((window[1].start, window[0].start))
            mask = np.zeros(part.shape[:2], np.uint8)
            outline = (fixed - origin * (1 << SUBPIXEL_BITS)).astype(np.int32)
            cv2.fillConvexPoly(mask, outline, 255, cv2.LINE_8, SUBPIXEL_BITS)
            levels = self._paint.texture(wall.texture)
            texels = levels[0].shape[0] * levels[0].shape[1] * (1 - wall.cut)
            area = max(cv2.contourArea(quad.astype(np.float32)), 1.0)
            texture = levels[_level(math.sqrt(texels / area), levels)]
            look = _warped(texture, quad - origin, part.shape, cut=wall.cut)
            self._fill(part, look, mask=mask, far=wall.far)

    def _fill_cutout(self, part: Any, mask: Any, cutout: Cutout, *, look: Any) -> None:
        level, matrix = look
        colors = _enlarged(self._paint.texture(cutout.texture)[level], matrix, part.shape)
        self._fill(part, colors, mask=mask.view(np.uint8), far=cutout.far)

    def _fill(self, part: Any, look: Any, *, mask: Any, far: float) -> None:
        clear = clearness(far)
        if clear < 1:
            haze = self._haze[: part.shape[0], : part.shape[1]]
            look = cv2.addWeighted(look, clear, haze, 1 - clear, 0)
        cv2.copyTo(look, mask, part)


def _level(texels_per_pixel: float, levels: Sequence[Any]) -> int:
    return min(max(round(math.log2(max(texels_per_pixel, 1e-6))), 0), len(levels) - 1)


def _enlarged(texture: Any, matrix: Any, shape: Sequence[int]) -> NDArray[np.uint8]:
    """matrix: from pixels of the result to texels."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(texture, matrix, (shape[1], shape[0]), flags=flags), np.uint8)


def _warped(
    texture: Rgb,
    quad: Metres,
    shape: Sequence[int],
    *,
    cut: float = 0.0,
    border: int = cv2.BORDER_REPLICATE,
) -> Rgb:
    """The texture from cut on, over near foot, near head, far head and far foot; or white."""
    height, width = texture.shape[:2]
    left = cut * width
    source = np.array([(left, height), (left, 0), (width, 0), (width, height)], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
    extent, white = (shape[1], shape[0]), (255, 255, 255)
    return np.asarray(
        cv2.warpPerspective(texture, matrix, extent, borderMode=border, borderValue=white), np.uint8
    )


def _fixed(points: Metres) -> NDArray[np.int32]:
    """Pixels in the fixed point that cv2 wants; far outside the picture is clamped."""
    return np.rint(np.clip(points, -1e5, 1e5) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _cut(thing: Thing) -> Thing:
    """A solid without what lies before the near plane; everything else begins beyond it."""
    assert isinstance(thing, Solid)
    outlines, facets, stop = [np.empty((0, 3))], [], 0
    for facet in thing.facets:
        outline = _beyond(thing.corners[slice(*facet.span)])
        start, stop = stop, stop + len(outline)
        outlines.append(outline)
        if stop > start:
            facets.append(facet._replace(span=(start, stop)))
    return Solid(thing.far, np.concatenate(outlines), facets)


def _beyond(outline: Metres) -> Metres:
    kept = []
    for a, b in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if a[2] >= NEAR_PLANE:
            kept.append(a)
        if (a[2] >= NEAR_PLANE) != (b[2] >= NEAR_PLANE):
            kept.append(a + (b - a) * (NEAR_PLANE - a[2]) / (b[2] - a[2]))
    return np.array(kept).reshape(-1, 3)
