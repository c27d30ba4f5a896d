import itertools
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import UsageError
from rtseg.labels import CAMVID
from rtseg.source.base import Source
from rtseg.source.road import RoadSource
from rtseg.source.road_scene import SPEED, Camera
from rtseg.types import LabelMap

SKY, BUILDING, POLE, ROAD, PAVEMENT, TREE, SIGN, FENCE, CAR, PEDESTRIAN, BICYCLIST = range(11)


@pytest.fixture(scope="module")
def small() -> RoadSource:
    return RoadSource(height=180, width=320)


@pytest.fixture(scope="module")
def full() -> RoadSource:
    return RoadSource()


def share(truth: LabelMap, label: int) -> float:
    return float((truth == label).mean())


def test_the_road_is_a_source(small: RoadSource) -> None:
    assert isinstance(small, Source)
    assert small.info.name == "test://road?height=180&width=320&fps=30&seed=1"
    assert (small.info.fps, small.info.live, small.info.frames) == (Fraction(30), False, None)
    assert small.warnings == ()


def test_the_label_ids_are_those_of_camvid() -> None:
    assert CAMVID.names[ROAD] == "road"
    assert CAMVID.names[PAVEMENT] == "pavement"
    assert CAMVID.names[BICYCLIST] == "bicyclist"


def test_the_same_seed_gives_the_same_road_and_another_seed_another(small: RoadSource) -> None:
    again = RoadSource(height=180, width=320)
    other = RoadSource(height=180, width=320, seed=2)
    assert np.array_equal(small.picture(77), again.picture(77))
    assert np.array_equal(small.truth(77), again.truth(77))
    assert (small.truth(77) != other.truth(77)).mean() > 0.05


def test_frames_in_sequence_equal_frames_at_random(small: RoadSource) -> None:
    backwards = {index: small.picture(index) for index in (4, 3, 2, 1, 0)}
    with RoadSource(height=180, width=320, frames=5) as road:
        frames = list(road)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.pts for frame in frames] == [Fraction(index, 30) for index in range(5)]
    assert all(np.array_equal(frame.picture, backwards[frame.index]) for frame in frames)


def test_pictures_and_truths_belong_to_the_caller(small: RoadSource) -> None:
    picture, truth = small.picture(3), small.truth(3)
    assert picture.flags.owndata
    assert truth.flags.owndata
    before = picture.copy(), truth.copy()
    picture[:], truth[:] = 0, 0
    assert np.array_equal(small.picture(3), before[0])
    assert np.array_equal(small.truth(3), before[1])


def test_three_hundred_frames_show_the_classes_of_a_city(full: RoadSource) -> None:
    truths = [full.truth(index) for index in range(0, 300, 10)]
    seen = [len(np.unique(truth)) for truth in truths]
    assert min(seen) >= 6
    assert len(np.unique(np.concatenate(truths))) >= 9
    assert max(int(truth.max()) for truth in truths) <= BICYCLIST


@pytest.mark.parametrize("seed", [2, 3])
def test_road_and_sky_have_their_usual_shares_and_places(seed: int) -> None:
    road = RoadSource(height=180, width=320, seed=seed)
    for index in range(0, 3000, 250):
        truth = road.truth(index)
        assert 0.15 < share(truth, ROAD) < 0.6
        assert share(truth, SKY) > 0.02
        assert not (truth[int(road.camera.horizon) + 1 :] == SKY).any()
        assert not (truth[: int(road.camera.horizon)] == ROAD).any()


@pytest.mark.parametrize("index", [0, 150, 1000])
def test_far_from_borders_asphalt_is_grey_and_sky_is_bright(full: RoadSource, index: int) -> None:
    picture, truth = full.picture(index).astype(int), full.truth(index)
    spread = picture.max(axis=2) - picture.min(axis=2)
    inner = np.ones((31, 31), np.uint8)
    asphalt = cv2.erode((truth == ROAD).astype(np.uint8), inner) > 0
    sky = cv2.erode((truth == SKY).astype(np.uint8), inner) > 0
    assert asphalt.sum() > 10_000
    assert np.percentile(spread[asphalt], 90) < 40
    assert 40 < np.median(picture[asphalt]) < 130
    assert np.median(picture[sky]) > 150


def test_a_border_of_the_truth_is_an_edge_of_the_picture(full: RoadSource) -> None:
    """Where sky meets building the brightness falls within two pixels of the labelled border."""
    picture, truth = full.picture(100).astype(int).mean(axis=2), full.truth(100)
    rows, columns = np.nonzero((truth[:-1] == SKY) & (truth[1:] == BUILDING))
    inside = (rows > 3) & (rows < len(truth) - 5)
    rows, columns = rows[inside], columns[inside]
    fall = picture[rows - 1, columns] - picture[rows + 2, columns]
    assert len(rows) > 100
    assert np.percentile(fall, 20) > 8


def test_ground_at_known_metres_projects_to_the_pixel_worked_by_hand() -> None:
    level = Camera(720, 1280, above_ground_m=1.3, pitch=0.0)
    assert level.focal == pytest.approx(1029.6)
    # 10 m ahead, 2 m right: 639.5 + 1029.6 * 2 / 10 and 359.5 + 1029.6 * 1.3 / 10
    assert level.project(np.array((2.0, 0.0, 10.0))) == pytest.approx((845.42, 493.348))
    # level with the lens: on the horizon
    assert level.project(np.array((0.0, 1.3, 25.0))) == pytest.approx((639.5, 359.5))
    # looking down by atan(0.13), the ground 10 m ahead is on the axis
    down = Camera(720, 1280, above_ground_m=1.3, pitch=float(np.arctan(0.13)))
    assert down.project(np.array((0.0, 0.0, 10.0))) == pytest.approx((639.5, 359.5))


@settings(max_examples=30, deadline=None)
@given(z=st.floats(3, 100), pitch=st.floats(-0.1, 0.1))
def test_the_ground_of_a_row_projects_back_to_that_row(z: float, pitch: float) -> None:
    camera = Camera(720, 1280, pitch=pitch)
    columns, row = camera.project(np.array(((0.0, 0.0, z), (1.0, 0.0, z)))).T
    back, metres = camera.ground(row)
    assert back == pytest.approx(z, rel=1e-9)
    assert metres * (columns[1] - columns[0]) == pytest.approx(1.0, rel=1e-9)


def test_the_kerb_is_where_camera_and_street_say(full: RoadSource) -> None:
    """5.2 m to each side of the centre line road becomes pavement, wherever nothing hides it."""
    seen = 0
    for index, z, side in itertools.product(range(0, 900, 90), (8.0, 12.0, 20.0), (-1, 1)):
        s = SPEED * index / 30
        x = float(full.street.center(s, np.array(z))) + side * 5.2
        column, row = full.camera.project(np.array((x, 0.0, z)))
        if 10 < column < 1270:
            line = full.truth(index)[round(row)]
            road, pavement = line[round(column - 4 * side)], line[round(column + 4 * side)]
            if {road, pavement} <= {ROAD, PAVEMENT}:
                assert (road, pavement) == (ROAD, PAVEMENT)
                seen += 1
    assert seen > 5


def test_things_grow_as_they_come_nearer() -> None:
    camera = Camera(720, 1280)
    heights = []
    for z in (80.0, 40.0, 20.0, 10.0):
        foot, head = camera.project(np.array(((3.0, 0.0, z), (3.0, 1.75, z))))[:, 1]
        heights.append(float(foot - head))
    assert all(
        after == pytest.approx(2 * before, rel=0.02)
        for before, after in itertools.pairwise(heights)
    )


def test_motion_is_continuous_and_never_stops(small: RoadSource) -> None:
    truths = [small.truth(index) for index in range(100, 130)]
    agreement = [float((a == b).mean()) for a, b in itertools.pairwise(truths)]
    assert min(agreement) > 0.9
    assert max(agreement) < 1


def test_a_doubled_rate_halves_the_step(small: RoadSource) -> None:
    fast = RoadSource(height=180, width=320, fps=60)
    assert np.array_equal(small.truth(7), fast.truth(14))


def test_the_millionth_frame_is_drawn_like_the_first(small: RoadSource) -> None:
    truth = small.truth(1_000_000)
    assert share(truth, ROAD) > 0.15
    assert len(np.unique(truth)) >= 5


@pytest.mark.parametrize(("height", "width"), [(32, 32), (641, 359), (360, 640), (2160, 3840)])
def test_any_size_is_drawn(height: int, width: int) -> None:
    road = RoadSource(height=height, width=width)
    assert road.picture(40).shape == (height, width, 3)
    truth = road.truth(40)
    assert (truth.shape, truth.dtype) == ((height, width), np.uint8)
    assert {SKY, ROAD, CAR} <= set(np.unique(truth).tolist())


@settings(max_examples=25, deadline=None)
@given(index=st.integers(0, 10**7))
def test_every_index_can_be_drawn(small: RoadSource, index: int) -> None:
    assert small.picture(index).shape == (180, 320, 3)
    assert small.truth(index).max() <= BICYCLIST


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"height": 31}, "31x1280"),
        ({"width": 1}, "720x1"),
        ({"fps": 0}, "0 fps"),
        ({"frames": -1}, "-1 frames"),
    ],
)
def test_an_impossible_road_is_refused(wrong: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        RoadSource(**wrong)  # type: ignore[arg-type]


def test_a_live_road_is_paced_and_stamped_with_the_due_moment() -> None:
    with RoadSource(height=48, width=64, fps=20, frames=5, live=True) as road:
        frames = [(frame, time.monotonic_ns()) for frame in road]
    first = frames[0][0]
    for frame, arrived in frames:
        due = first.captured_nanos + frame.index * 10**9 // 20
        assert frame.captured_nanos == due
        assert arrived >= due


def test_a_live_road_leaves_out_what_nobody_came_for() -> None:
    with RoadSource(height=48, width=64, fps=100, frames=200, live=True) as road:
        frames = iter(road)
        assert next(frames).index == 0
        time.sleep(0.1)  # the consumer is busy for ten frames
        assert next(frames).index >= 9


def test_leaving_a_live_road_ends_the_wait() -> None:
    road = RoadSource(height=48, width=64, fps=1, live=True)
    with road:
        frames = iter(road)
        next(frames)
    started = time.monotonic()
    assert list(frames) == []
    assert time.monotonic() - started < 0.9
