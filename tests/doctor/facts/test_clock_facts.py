import pytest

from rtseg.doctor.facts.clock import MARKER, Clock, Moment, kernel_state, read_clock

JULY_2026 = 1_784_000_000 * 10**9
SECOND = 10**9


def clock(place, *, wall=SECOND, steady=SECOND, ask=lambda: 0):
    began = Moment(JULY_2026, 0)
    return read_clock(place, began, Moment(JULY_2026 + wall, steady), ask=ask)


@pytest.mark.parametrize(("answer", "synchronised"), [(0, True), (5, False), (None, None)])
def test_the_kernel_says_whether_the_clock_is_kept_right(laid_out, answer, synchronised):
    found = clock(laid_out({}), ask=lambda: answer)
    assert found == Clock(2026, synchronised, 0.0)


def test_what_systemd_notes_is_believed_first(laid_out):
    assert clock(laid_out({MARKER: ""}), ask=lambda: 5).synchronised is True


def test_a_jump_is_the_walls_way_without_the_steady_ones(laid_out):
    assert clock(laid_out({}), wall=3 * SECOND + SECOND // 2).stepped == 2.5
    assert clock(laid_out({}), wall=-7 * SECOND).stepped == -8.0


def test_the_year_is_that_of_the_wall_clock(laid_out):
    found = read_clock(laid_out({}), Moment(0, 0), Moment(SECOND, SECOND), ask=lambda: None)
    assert found.year == 1970


def test_this_kernel_answers_one_of_its_six_states():
    assert kernel_state() in range(6)


def test_now_is_told_by_both_clocks():
    first, second = Moment.now(), Moment.now()
    assert second.steady >= first.steady > 0
    assert first.wall > 1_700_000_000 * SECOND
