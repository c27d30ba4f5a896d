"""A look at a frame: what is broken, and what is alike."""

import numpy as np
from footage import blurred, scene

from rtseg.calibration.choosing import BLURRED, DUPLICATE
from rtseg.calibration.look import look


def distance(one, other):
    return float(np.linalg.norm(look(one).features - look(other).features))


def test_black_and_clipped_pictures_are_faulty_dark_ones_are_not():
    dark = np.full((120, 160, 3), 5, np.uint8)
    assert look(dark).fault == "black"
    lamps = dark.copy()
    lamps[:20, :20] = 200  # 2 % of the picture
    assert look(lamps).fault is None
    assert look(np.full((120, 160, 3), 255, np.uint8)).fault == "overexposed"


def test_blur_shows_whatever_the_scene():
    assert look(blurred(1)).sharpness < BLURRED * look(scene(2)).sharpness
    assert look(np.full((120, 160, 3), 90, np.uint8)).sharpness == 0


def test_noise_makes_no_other_picture_but_another_scene_does():
    noise = np.random.default_rng(0).integers(-1, 2, (120, 160, 3))
    assert distance(scene(1), (scene(1) + noise).astype(np.uint8)) < DUPLICATE
    assert distance(scene(1), scene(2)) > 5 * DUPLICATE
