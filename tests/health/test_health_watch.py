from collections.abc import Callable
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.health.faults import FAULTS
from rtseg.health.watch import Spells, Turn, Watch
from rtseg.source.road import RoadSource
from rtseg.source.video import VideoFile
from rtseg.types import Rgb

FPS = 10


@pytest.fixture(scope="module")
def road() -> list[Rgb]:
    """Eight seconds, there and back."""
    source = RoadSource(height=144, width=192, fps=FPS)
    there = [source.picture(index) for index in range(40)]
    return there + there[::-1]


def turns(pictures: list[Rgb]) -> list[Turn]:
    watch = Watch()
    looked = (watch.look(each, Fraction(at, FPS)) for at, each in enumerate(pictures))
    return list(chain.from_iterable(looked))


def green(picture: Rgb) -> Rgb:
    damaged = picture.copy()
    damaged[96:] = (0, 135, 0)
    return damaged


def blocky(picture: Rgb) -> Rgb:
    damaged = picture.copy()
    damaged[48:96, :64] = 130
    return damaged


DAMAGES: dict[str, Callable[[Rgb], Rgb]] = {
    "black": lambda picture: picture // 32,
    "underexposed": lambda picture: picture // 11,
    "overexposed": lambda picture: np.minimum(picture.astype(np.uint16) * 5, 255).astype(np.uint8),
    "blurred": lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 4), np.uint8),
    "discoloured": green,
    "grey blocks": blocky,
}


def test_a_good_road_has_no_fault(road: list[Rgb]) -> None:
    assert turns(road) == []


@pytest.mark.parametrize("fault", DAMAGES)
def test_a_damage_is_named_after_its_time_and_its_end_is_too(fault: str, road: list[Rgb]) -> None:
    """Damaged from 1 s until 5 s."""
    damage = DAMAGES[fault]
    pictures = [damage(each) if 10 <= at < 50 else each for at, each in enumerate(road)]
    kind = FAULTS[fault]  # type: ignore[index]
    assert [(turn.fault, turn.begins, turn.seconds) for turn in turns(pictures)] == [
        (fault, True, 1 + kind.after),
        (fault, False, 5 + kind.gone),
    ]


def test_a_frozen_picture_is_told_after_three_seconds_and_counted(road: list[Rgb]) -> None:
    """The picture of frame 9 stays until frame 59. Looks are at even frames: frame 12 is the first
    that shows what the look before it showed."""
    watch = Watch()
    told = []
    for at, picture in enumerate(road):
        told += watch.look(road[9] if 9 <= at < 60 else picture, Fraction(at, FPS))
    assert told == [
        Turn("frozen", begins=True, seconds=Fraction(42, 10)),
        Turn("frozen", begins=False, seconds=Fraction(7)),
    ]
    assert watch.spells == {"frozen": Spells(1, Fraction(28, 10))}
    assert watch.faults == ()


def test_five_looks_a_second_are_enough(road: list[Rgb]) -> None:
    """Of thirty frames a second every sixth is looked at; the others may show what they like."""
    black, watch = np.zeros_like(road[0]), Watch()
    for at in range(60):
        assert watch.look(road[at // 3] if at % 6 == 0 else black, Fraction(at, 30)) == ()
    told = [
        watch.look(black if at % 6 == 0 else road[0], Fraction(at, 30)) for at in range(60, 120)
    ]
    assert list(chain.from_iterable(told)) == [Turn("black", begins=True, seconds=Fraction(3))]


def test_half_a_lens_is_covered_after_six_seconds(road: list[Rgb]) -> None:
    pictures = [each.copy() for each in road]
    for each in pictures:
        each[:, :96] = (40, 36, 30)
    assert turns(pictures) == [Turn("covered", begins=True, seconds=Fraction(6))]


@pytest.mark.shared
@pytest.mark.parametrize("clip", ["lanedet_night", "lanedet_rainy", "lanedet_countryroad"])
def test_night_rain_and_a_clear_sky_are_no_faults(clip: str, shared: Path) -> None:
    """Seven seconds of each; benchmarks/health.py has the whole of eight clips."""
    watch, frames = Watch(), 0
    with VideoFile(str(shared / f"videos/{clip}_640x360.mp4")) as video:
        for frame in islice(video, 210):
            assert watch.look(frame.picture, frame.pts) == ()
            frames += 1
    assert frames == 210


@pytest.mark.shared
def test_a_cover_over_a_real_road_is_found(shared: Path) -> None:
    watch, told = Watch(), []
    with VideoFile(str(shared / "videos/lanedet_rainy_640x360.mp4")) as video:
        for frame in islice(video, 210):
            picture = frame.picture.copy()
            picture[:, 320:] = (40, 36, 30)
            told += watch.look(picture, frame.pts)
    assert [(turn.fault, turn.begins) for turn in told] == [("covered", True)]
    assert told[0].seconds == pytest.approx(6, abs=0.4)
