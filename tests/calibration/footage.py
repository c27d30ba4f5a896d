"""Pictures whose differences are known, for sets."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1] / "source"))
from clip_maker import write_clip

HEIGHT, WIDTH = 120, 160


def scene(number: int) -> NDArray[np.uint8]:
    """Sharp blocks in colours of their own."""
    blocks = np.random.default_rng(number).integers(40, 220, (6, 8, 3), np.uint8)
    return np.kron(blocks, np.ones((20, 20, 1), np.uint8))


def blurred(number: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(scene(number), (0, 0), 6), np.uint8)


def flawed_clip(path: Path) -> Path:
    """Six scenes, two of them twice; two black frames, one white, one blurred."""
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    scenes = [scene(number) for number in range(6)]
    flawed = [black, black, np.full_like(black, 255), blurred(9)]
    return write_clip(path, [*scenes, *scenes[:2], *flawed])


FLAWS = {"black": 2, "overexposed": 1, "blurred": 1, "duplicate": 2}
