from __future__ import annotations

import pytest

from rtseg.errors import SourceError, UsageError
from rtseg.operation.health import Health, StallLimit, failed
from rtseg.stats import RunStats

SECOND = 10**9


def test_a_run_without_a_frame_is_starting_however_long_it_takes():
    health = StallLimit(1.0).health(RunStats(0), 1000 * SECOND)
    assert (health.state, health.good) == ("starting", False)


@pytest.mark.parametrize(
    ("waited", "expected"),
    [
        (0.0, Health("flowing", "1 frames, the last one 0.0 s ago")),
        (2.0, Health("flowing", "1 frames, the last one 2.0 s ago")),
        (2.5, Health("stalled", "no frame for 2.5 s, 1 before that")),
    ],
)
def test_frames_flow_until_the_limit_is_over(waited, expected):
    stats = RunStats(0)
    stats.finish(4 * SECOND, 5 * SECOND)
    assert StallLimit(2.0).health(stats, int((5 + waited) * SECOND)) == expected
    assert expected.good == (expected.state == "flowing")


def test_frames_that_arrive_but_do_not_leave_are_a_stall():
    stats = RunStats(0)
    stats.finish(0, SECOND)
    stats.captured.mark(9 * SECOND)
    assert StallLimit(2.0).health(stats, 9 * SECOND).state == "stalled"


def test_a_failure_says_its_reason_without_the_password():
    health = failed(SourceError("lost rtsp://anna:secret@host/a: refused"))
    assert health == Health("failed", "lost rtsp://anna:***@host/a: refused")
    assert failed(MemoryError()).reason == "MemoryError"


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_time_is_refused(seconds):
    with pytest.raises(UsageError, match="--stall-after"):
        StallLimit(seconds)
