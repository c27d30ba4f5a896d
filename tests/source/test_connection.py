import pytest

from rtseg.source.connection import Connection

SECOND = 10**9
HOUR = 3600 * SECOND


def connection(*losses, stalls=()):
    """losses: (began, ended) in seconds; opened at 0."""
    it = Connection(0)
    for began, ended in losses:
        it.lose("timeout", began * SECOND)
        it.regain(ended * SECOND)
    for began, ended in stalls:
        it.stall(began * SECOND, ended * SECOND)
    return it


@pytest.mark.parametrize(
    ("losses", "stalls", "grade"),
    [
        ([], [], "excellent"),
        ([(100, 103)], [], "good"),
        ([(100, 103)], [(200, 202), (300, 302)], "good"),
        ([(100, 103)], [(200, 202), (300, 302), (400, 402)], "fair"),
        ([(100, 150)], [], "fair"),
        ([(0, 600)], [], "poor"),
        ([(0, 2000)], [], "unusable"),
    ],
)
def test_the_grade_is_of_the_last_hour_by_what_was_lost_and_how_long(losses, stalls, grade):
    assert connection(*losses, stalls=stalls).grade(HOUR) == grade


def test_what_is_more_than_an_hour_ago_is_forgiven_but_still_counted():
    it = connection((100, 103))
    facts = it.facts(2 * HOUR)
    assert (facts["grade"], facts["reconnects"], facts["reconnects_last_hour"]) == (
        "excellent",
        1,
        0,
    )
    assert facts["losses"] == {"timeout": 1}
    assert facts["longest_down_seconds"] == 3


def test_a_feed_that_is_dark_now_gets_worse_by_the_minute():
    it = connection()
    it.lose("lost", HOUR)
    grades = [it.grade(HOUR + seconds * SECOND) for seconds in (1, 60, 300, 3000)]
    assert grades == ["good", "fair", "poor", "unusable"]
