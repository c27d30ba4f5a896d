import math

import numpy as np
import pytest

from rtseg.source.road_scene import Camera
from rtseg.zones.ground import Ground


def ground(pitch: float) -> Ground:
    return Ground(1.3, pitch, (720, 1280), fx=1029.6, fy=1029.6, cx=639.5, cy=359.5)


def place(of: Ground, row: float, column: float, size: tuple[int, int]) -> tuple[float, float]:
    ahead, right = of.place(np.array([row]), np.array([column]), size)
    return float(ahead[0]), float(right[0])


def test_a_pixel_is_the_metres_worked_by_hand() -> None:
    """Level: the row 133.848 below the axis is 1029.6 * 1.3 / 133.848 = 10 m away, and there a
    metre is 102.96 columns wide."""
    found = place(ground(0), 359.5 + 133.848, 639.5 + 205.92, (720, 1280))
    assert found == pytest.approx((10, 2))


def test_looking_down_brings_the_axis_to_the_ground() -> None:
    assert place(ground(math.atan(0.13)), 359.5, 639.5, (720, 1280)) == pytest.approx((10, 0))


def test_half_the_picture_shows_the_same_metres() -> None:
    """The centre of pixel (r, c) is at r + 0.5: row 493.348 of 720 is row 246.424 of 360."""
    half = (493.348 + 0.5) / 2 - 0.5, (845.42 + 0.5) / 2 - 0.5
    assert place(ground(0), *half, (360, 640)) == pytest.approx((10, 2))


def test_on_and_above_the_horizon_there_is_no_ground() -> None:
    assert np.isnan(place(ground(0), 359.5, 100, (720, 1280))).all()
    assert np.isnan(place(ground(0), 100, 100, (720, 1280))).all()


def test_it_agrees_with_the_camera_that_draws_the_synthetic_road() -> None:
    camera = Camera(720, 1280)
    seen = Ground(1.3, 0.02, (720, 1280), camera.focal, camera.focal, 639.5, 359.5)
    rows = np.arange(math.ceil(camera.horizon) + 1, 720, dtype=np.float64)
    ahead, right = seen.place(rows, np.full_like(rows, 739.5), (720, 1280))
    z, metres = camera.ground(rows)
    assert ahead == pytest.approx(z)
    assert right == pytest.approx(100 * metres)
