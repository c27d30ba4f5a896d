from fractions import Fraction

from rtseg.source.timeline import Timeline

SECOND = 10**9


def placed(*times):
    timeline = Timeline()
    return [timeline.place(Fraction(pts), round(arrived * SECOND)) for pts, arrived in times]


def test_an_even_clock_keeps_its_own_steps_whatever_the_network_does():
    assert placed((5, 100), (6, 101.4), (7, 101.5)) == [0, 1, 2]


def test_a_burst_after_a_stall_keeps_its_times():
    assert placed((0, 0), (1, 9), (2, 9), (3, 9)) == [0, 1, 2, 3]


def test_a_clock_that_jumps_ahead_or_back_is_not_believed():
    assert placed((0, 0), (3601, 1), (3602, 2)) == [0, 1, 2]
    assert placed((50, 0), (2, 1), (3, 2)) == [0, 1, 2]


def test_times_grow_also_where_neither_clock_does():
    assert placed((0, 0), (0, 0), (0, 0)) == [0, Fraction(1, 1000), Fraction(2, 1000)]


def test_after_a_restart_time_goes_on_by_the_moments_of_arrival():
    timeline = Timeline()
    assert timeline.place(Fraction(0), 0) == 0
    timeline.restart()
    assert timeline.place(Fraction(0), 4 * SECOND) == 4
    assert timeline.place(Fraction(1, 2), 5 * SECOND) == Fraction(9, 2)
