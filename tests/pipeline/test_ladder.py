"""The ladder driven by made-up service times, on a clock that is only counted."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.pipeline.ladder import MOST_PATIENCE, PATIENCE, Ladder, Moment

COSTS = (100, 65, 42, 29)


@dataclass
class Road:
    """A live source and one server that takes the newest frame, as a pipeline on one core does.

    engine, rest: seconds of an inference on rung 0 and of everything else, without load. load:
    the factor on both at a time. noise: the share by which every time is off, either way.
    """

    target: float = 15
    source: float = 30
    engine: float = 0.040
    rest: float = 0.010
    noise: float = 0.0
    load: Callable[[float], float] = lambda _: 1.0
    seed: int = 0
    switches: list[tuple[float, int]] = field(default_factory=list)
    done: list[tuple[float, int]] = field(default_factory=list)

    def drive(self, seconds: float) -> Ladder:
        ladder = Ladder(*COSTS, target_fps=self.target, cores=1)
        rng, clock, index = random.Random(self.seed), 0.0, -1
        while clock < seconds:
            index = max(index + 1, floor(clock * self.source))
            captured = index / self.source
            start = max(clock, captured)
            factor = self.load(start) * rng.uniform(1 - self.noise, 1 + self.noise)
            engine = self.engine * COSTS[ladder.rung] / COSTS[0] * factor
            clock = start + engine + self.rest * factor
            self.done.append((clock, ladder.rung))
            moment = Moment(
                round(captured * 1e9),
                round(clock * 1e9),
                round(engine * 1e9),
                round(self.rest * factor * 1e9),
                arrived=floor(clock * self.source) + 1,
            )
            if ladder.see(moment) is not None:
                self.switches.append((clock, ladder.rung))
        return ladder

    def frame(self, rung: int, load: float = 1.0) -> float:
        return load * (self.engine * COSTS[rung] / COSTS[0] + self.rest)

    def fps(self, since: float, until: float) -> float:
        times = [each for each, _ in self.done if since <= each < until]
        return (len(times) - 1) / (times[-1] - times[0])


def from_to(since: float, until: float, factor: float) -> Callable[[float], float]:
    return lambda now: factor if since <= now < until else 1.0


def test_a_machine_that_is_fast_enough_stays_on_the_best_rung():
    road = Road(noise=0.2)
    assert road.drive(60).rung == 0
    assert road.switches == []


def test_under_load_the_rate_is_held_by_a_faster_rung_and_given_back_after_it():
    road = Road(load=from_to(20, 50, 2.4))  # 120 ms a frame on the best rung, 47 on the last
    assert road.drive(80).rung == 0
    fell = [when for when, rung in road.switches if 20 <= when < 50]
    assert fell[0] < 21
    assert fell[-1] < 25
    assert road.fps(25, 50) >= 0.95 * 15
    assert max(rung for _, rung in road.switches) == 2  # 2.4 * (0.042 * 40 + 10) = 64 of 67 ms
    back = [rung for when, rung in road.switches if when >= 50]
    assert back == [1, 0]
    assert 50 + PATIENCE <= road.switches[-1][0] <= 50 + 3 * PATIENCE
    without = 1 / road.frame(0, 2.4)
    assert without < 0.6 * 15


def test_a_load_that_no_rung_can_bear_ends_on_the_last_one_which_says_so():
    road = Road(load=lambda _: 8.0)
    ladder = road.drive(30)
    assert (ladder.rung, ladder.is_beaten) == (3, True)
    assert ladder.fps == pytest.approx(1 / road.frame(3, 8.0), rel=0.01)
    assert [rung for _, rung in road.switches] == [3]


def test_a_source_slower_than_the_target_owes_nothing():
    road = Road(target=60, source=12)
    ladder = road.drive(60)
    assert (ladder.rung, road.switches) == (0, [])


def test_a_single_long_pause_is_not_a_trend():
    road = Road(load=from_to(10.0, 10.05, 40.0))  # one frame takes two seconds
    assert road.drive(40).rung == 0
    assert road.switches == []


def test_one_rung_has_nowhere_to_go():
    ladder = Ladder(1.0, target_fps=30, cores=1)
    for number in range(1, 20):
        moment = Moment(number * 10**8, (number + 1) * 10**8, 10**8, 0, arrived=3 * number)
        assert ladder.see(moment) is None
    assert ladder.is_beaten
    ladder.add(0.5)
    assert not ladder.is_beaten
    following = Moment(20 * 10**8, 21 * 10**8, 10**8, 0, arrived=60)
    assert ladder.see(following).rung == 1


def test_frames_of_the_rung_before_are_not_held_against_the_next():
    ladder = Ladder(*COSTS, target_fps=10, cores=1)
    moments = [Moment(n * 10**9, (n + 1) * 10**9, 10**9, 0, arrived=30 * n) for n in range(1, 20)]
    moves = [ladder.see(each) for each in moments]
    first = next(place for place, move in enumerate(moves) if move)
    # A second a frame where ten were due: three frames are owed after the fourth gap.
    assert (first, moves[first].why) == (4, "1.0 of 10.0 FPS")
    late = Moment(
        moments[first].done_nanos - 1, moments[first].done_nanos + 10**9, 1, 0, arrived=999
    )
    assert [ladder.see(late) for _ in range(9)] == [None] * 9


def test_more_cores_leave_more_room_for_a_climb():
    """39 ms of inference and 30 of the rest fit into 57 ms on two cores, not on one."""
    found = []
    for cores in (1, 2):
        ladder = Ladder(1.3, 1.0, target_fps=15, cores=cores)
        ladder.rung = 1
        for number in range(90):
            captured = number * 66_666_667
            done = captured + 60_000_000
            ladder.see(Moment(captured, done, 30_000_000, 30_000_000, arrived=number + 1))
        found.append(ladder.rung)
    assert found == [1, 0]


@settings(max_examples=20, deadline=None)
@given(
    load=st.floats(0.3, 4.0),
    noise=st.floats(0.0, 0.25),
    rest=st.floats(0.0, 0.03),
    source=st.sampled_from([15, 25, 30, 60]),
    seed=st.integers(0, 999),
)
def test_at_a_constant_load_it_settles_where_it_belongs(load, noise, rest, source, seed):
    road = Road(rest=rest, noise=noise, load=lambda _: load, source=source, seed=seed)
    ladder = road.drive(300)
    # Once down the whole ladder, then climbs that do not hold, of which each rung has one after
    # 3, 6, 12, ... seconds: at most seven in five minutes, and there are three rungs to climb to.
    assert len(road.switches) <= 3 + 2 * 7
    assert len([when for when, _ in road.switches if when > 150]) <= 6
    period = 1 / road.target
    surely = [r for r in range(4) if road.frame(r, load) * (1 + noise) <= 0.8 * period]
    if surely:
        assert ladder.rung <= surely[0]
        assert road.fps(150, 300) >= 0.93 * road.target
    never = [r for r in range(3) if road.frame(r, load) * (1 - noise) >= 1.2 * period]
    spent = sum(rung in never for when, rung in road.done if when > 150)
    assert spent <= 0.1 * sum(when > 150 for when, _ in road.done)


def test_patience_grows_to_its_limit_with_climbs_that_do_not_hold():
    """The rung above is dearer than its cost says: it seems to fit again and again."""
    ladder = Ladder(1.0, 0.99, target_fps=10, cores=1)
    clock, arrived, climbs = 0, 0, []
    while clock < 900 * 10**9:
        taken = 200_000_000 if ladder.rung == 0 else 50_000_000
        captured, clock = clock, clock + max(taken, 100_000_000)
        arrived += max(1, taken // 100_000_000)
        move = ladder.see(Moment(captured, captured + taken, 50_000_000, 0, arrived=arrived))
        if move is not None and move.rung == 0:
            climbs.append(clock / 1e9)
    gaps = [later - sooner for sooner, later in pairwise(climbs)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(MOST_PATIENCE, rel=0.1)
    assert len(climbs) <= 6 + 900 / MOST_PATIENCE
