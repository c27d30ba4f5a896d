import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.errors import UsageError
from rtseg.source.base import SourceInfo
from rtseg.source.chaos import Chaos, Faults
from rtseg.source.chaos_uri import source_and_faults
from rtseg.source.paced import Paced
from rtseg.types import Frame

COUNT = 200


class Plain:
    warnings = ()
    info = SourceInfo("plain", 32, 48, fps=Fraction(25), live=False, frames=COUNT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        for index in range(COUNT):
            picture = np.full((32, 48, 3), 1 + index % 100, np.uint8)
            yield Frame(picture, index, Fraction(index, 25), 0)


def frames(**faults):
    with Chaos(Plain(), Faults(**faults)) as source:
        return list(source)


def indices(**faults):
    return [frame.index for frame in frames(**faults)]


def test_the_same_seed_is_the_same_run_and_another_is_another():
    faults = {"drop": 0.2, "dup": 0.2, "reorder": 0.2, "corrupt": 0.3, "resize": 0.2, "clock": 0.1}
    first, again = frames(**faults, seed=5), frames(**faults, seed=5)
    assert [(each.index, each.pts) for each in first] == [(each.index, each.pts) for each in again]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)
    assert indices(**faults, seed=6) != indices(**faults, seed=5)


def test_no_fault_changes_nothing():
    assert indices(drop=0.0) == list(range(COUNT))


def test_dropped_frames_are_gaps_as_many_as_asked_for():
    left = indices(drop=0.3)
    assert left == sorted(set(left))
    assert 0.2 < 1 - len(left) / COUNT < 0.4


def test_one_fault_more_leaves_the_others_where_they_were():
    assert set(indices(drop=0.3, dup=0.5)) == set(indices(drop=0.3))


def test_duplicates_come_right_behind_and_are_the_same():
    given_ = indices(dup=0.3)
    counts = Counter(given_)
    assert set(counts.values()) == {1, 2}
    assert given_ == sorted(given_)
    assert len(counts) == COUNT


def test_a_reordered_frame_comes_behind_the_next_and_none_is_lost():
    given_ = indices(reorder=0.3)
    assert sorted(given_) == list(range(COUNT))
    assert given_ != sorted(given_)
    assert all(abs(place - index) <= 1 for place, index in enumerate(given_))


def test_corrupt_pictures_keep_their_size_and_the_others_their_content():
    kinds = Counter()
    for frame in frames(corrupt=0.4):
        assert frame.picture.shape == (32, 48, 3)
        own = 1 + frame.index % 100
        kinds["whole" if (frame.picture == own).all() else "corrupt"] += 1
    assert 0.3 < kinds["corrupt"] / COUNT < 0.5


def test_resized_pictures_have_other_sizes():
    shapes = Counter(frame.picture.shape[:2] for frame in frames(resize=0.5))
    assert set(shapes) == {(32, 48), (16, 24), (24, 36), (40, 60), (48, 72)}
    assert 0.4 < 1 - shapes[32, 48] / COUNT < 0.6


def test_a_clock_that_jumps_stays_where_it_jumped_to():
    shifts = [frame.pts - Fraction(frame.index, 25) for frame in frames(clock=0.05)]
    steps = [after - before for before, after in zip([0, *shifts], shifts, strict=False)]
    assert {step for step in steps if step} <= {-5, -1, 2, 20}
    assert 3 <= sum(step != 0 for step in steps) <= 20


def test_a_stall_takes_its_time_and_closing_ends_it():
    began = time.monotonic()
    with Chaos(Plain(), Faults(stall=1.0, stall_seconds=0.01)) as source:
        assert len(list(source)) == COUNT
    assert time.monotonic() - began > COUNT * 0.01
    source = Chaos(Plain(), Faults(stall=1.0, stall_seconds=60.0))
    source.close()
    assert list(source) == []


def test_faults_befall_what_was_wrapped_around_the_source():
    source = Chaos(Plain(), Faults(drop=1.0)).around(Paced)
    assert isinstance(source, Chaos)
    with source:
        assert source.info.live


@pytest.mark.parametrize(
    ("reference", "inner", "faults"),
    [
        ("chaos://a.mp4?drop=0.1&seed=3", "a.mp4", Faults(drop=0.1, seed=3)),
        ("chaos:///tmp/a.mp4?stall=0.1:2.5", "/tmp/a.mp4", Faults(stall=0.1, stall_seconds=2.5)),
        ("chaos://rtsp://u:p@h/x?a=1?dup=1", "rtsp://u:p@h/x?a=1", Faults(dup=1.0)),
        (
            "chaos://test://road?size=32x48&frames=9&drop=0.5",
            "test://road?size=32x48&frames=9",
            Faults(drop=0.5),
        ),
    ],
)
def test_an_address_says_source_and_faults(reference, inner, faults):
    assert source_and_faults(reference) == (inner, faults)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "names no fault"),
        ("drop=2", "drop=2 is no number from 0 to 1"),
        ("drop=x", "could not convert"),
        ("drop=0.1&drop=0.2", "drop is there twice"),
        ("stall=0.1:-1", "lasts no time"),
        ("stall=0.1:nan", "lasts no time"),
        ("seed=1.5", "invalid literal"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(query, words):
    with pytest.raises(UsageError, match=words):
        source_and_faults(f"chaos://a.mp4?{query}")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    with suppress(UsageError):
        source_and_faults(f"chaos://{text}")


def test_a_name_shows_no_password():
    class Secret(Plain):
        info = replace(Plain.info, name="rtsp://u:***@h/x")

    with Chaos(Secret(), Faults(drop=1.0)) as source:
        assert source.info.name == "chaos://rtsp://u:***@h/x"
