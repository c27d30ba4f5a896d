"""Random views of a labelled picture: one warp, one colour matrix, one curve.

Everything geometric is one affine warp straight to the crop, and everything photometric is done
in uint8, because on a small CPU augmentation competes with the training step itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.types import LabelMap, Rgb

UNIT_HEIGHT = 360
"""Rows of a picture at scale 1, whatever it was recorded at: CamVid's in the SegNet copy."""


NIGHT_SHARE = 0.1
"""Of the pictures: darkened as if at dusk or by night."""


@dataclass(frozen=True)
class View:
    """The ranges that a random view is drawn from.

    height, width: of the crop. scale: 1 shows the whole picture UNIT_HEIGHT rows high, 2 twice
    that. aspect: natural logarithm, both ways. rare_share: how often the crop is centred near a
    pixel of a rare class instead of anywhere.
    """

    height: int
    width: int
    scale: tuple[float, float] = (0.75, 2.0)
    aspect: float = 0.15
    degrees: float = 4.0
    rare_share: float = 0.5


def random_view(
    picture: Rgb, truth: LabelMap, view: View, *, rare: NDArray[np.int64], rng: Generator
) -> tuple[Rgb, LabelMap]:
    """One crop of ``view.height x view.width``; what lies outside the picture is IGNORE.

    rare: (n, 2) row and column of pixels worth centring on; may be empty.
    """
    matrix = _random_warp(truth.shape, view, rare=rare, rng=rng)
    size = (view.width, view.height)
    crop = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(114,) * 3)
    labels = cv2.warpAffine(truth, matrix, size, flags=cv2.INTER_NEAREST, borderValue=(IGNORE,))
    return random_light(np.asarray(crop, np.uint8), rng), np.asarray(labels, np.uint8)


def random_light(picture: Rgb, rng: Generator) -> Rgb:
    """Another camera, hour and weather: hue, saturation, white balance, contrast, gamma, night,
    blur, noise, compression.

    Seeds OpenCV's generator of the calling thread, so that the noise repeats with ``rng``.
    """
    saturation = rng.uniform(0.3, 1.5)
    luma = np.array([0.299, 0.587, 0.114])
    mix = (saturation * np.eye(3) + (1.0 - saturation) * luma) @ _hue(rng.normal(0.0, 0.15))
    mix *= rng.uniform(0.85, 1.15, (3, 1))
    night = rng.random() < NIGHT_SHARE
    lit = cv2.LUT(cv2.transform(picture, mix), _random_curve(rng, night=night))
    if rng.random() < 0.15:
        lit = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.4, 1.4))
    if night or rng.random() < 0.15:
        noise = np.empty(lit.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(2**31)))
        cv2.randn(noise, np.zeros(3), np.full(3, rng.uniform(2, 10)))
        lit = cv2.add(lit, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.1:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 70))]
        encoded = cv2.imencode(".jpg", lit, quality)[1]
        lit = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.asarray(lit, np.uint8)


def mix_classes(
    pictures: NDArray[np.uint8], truths: NDArray[np.uint8], *, share: float, rng: Generator
) -> None:
    """Paste some classes of one picture of the batch into another, in place.

    ClassMix (Olsson et al. 2021) with true labels: half of the classes of the donor, so that
    poles, signs and people meet backgrounds that a few hundred pictures never show.
    pictures: (N, H, W, 3), truths: (N, H, W). share: 0..1, of the pictures that are pasted into.
    """
    donors = rng.permutation(len(pictures))
    originals, original_truths = pictures.copy(), truths.copy()
    for i, donor in enumerate(donors):
        if donor == i or rng.random() >= share:
            continue
        present = np.setdiff1d(np.unique(original_truths[donor]), [IGNORE])
        chosen = rng.permutation(present)[: max(1, len(present) // 2)]
        pasted = np.isin(original_truths[donor], chosen)
        pictures[i][pasted] = originals[donor][pasted]
        truths[i][pasted] = original_truths[donor][pasted]


def _random_warp(
    shape: tuple[int, ...], view: View, *, rare: NDArray[np.int64], rng: Generator
) -> NDArray[np.float64]:
    """(2, 3), from the picture's (x, y) to the crop's."""
    height, width = shape
    zoom = np.exp(rng.uniform(*np.log(view.scale))) * UNIT_HEIGHT / height
    stretch = np.exp(rng.uniform(-view.aspect, view.aspect))
    angle = np.deg2rad(rng.uniform(-view.degrees, view.degrees))
    mirror = rng.choice((-1.0, 1.0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([mirror * zoom * stretch, zoom / stretch])
    if len(rare) and rng.random() < view.rare_share:
        row, column = rare[rng.integers(len(rare))]
        centre = np.array([column, row]) + rng.normal(0, 30, 2)
    else:
        centre = rng.uniform(0, 1, 2) * (width, height)
    # Inside the picture where the crop fits, and about its middle where it does not.
    room = np.array([width, height]) / 2 - np.array([view.width, view.height]) / (2 * zoom)
    room = np.where(room > 0, room, 20.0)
    centre = np.clip(
        centre, np.array([width, height]) / 2 - room, np.array([width, height]) / 2 + room
    )
    offset = np.array([view.width, view.height]) / 2 - linear @ centre
    return np.hstack([linear, offset[:, None]])


def _hue(angle: float) -> NDArray[np.float64]:
    """(3, 3): colours turned by ``angle`` radians about grey."""
    grey = np.full(3, 1 / np.sqrt(3))
    across = np.cross(np.eye(3), grey)
    along = np.outer(grey, grey)
    turned: NDArray[np.float64] = (
        np.cos(angle) * np.eye(3) + np.sin(angle) * across + (1.0 - np.cos(angle)) * along
    )
    return turned


def _random_curve(rng: Generator, *, night: bool = False) -> NDArray[np.uint8]:
    """(256,): gamma, contrast and brightness as one table. At night little but lamps is left."""
    ramp = np.linspace(0.0, 1.0, 256)
    low, high = (1.8, 3.0) if night else (0.55, 1.8)
    gamma = np.exp(rng.uniform(np.log(low), np.log(high)))
    curve = (ramp**gamma - 0.5) * rng.uniform(0.7, 1.35) + 0.5 + rng.uniform(-0.12, 0.12)
    curve_8bit: NDArray[np.uint8] = (curve.clip(0, 1) * 255).round().astype(np.uint8)
    return curve_8bit
