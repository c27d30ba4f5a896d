"""How the synthetic road looks: every texture, made once from a seed. Nothing here is a file."""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.source.road_scene import Camera
from rtseg.source.road_shapes import BUILDING, TREE, Color
from rtseg.types import LabelMap, Rgb

Plane: TypeAlias = NDArray[np.float32]

FACADE_TEXELS = 32  # per metre
GROUND_TEXELS = 40  # per metre
GROUND_HALF, GROUND_LENGTH = 20, 24  # m to each side of the centre line, m before it repeats
GROUND_SMEARS = (1, 4, 16, 48)  # texels along the road that one texel of each level stands for
BRICKS = ((150, 128, 96), (126, 74, 58), (166, 144, 108), (176, 172, 162), (140, 92, 70),
          (188, 182, 168), (104, 100, 94), (148, 122, 92))  # fmt: skip
COATS = ((34, 38, 52), (30, 30, 32), (92, 30, 34), (62, 72, 60), (120, 112, 100), (60, 84, 112))
SKIN = (176, 132, 108)


class Paint:
    """texture(name, i) is a mip pyramid: (H, W, 3) or, with a silhouette, (H, W, 4) uint8 RGBA.

    ground: one (length, width, 3) level for each of GROUND_SMEARS. shade: what a soft shadow
    leaves of the light, in 1/255. facades_m: the heights of the facades.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        rng = np.random.default_rng(seed)
        facades = [
            _facade(rng, floors, color)
            for floors, color in zip((2, 3, 2, 4, 3, 3, 4, 2), BRICKS, strict=True)
        ]
        self.facades_m = [len(facade) / FACADE_TEXELS for facade in facades]
        images = {
            "facade": facades,
            "gable": [
                _gable(rng, len(facade), brick)
                for facade, brick in zip(facades, BRICKS, strict=True)
            ],
            "fence": [
                _fence(rng, color) for color in ((96, 72, 52), (58, 62, 60), (132, 118, 100))
            ],
            "hedge": [_hedge(rng)],
            "tree": [_tree(rng) for _ in range(6)],
            "walker": [_walker(coat, phase / 8) for coat in COATS for phase in range(8)],
            "rider": [_rider(coat, phase / 8) for coat in COATS[:4] for phase in range(8)],
        }
        self._textures = {name: [_mips(each) for each in group] for name, group in images.items()}
        self.ground = _ground(rng)
        self.shade = _shade()
        self._blue = float(rng.uniform(0, 1))
        self._warmth = float(rng.uniform(-1, 1))
        self._brightness = float(rng.uniform(0.94, 1.06))

    def texture(self, key: tuple[str, int]) -> list[Rgb]:
        """Finest first; any number chooses one of that name."""
        group = self._textures[key[0]]
        return group[key[1] % len(group)]

    def backdrop(self, camera: Camera, far: float) -> tuple[Rgb, LabelMap]:
        """Sky, far roofs and far trees down to the ground at far metres; wider than the picture.

        Its middle lies ahead where the road runs straight.
        """
        rng = np.random.default_rng(self._seed)
        foot = round(camera.project(np.array((0.0, 0.0, far)))[1])
        spare = math.ceil(camera.focal * 0.18)
        shape = (min(max(foot, 1), camera.height), camera.width + 2 * spare)
        picture = self._sky(rng, shape)
        labels = np.zeros(shape, np.uint8)
        rows = np.arange(shape[0])[:, None]
        unit = camera.focal / 1000
        for label, color, tall, step in (
            (BUILDING, (168, 168, 168), 26, 22),
            (TREE, (142, 152, 142), 15, 5),
        ):
            bumps = _noise(rng, (1, shape[1]), step * unit) + 1.3 * _noise(
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
        grain = (camera.height, camera.width, 3)
        y, x = np.linspace(-1, 1, grain[0])[:, None], np.linspace(-1, 1, grain[1])[None]
        tint = np.array((1 + 0.03 * self._warmth, 1, 1 - 0.05 * self._warmth)) * self._brightness
        lens = ((1 - 0.13 * (x * x + y * y))[..., None] * tint * 246).astype(np.float32)
        return [
            _bytes(lens * (1 + 0.022 * rng.standard_normal(grain, np.float32))) for _ in range(3)
        ]

    def _sky(self, rng: np.random.Generator, shape: tuple[int, int]) -> Rgb:
        """Brightest at the horizon; overcast or fair by seed."""
        low = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
        clouds = sum(_noise(rng, shape, shape[0] / cut) * 1.6 / cut for cut in (2, 4, 9, 20, 45))
        puffs = np.asarray(clouds, np.float32)[..., None]
        cover = np.clip(1.15 + 0.9 * puffs - 0.9 * self._blue, 0, 1)
        zenith, rim = np.array((150.0, 184, 222)), np.array((236.0, 242, 246))
        clear = zenith + (rim - zenith) * low**0.7
        cloud = 226 + 26 * low + 16 * puffs
        return _bytes(clear * (1 - cover) + cloud * cover)


def _mips(image: Rgb) -> list[Rgb]:
    levels = [image]
    while min(levels[-1].shape[:2]) > 8 and len(levels) < 6:
        height, width = levels[-1].shape[:2]
        half = (max(width // 2, 1), max(height // 2, 1))
        levels.append(
            np.asarray(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA), np.uint8)
        )
    return levels


def _bytes(values: NDArray[np.floating]) -> Rgb:
    return np.clip(values, 0, 255).astype(np.uint8)


def _noise(rng: np.random.Generator, shape: tuple[int, int], texels: float) -> Plane:
    """(H, W) smooth noise of about unit deviation with bumps of that many texels."""
    height, width = shape
    coarse = (max(2, round(height / texels)) + 1, max(2, round(width / texels)) + 1)
    bumps = rng.standard_normal(coarse, np.float32)
    return np.asarray(cv2.resize(bumps, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _grain(rng: np.random.Generator, shape: tuple[int, int], *sizes: float) -> NDArray[np.float32]:
    """(H, W, 1) sum of noises, each 1 / len(sizes) strong."""
    total = sum(_noise(rng, shape, size) for size in sizes)
    return np.asarray(total, np.float32)[..., None] / len(sizes)


def _rectangle(image: Rgb, color: Color, *edges: float) -> None:
    """edges: left, right, bottom, top in metres from the left and from the lower edge."""
    left, right, bottom, top = (round(edge * FACADE_TEXELS) for edge in edges)
    height = len(image)
    image[max(height - top, 0) : max(height - bottom, 0), max(left, 0) : right] = color


def _facade(rng: np.random.Generator, floors: int, brick: Color) -> Rgb:
    """One plot wide: shops or front rooms below, rows of windows above, a cornice on top."""
    shape = (round((3.0 * floors + 0.7) * FACADE_TEXELS), 14 * FACADE_TEXELS)
    wall = np.array(brick) * (1 + 0.10 * _grain(rng, shape, 1, 2.4, 60))
    wall[::3] *= 0.93
    wall *= np.linspace(1.03, 0.86, shape[0])[:, None, None]
    image = _bytes(wall)
    top = shape[0] / FACADE_TEXELS
    bays = int(rng.integers(4, 7))
    trim = tuple(float(v) for v in np.array((206, 202, 192)) * rng.uniform(0.75, 1.05))
    for floor in range(1, floors):
        for bay in range(bays):
            _window(image, rng, trim, 14 * (bay + 0.5) / bays, 3.0 * floor + 1.0)
    _rectangle(image, trim, 0, 14, top - 0.3, top - 0.08)
    _rectangle(image, (70, 66, 62), 0, 14, top - 0.38, top - 0.3)
    _rectangle(image, (58, 56, 54), 6.95, 7.03, 0, top - 0.3)
    for start in (0.0, 7.0):
        (_shop if rng.uniform() < 0.5 else _parlour)(image, rng, trim=trim, start=start)
    return image


def _gable(rng: np.random.Generator, rows: int, brick: Color) -> Rgb:
    """The bare side of a house, 8 m deep."""
    shape = (rows, 8 * FACADE_TEXELS)
    wall = np.array(brick) * 0.86 * (1 + 0.10 * _grain(rng, shape, 1, 2.4, 60))
    wall[::3] *= 0.93
    return _bytes(wall * np.linspace(1.03, 0.86, rows)[:, None, None])


def _window(image: Rgb, rng: np.random.Generator, trim: Color, *foot: float) -> None:
    """foot: x of its middle and height of its sill, metres."""
    x, y = foot
    dark = rng.uniform(24, 62)
    _rectangle(image, trim, x - 0.66, x + 0.66, y - 0.12, y + 1.62)
    _rectangle(image, (dark, dark + 4, dark + 9), x - 0.54, x + 0.54, y, y + 0.75)
    _rectangle(image, (dark + 14, dark + 20, dark + 28), x - 0.54, x + 0.54, y + 0.8, y + 1.5)
    _rectangle(image, trim, x - 0.025, x + 0.025, y, y + 1.5)
    _rectangle(image, (64, 60, 56), x - 0.7, x + 0.7, y - 0.18, y - 0.12)


def _shop(image: Rgb, rng: np.random.Generator, *, trim: Color, start: float) -> None:
    fascia = tuple(float(v) for v in rng.uniform((24, 26, 30), (120, 84, 90)))
    _rectangle(image, fascia, start + 0.15, start + 6.85, 0, 3.2)
    _rectangle(image, trim, start + 1.8, start + 5.2, 2.78, 2.98)
    for left, right, sill in ((0.4, 3.1, 0.5), (3.2, 4.2, 0.05), (4.3, 6.6, 0.5)):
        dark = rng.uniform(26, 52)
        _rectangle(image, (dark, dark, dark + 4), start + left, start + right, sill, 2.5)
        lit = (dark + 40, dark + 36, dark + 26)
        _rectangle(
            image, lit, start + left + 0.3, start + right - 0.4, 0.7, 1.1 + rng.uniform(0, 0.6)
        )


def _parlour(image: Rgb, rng: np.random.Generator, *, trim: Color, start: float) -> None:
    _window(image, rng, trim, start + 1.6, 0.9)
    _window(image, rng, trim, start + 5.5, 0.9)
    door = tuple(float(v) for v in rng.uniform((30, 26, 26), (110, 60, 70)))
    _rectangle(image, trim, start + 2.95, start + 4.15, 0, 2.55)
    _rectangle(image, door, start + 3.05, start + 4.05, 0, 2.1)
    _rectangle(image, (52, 56, 60), start + 3.05, start + 4.05, 2.18, 2.45)


def _fence(rng: np.random.Generator, color: Color) -> Rgb:
    """Upright boards with two rails."""
    shape = (48, 14 * FACADE_TEXELS)
    wood = np.array(color) * (1 + 0.12 * _grain(rng, shape, 1.5, 5, 20))
    wood *= 1 + 0.12 * np.repeat(rng.standard_normal(shape[1] // 7), 7)[None, :, None]
    wood[:, ::7] *= 0.5
    wood[6:9] *= 1.2
    wood[9:11] *= 0.6
    wood[:: shape[0] - 1] *= 0.7
    return _bytes(wood)


def _leaves(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """(H, W, 3) foliage: clumps lit from above, specks of light and holes of shade."""
    clumps, specks = _grain(rng, shape, 22, 9, 34), _grain(rng, shape, 1.2, 3)
    green = np.array((58, 68, 40)) + np.array((4, 3, -2)) * rng.uniform(-2.5, 2.5)
    light = 1 + 0.55 * clumps + 0.42 * specks
    return np.asarray(green * np.clip(light, 0.25, 2.2))


def _hedge(rng: np.random.Generator) -> Rgb:
    shape = (64, 14 * FACADE_TEXELS)
    return _bytes(_leaves(rng, shape) * np.linspace(1.15, 0.55, 64)[:, None, None])


def _tree(rng: np.random.Generator) -> Rgb:
    """(384, 288, 4): a forked trunk and a ragged crown of clumps."""
    height, width = 384, 288
    mask = np.zeros((height, width), np.uint8)
    color = np.empty((height, width, 3))
    color[:] = np.array((66, 56, 46)) * (1 + 0.2 * _grain(rng, (height, width), 2, 7))
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
    rough = _grain(rng, crown.shape, 3, 7, 16, 2)[..., 0]
    ragged = cv2.GaussianBlur(crown, (0, 0), 5) + 0.42 * rough
    leafy = ragged > 0.5
    color[leafy] = _leaves(rng, (height, width))[leafy]
    light = np.linspace(1.28, 0.62, height)[:, None] + np.linspace(0.12, -0.12, width)
    mask[leafy] = 255
    return np.dstack((_bytes(color * light[..., None]), mask))


def _limb(image: Rgb, color: Color, thickness: int, *joints: tuple[float, float]) -> None:
    points = np.array([(96 * (x + 0.5), 192 * (1 - y)) for x, y in joints]).round().astype(np.int32)
    cv2.polylines(image, [points], False, (*color, 255), thickness)


def _walker(coat: Color, phase: float) -> Rgb:
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
        sleeve = tuple(0.8 * each for each in coat)
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


def _rider(coat: Color, phase: float) -> Rgb:
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


def _sunlit(image: Rgb) -> Rgb:
    """Rounds a flat figure: lighter to the left, darker below."""
    height, width = image.shape[:2]
    light = np.linspace(1.2, 0.8, width)[None] * np.linspace(1.1, 0.85, height)[:, None]
    return np.dstack((_bytes(image[..., :3] * light[..., None]), image[..., 3]))


def _ground(rng: np.random.Generator) -> list[Rgb]:
    """Across: garden, pavement, kerb, asphalt with its marks, and back; the far end meets the start."""
    shape = (GROUND_LENGTH * GROUND_TEXELS, 2 * GROUND_HALF * GROUND_TEXELS)
    d = (np.arange(shape[1]) + 0.5) / GROUND_TEXELS - GROUND_HALF
    s = np.arange(shape[0])[:, None] / GROUND_TEXELS
    image = np.full((*shape, 3), (94.0, 93.0, 94.0), np.float32)
    image *= 1 + 0.075 * _ring(_grain(rng, shape, 1, 2)) + 0.035 * _ring(_grain(rng, shape, 50))
    tracks = np.exp(-(((np.abs(np.abs(d) - 1.65) - 0.75) / 0.35) ** 2))
    image *= (1 - 0.07 * tracks)[None, :, None]
    wear = 1 + 0.12 * _ring(_grain(rng, shape, 2, 6))
    dash = ((s % 6) < 2.6) & (np.abs(d) < 0.07)
    image[dash] = (np.array((198, 198, 192)) * wear)[dash]
    edge = np.broadcast_to(
        (np.abs(np.abs(d) - 4.92) < 0.05) | (np.abs(np.abs(d) - 5.08) < 0.05), shape
    )
    image[edge] = (np.array((168, 146, 76)) * wear)[edge]
    _paving(image, d, s, rng)
    levels = [_bytes(image)]
    for smear in GROUND_SMEARS[1:]:
        rows = image.reshape(-1, smear, shape[1], 3).mean(axis=1)
        levels.append(_bytes(rows))
    return levels


def _paving(
    image: Plane, d: NDArray[np.floating], s: NDArray[np.floating], rng: np.random.Generator
) -> None:
    """Slabs of 60 x 45 cm behind a pale kerb, grass behind the front line."""
    shape = image.shape[:2]
    beyond = np.abs(d)
    slabs = np.full(image.shape, (134.0, 129.0, 122.0)) * (
        1 + 0.06 * _ring(_grain(rng, shape, 1, 3, 30))
    )
    joints = ((beyond % 0.6) < 0.03) | ((s % 0.48) < 0.028)
    slabs[joints] *= 0.76
    slabs *= (1 - 0.25 * np.exp(-((beyond - 8.4) ** 2)))[None, :, None]
    image[:, beyond > 5.2] = slabs[:, beyond > 5.2]
    image[:, (beyond > 5.2) & (beyond < 5.36)] = (158, 156, 150)
    image[:, (beyond > 5.1) & (beyond < 5.2)] *= 0.7
    image[:, beyond > 8.4] = _leaves(rng, shape)[:, beyond > 8.4]


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
    return np.repeat(_bytes(255 * (1 - 0.66 * dark))[..., None], 3, axis=2)
