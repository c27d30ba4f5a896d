from fractions import Fraction

import numpy as np
import pytest

from rtseg.labels import CAMVID
from rtseg.source.road import RoadSource
from rtseg.zones.polygon import Polygon
from rtseg.zones.zone import Alarm, Rule, ZoneShares

ROAD, CAR, PEDESTRIAN = (CAMVID.names.index(name) for name in ("road", "car", "pedestrian"))
WAY = Polygon(((0.4, 0.5), (0.6, 0.5), (0.6, 0.7), (0.4, 0.7)))


@pytest.fixture(scope="module")
def road() -> RoadSource:
    return RoadSource(height=180, width=320, fps=5)


def rule(*, share: float, leave: float, after: str = "0.3", gone: str = "0.5") -> Rule:
    return Rule("near", (CAR, PEDESTRIAN), share, leave, Fraction(after), Fraction(gone))


def test_shares_of_the_synthetic_road_are_those_of_its_truth(road: RoadSource) -> None:
    shares = ZoneShares(WAY)
    seen = set()
    for index in range(0, 48, 8):
        truth = road.truth(index)
        inside = truth[90:126, 128:192]  # 0.5 .. 0.7 of the rows, 0.4 .. 0.6 of the columns
        expected = np.bincount(inside.ravel(), minlength=256) / inside.size
        assert shares(truth) == pytest.approx(expected)
        seen |= set(np.unique(inside).tolist())
    assert len(seen) >= 5


def test_a_zone_follows_the_size_of_the_label_map() -> None:
    shares = ZoneShares(Polygon(((0, 0), (0.5, 0), (0.5, 1), (0, 1))))
    for height, width in ((4, 8), (10, 20)):
        labels = np.full((height, width), CAR, np.uint8)
        labels[:, : width // 4] = ROAD
        assert shares(labels)[[ROAD, CAR]].tolist() == [0.5, 0.5]


def test_a_zone_between_the_centres_of_all_pixels_shows_nothing() -> None:
    shares = ZoneShares(Polygon(((0.5, 0.5), (0.6, 0.5), (0.6, 0.6))))
    assert not shares(np.zeros((2, 2), np.uint8)).any()


def test_classes_count_together_and_leaving_takes_less_than_entering() -> None:
    """Ten frames a second. 0.1 and 0.1 make 0.2; 0.12 keeps the alarm, 0.08 does not."""
    alarm = Alarm(rule(share=0.2, leave=0.1))
    told = []
    for at, (car, pedestrian) in enumerate(
        [(0.1, 0.05)] * 3 + [(0.1, 0.1)] * 5 + [(0.12, 0)] * 7 + [(0, 0.08)] * 7
    ):
        shares = np.zeros(256)
        shares[[CAR, PEDESTRIAN]] = car, pedestrian
        told.append(alarm.update(shares, Fraction(at, 10)))
    # 0.2 from frame 3, so 0.3 s later from frame 6; below 0.1 from frame 15, so over at frame 20.
    assert told == [False] * 6 + [True] * 14 + [False] * 2
    assert alarm.holds is False


def test_an_alarm_on_the_synthetic_road_follows_its_truth(road: RoadSource) -> None:
    """Cars that are passed, five frames a second: 0.4 s are two frames after the first."""
    zone = Polygon(((0.3, 0.55), (0.7, 0.55), (0.7, 0.9), (0.3, 0.9)))
    cars = Rule("car", (CAR,), 0.05, 0.05, after=Fraction("0.4"), gone=Fraction("0.4"))
    shares, alarm = ZoneShares(zone), Alarm(cars)
    near = told = ""
    for index in range(39):
        truth = road.truth(index)
        near += "x" if (truth[99:162, 96:224] == CAR).mean() >= 0.05 else "."
        told += "x" if alarm.update(shares(truth), Fraction(index, 5)) else "."
    assert near == "....xx..xxx....xxxx.xxx....xxxxxx.xxxxx"
    assert told == "..........xxx....xxxxxxxx....xxxxxxxxxx"
