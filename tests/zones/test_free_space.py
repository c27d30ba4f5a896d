import math

import numpy as np
import pytest

from rtseg.labels import CAMVID
from rtseg.source.road import RoadSource
from rtseg.source.road_scene import SPEED
from rtseg.zones.free_space import FreeSpace, Profile, Rays
from rtseg.zones.ground import Ground

SKY, ROAD, PAVEMENT, CAR = (CAMVID.names.index(name) for name in ("sky", "road", "pavement", "car"))


def test_a_step_is_a_pixel_of_the_frame() -> None:
    """Row 0..5 sky, 6..9 road: straight up four pixels are free. At 45 degrees a step is 0.7071 up:
    row 9 - 5 * 0.7071 rounds to 5. At 90 the picture of 11 columns ends after six."""
    labels = np.full((10, 11), SKY, np.uint8)
    labels[6:] = ROAD
    found = Rays(FreeSpace((ROAD,), (-90, -45, 0, 45, 90)))(labels, (10, 11))
    assert found.pixels.tolist() == [6, 5, 4, 5, 6]
    assert found.ends.tolist() == [False, True, True, True, False]
    assert found.facts == {"pixels": [6, 5, 4, 5, 6], "ends": [False, True, True, True, False]}


def test_small_label_maps_are_stretched_as_everywhere() -> None:
    labels = np.array([[SKY], [ROAD]], np.uint8)
    found = Rays(FreeSpace((ROAD,), (0.0,)))(labels, (100, 60))
    assert found.pixels.tolist() == [50]


def test_several_classes_may_be_free_and_a_start_may_be_above_a_bonnet() -> None:
    labels = np.array([SKY] * 3 + [PAVEMENT] * 2 + [ROAD] * 3 + [CAR] * 2, np.uint8)[:, None]
    road, both = ((ROAD,), (ROAD, PAVEMENT))
    assert Rays(FreeSpace(road, (0.0,)))(labels, (10, 1)).pixels.tolist() == [0]
    # 0.75 of ten rows is the centre of row 7.
    assert Rays(FreeSpace(road, (0.0,), (0.5, 0.75)))(labels, (10, 1)).pixels.tolist() == [3]
    assert Rays(FreeSpace(both, (0.0,), (0.5, 0.75)))(labels, (10, 1)).pixels.tolist() == [5]


def test_another_size_is_aimed_anew() -> None:
    rays = Rays(FreeSpace((ROAD,), (0.0,)))
    labels = np.array([[SKY], [ROAD]], np.uint8)
    assert [int(rays(labels, (rows, 8)).pixels[0]) for rows in (8, 20, 8)] == [4, 10, 4]


@pytest.fixture(scope="module")
def road() -> RoadSource:
    return RoadSource()


def profile(road: RoadSource, index: int, *degrees: float) -> Profile:
    camera = road.camera
    ground = Ground(1.3, 0.02, (720, 1280), camera.focal, camera.focal, 639.5, 359.5)
    wanted = FreeSpace((ROAD,), degrees, ground=ground)
    return Rays(wanted)(road.truth(index), (720, 1280))


def test_the_lead_car_of_the_synthetic_road_is_where_it_drives(road: RoadSource) -> None:
    """At 10 s it is 27 + 8 sin(10/6.1 + 1) + 3 sin(10/2.3) = 28.05 m ahead. The ground there is
    1029.6 * (1.3 cos 0.02 - 28.05 sin 0.02) / (28.05 cos 0.02 + 1.3 sin 0.02) = 27.1 pixels below
    the axis, in row 386.6: 332.4 pixels above the last one."""
    assert 27 + 8 * math.sin(10 / 6.1 + 1) + 3 * math.sin(10 / 2.3) == pytest.approx(
        28.05, abs=0.01
    )
    found = profile(road, 300, 0.0)
    assert road.truth(300)[719 - 333, 640] == CAR
    assert found.pixels.tolist() == [333]
    assert found.facts["metres"][0] == pytest.approx(28.05, abs=0.6)  # a pixel is 0.6 m there


def test_a_free_way_to_the_side_ends_at_the_kerb(road: RoadSource) -> None:
    """5.2 m from the centre line, to the metres that one pixel shows."""
    kerbs = 0
    for index in range(0, 600, 100):
        degrees = range(-75, 76, 5)
        found = profile(road, index, *degrees)
        assert found.ahead is not None
        assert found.right is not None
        truth = road.truth(index)
        for bearing, pixels, ends, ahead, right in zip(
            degrees, found.pixels, found.ends, found.ahead, found.right, strict=True
        ):
            angle = math.radians(bearing)
            row = math.floor(719 - pixels * math.cos(angle) + 0.5)
            column = math.floor(639.5 + pixels * math.sin(angle) + 0.5)
            if ends and truth[row, column] == PAVEMENT and ahead < 25:
                center = float(road.street.center(SPEED * index / 30, np.array(ahead)))
                assert abs(right - center) == pytest.approx(5.2, abs=0.15)
                kerbs += 1
    assert kerbs >= 8


def test_above_the_horizon_there_are_no_metres() -> None:
    ground = Ground(1.3, 0.0, (100, 60), fx=80, fy=80, cx=29.5, cy=49.5)
    labels = np.array([SKY] * 30 + [ROAD] * 70, np.uint8)[:, None]
    found = Rays(FreeSpace((ROAD,), (0.0,), ground=ground))(labels, (100, 60))
    assert found.facts["pixels"] == [70]
    assert (found.facts["metres"], found.facts["azimuths"]) == ([None], [None])
