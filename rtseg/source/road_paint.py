"""How the synthetic road looks: every texture, made once from a seed. Nothing here is a file."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_figures import (
    FACADE_TEXELS,
    Plane,
    facade,
    fence,
    gable,
    grain,
    hedge,
    leaves,
    noise,
    rider,
    to_bytes,
    tree,
    walker,
)
from rtseg.source.road_scene import Camera, House
from rtseg.source.road_shapes import BUILDING, TREE
from rtseg.types import LabelMap, Rgb

GROUND_TEXELS = 40  # per metre
GROUND_HALF, GROUND_LENGTH = 20, 24  # m to each side of the centre line, m before it repeats
GROUND_SMEARS = (1, 4, 16, 48)  # texels along the road that one texel of each level stands for
BRICKS = ((150, 128, 96), (126, 74, 58), (166, 144, 108), (176, 172, 162), (140, 92, 70),
          (188, 182, 168), (104, 100, 94), (148, 122, 92))  # fmt: skip
COATS = ((34, 38, 52), (30, 30, 32), (92, 30, 34), (62, 72, 60), (120, 112, 100), (60, 84, 112))


class Paint:
    """texture((name, i)) is a mip pyramid of (H, W, 3).

    ground: one (length, width, 3) level for each of GROUND_SMEARS. shade: what a soft shadow
    leaves of the light, in 1/255. houses: what each facade belongs to.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        rng = np.random.default_rng(seed)
        fronts = [
            facade(rng, floors, color)
            for floors, color in zip((2, 3, 2, 4, 3, 3, 4, 2), BRICKS, strict=True)
        ]
        self.houses = [
            House(len(front) / FACADE_TEXELS, brick)
            for front, brick in zip(fronts, BRICKS, strict=True)
        ]
        images = {
            "facade": fronts,
            "gable": [
                gable(rng, len(front), brick) for front, brick in zip(fronts, BRICKS, strict=True)
            ],
            "fence": [fence(rng, color) for color in ((96, 72, 52), (58, 62, 60), (132, 118, 100))],
            "hedge": [hedge(rng)],
            "tree": [tree(rng) for _ in range(6)],
            "walker": [walker(coat, phase / 8) for coat in COATS for phase in range(8)],
            "rider": [rider(coat, phase / 8) for coat in COATS[:4] for phase in range(8)],
        }
        mips = {name: [_mips(each) for each in group] for name, group in images.items()}
        self._textures = {
            name: [[np.ascontiguousarray(level[..., :3]) for level in each] for each in group]
            for name, group in mips.items()
        }
        self._silhouettes = {
            name: [[np.ascontiguousarray(level[..., 3]) for level in each] for each in mips[name]]
            for name in ("tree", "walker", "rider")
        }
        self.ground = _ground(rng)
        self.shade = _shade()
        self._blue = float(rng.uniform(0, 1))
        self._warmth = float(rng.uniform(-1, 1))
        self._brightness = float(rng.uniform(0.94, 1.06))

    def texture(self, key: tuple[str, int]) -> list[Rgb]:
        """Finest first; any number chooses one of that name."""
        group = self._textures[key[0]]
        return group[key[1] % len(group)]

    def silhouette(self, key: tuple[str, int]) -> list[LabelMap]:
        """(H, W) opacity of the texture of that key, for what is cut out."""
        group = self._silhouettes[key[0]]
        return group[key[1] % len(group)]

    def backdrop(self, camera: Camera, far: float) -> tuple[Rgb, LabelMap]:
        """Sky, far roofs and far trees down to the ground at far metres; wider than the picture.

        Its middle lies ahead where the road runs straight.
        """
        rng = np.random.default_rng(self._seed)
        foot = round(camera.project(np.array((0.0, 0.0, far)))[1])
        spare = math.ceil(camera.focal * 0.18)
        shape = (min(max(foot, 1), camera.height), camera.width + 2 * spare)
        coarse = self._sky(rng, (shape[0] // 4 + 2, shape[1] // 4 + 2))  # a sky has no details
        picture = np.asarray(
            cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.uint8
        )
        labels = np.zeros(shape, np.uint8)
        rows = np.arange(shape[0])[:, None]
        unit = camera.focal / 1000
        for label, color, tall, step in (
            (BUILDING, (168, 168, 168), 26, 22),
            (TREE, (142, 152, 142), 15, 5),
        ):
            bumps = noise(rng, (1, shape[1]), step * unit) + 1.3 * noise(
                rng, (1, shape[1]), 90 * unit
            )
            if label == BUILDING:
                bumps = np.repeat(
                    bumps[:, :: max(round(step * unit), 1)], max(round(step * unit), 1), axis=1
                )[:, : shape[1]]
            inside = rows > camera.horizon - unit * (tall + 0.4 * tall * bumps)
            labels[inside] = label
            picture[inside] = color
        return picture, labels

    def gains(self, camera: Camera) -> list[Rgb]:
        """Vignette, light and sensor noise as factors of 1/255; a few, to be taken in turn."""
        rng = np.random.default_rng(self._seed)
        extent = (camera.height, camera.width, 3)
        y, x = np.linspace(-1, 1, extent[0])[:, None], np.linspace(-1, 1, extent[1])[None]
        tint = np.array((1 + 0.03 * self._warmth, 1, 1 - 0.05 * self._warmth)) * self._brightness
        lens = ((1 - 0.13 * (x * x + y * y))[..., None] * tint * 246).astype(np.float32)
        tile = 1 + 0.022 * rng.standard_normal((3, 512, 512, 3), np.float32)
        repeats = (-(-extent[0] // 512), -(-extent[1] // 512), 1)
        return [to_bytes(lens * np.tile(each, repeats)[: extent[0], : extent[1]]) for each in tile]

    def _sky(self, rng: np.random.Generator, shape: tuple[int, int]) -> Rgb:
        """Brightest at the horizon; overcast or fair by seed."""
        low = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
        clouds = sum(noise(rng, shape, shape[0] / cut) * 1.6 / cut for cut in (2, 4, 9, 20, 45))
        puffs = np.asarray(clouds, np.float32)[..., None]
        cover = np.clip(1.15 + 0.9 * puffs - 0.9 * self._blue, 0, 1)
        zenith, rim = np.array((150.0, 184, 222)), np.array((236.0, 242, 246))
        clear = zenith + (rim - zenith) * low**0.7
        cloud = 226 + 26 * low + 16 * puffs
        return to_bytes(clear * (1 - cover) + cloud * cover)


def _mips(image: Rgb) -> list[Rgb]:
    levels = [image]
    while min(levels[-1].shape[:2]) > 8 and len(levels) < 6:
        height, width = levels[-1].shape[:2]
        half = (max(width // 2, 1), max(height // 2, 1))
        levels.append(
            np.asarray(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA), np.uint8)
        )
    return levels


def _ground(rng: np.random.Generator) -> list[Rgb]:
    """Across: garden, pavement, kerb, asphalt with its marks, and back. Its end meets its start."""
    shape = (GROUND_LENGTH * GROUND_TEXELS, 2 * GROUND_HALF * GROUND_TEXELS)
    d = (np.arange(shape[1]) + 0.5) / GROUND_TEXELS - GROUND_HALF
    s = np.arange(shape[0])[:, None] / GROUND_TEXELS
    image = np.full((*shape, 3), (94.0, 93.0, 94.0), np.float32)
    image *= 1 + 0.075 * _ring(grain(rng, shape, 1, 2)) + 0.035 * _ring(grain(rng, shape, 50))
    tracks = np.exp(-(((np.abs(np.abs(d) - 1.65) - 0.75) / 0.35) ** 2))
    image *= (1 - 0.07 * tracks)[None, :, None]
    wear = 1 + 0.12 * _ring(grain(rng, shape, 2, 6))
    for _ in range(5):
        row, column = int(rng.integers(0, shape[0] - 200)), int(rng.integers(620, 960))
        patch = image[
            row : row + int(rng.integers(40, 190)), column : column + int(rng.integers(25, 60))
        ]
        patch *= rng.uniform(0.9, 1.04)
    dash = ((s % 6) < 2.6) & (np.abs(d) < 0.07)
    image[dash] = (np.array((198, 198, 192)) * wear)[dash]
    edge = np.broadcast_to(
        (np.abs(np.abs(d) - 4.92) < 0.05) | (np.abs(np.abs(d) - 5.08) < 0.05), shape
    )
    image[edge] = (np.array((168, 146, 76)) * wear)[edge]
    _paving(image, d, s, rng=rng)
    levels = [to_bytes(image)]
    for smear in GROUND_SMEARS[1:]:
        rows = image.reshape(-1, smear, shape[1], 3).mean(axis=1)
        levels.append(to_bytes(rows))
    return levels


def _paving(
    image: Plane, d: NDArray[np.floating], s: NDArray[np.floating], *, rng: np.random.Generator
) -> None:
    """Slabs of 60 x 45 cm behind a pale kerb, grass behind the front line."""
    shape = image.shape[:2]
    beyond = np.abs(d)
    slabs = np.full(image.shape, (134.0, 129.0, 122.0)) * (
        1 + 0.06 * _ring(grain(rng, shape, 1, 3, 30))
    )
    joints = ((beyond % 0.6) < 0.03) | ((s % 0.48) < 0.028)
    slabs[joints] *= 0.76
    slabs *= (1 - 0.25 * np.exp(-((beyond - 8.4) ** 2)))[None, :, None]
    image[:, beyond > 5.2] = slabs[:, beyond > 5.2]
    image[:, (beyond > 5.2) & (beyond < 5.36)] = (158, 156, 150)
    image[:, (beyond > 5.1) & (beyond < 5.2)] *= 0.7
    image[:, beyond > 8.4] = leaves(rng, shape)[:, beyond > 8.4]


def _ring(noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same noise, its last rows faded into its first, so that it repeats without a seam."""
    rows = len(noise) // 8
    fade = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    noise[-rows:] = noise[-rows:] * (1 - fade) + noise[:rows][::-1] * fade
    return noise


def _shade() -> Rgb:
    """(64, 64, 3): what a soft shadow leaves of the light; white at the rim."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    edge = np.maximum(np.abs(x), np.abs(y)) ** 2
    dark = np.clip(1.25 * (1 - edge), 0, 1) ** 1.3
    return np.repeat(to_bytes(255 * (1 - 0.66 * dark))[..., None], 3, axis=2)
