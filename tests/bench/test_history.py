import pytest

from rtseg.bench.history import changes
from rtseg.errors import UsageError

MACHINE = {"cpu": "Fast", "cores": 2, "gpu": None, "versions": {"openvino": "1"}}


def result(fps, *, p99=(50.0, 50.0, 50.0), **more):
    cell = {
        "name": "m openvino int8 8x16",
        "error": None,
        "processed_fps": {"rounds": list(fps)},
        "engine_fps": None,
        "latency_p99_ms": {"rounds": list(p99)},
    }
    setting = {"source": "clip", "mode": "offline", "engine_only": False}
    return {"machine": MACHINE, **setting, "cells": [cell], **more}


OLD = result((100.0, 102.0, 98.0))


def test_the_ratio_is_that_of_medians_with_its_interval():
    speed, latency = changes(result((50.0, 49.0, 51.0)), OLD, tolerance=0.05)
    assert (speed.figure, speed.ratio, speed.worse) == ("processed_fps", 0.5, True)
    assert (speed.interval.low, speed.interval.high) == (49 / 102, 51 / 98)
    assert (latency.figure, latency.ratio, latency.worse) == ("latency_p99_ms", 1, False)


def test_slower_by_less_than_the_tolerance_is_not_worse():
    new = result((96.0, 95.9, 96.1))
    assert [each.worse for each in changes(new, OLD, tolerance=0.05)] == [False, False]
    assert changes(new, OLD, tolerance=0.01)[0].worse


def test_a_difference_that_may_be_chance_is_not_worse():
    noisy = result((80.0, 120.0, 79.0))
    speed = changes(noisy, OLD, tolerance=0.05)[0]
    assert speed.ratio == 0.8
    assert speed.interval.high > 1
    assert not speed.worse


def test_of_one_round_the_ratio_alone_decides():
    speed = changes(result((80.0,)), result((100.0,)), tolerance=0.05)[0]
    assert (speed.interval, speed.worse) == (None, True)


def test_more_latency_is_worse_and_less_is_not():
    longer = result((100.0,) * 3, p99=(70.0, 71.0, 72.0))
    assert changes(longer, OLD, tolerance=0.05)[1].worse
    assert not changes(OLD, longer, tolerance=0.05)[1].worse


def test_unlike_machines_are_compared_only_when_that_is_wanted():
    elsewhere = result((50.0,) * 3, machine=MACHINE | {"cpu": "Slow"})
    with pytest.raises(UsageError, match=r"another machine .*cpu 'Slow', it was 'Fast'"):
        changes(elsewhere, OLD, tolerance=0.05)
    assert changes(elsewhere, OLD, tolerance=0.05, across_machines=True)[0].ratio == 0.5


def test_other_versions_on_the_same_machine_are_what_it_is_for():
    newer = result((100.0,) * 3, machine=MACHINE | {"versions": {"openvino": "2"}})
    assert changes(newer, OLD, tolerance=0.05)[0].ratio == 1


@pytest.mark.parametrize(("key", "value"), [("source", "other"), ("mode", "live")])
def test_unlike_runs_are_never_compared(key, value):
    with pytest.raises(UsageError, match=f"{key} is '{value}'"):
        changes(result((1.0,), **{key: value}), OLD, tolerance=0.05, across_machines=True)


def test_results_without_a_common_cell_are_refused():
    other = result((1.0,))
    other["cells"][0]["name"] = "n"
    with pytest.raises(UsageError, match=r"no measured cell in common; .* m openvino int8 8x16"):
        changes(other, OLD, tolerance=0.05)
