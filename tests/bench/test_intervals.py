from itertools import permutations

import pytest

from rtseg.bench.intervals import (
    Interval,
    median_interval,
    ratio_interval,
    ratio_of_medians,
    variation,
)


def test_one_value_has_no_interval():
    assert median_interval([3.0]) is None
    assert ratio_interval([3.0], [2.0]) is None


def test_few_values_give_their_extremes_and_say_how_little_that_covers():
    # All lie on one side of the true median as two or three coins fall alike.
    assert median_interval([2.0, 1.0]) == Interval(1.0, 2.0, 1 - 2 / 4)
    assert median_interval([2.0, 1.0, 9.0]) == Interval(1.0, 9.0, 1 - 2 / 8)


def test_many_values_give_the_narrowest_pair_that_covers_what_was_asked():
    # The second lowest of nine: 1 - 2 (1 + 9) / 512; the third would cover 82 %.
    assert median_interval([9, 1, 8, 2, 7, 3, 6, 4, 5]) == Interval(2, 8, 1 - 20 / 512)
    assert median_interval(list(range(1, 10)), 0.8) == Interval(3, 7, 1 - 2 * 46 / 512)


def test_the_ratio_of_three_rounds_to_three_covers_nine_tenths():
    found = ratio_interval([10.0, 11.0, 12.0], [20.0, 21.0, 25.0])
    # All three of one side below all of the other: 1 of 20 orders, at either end.
    assert found == Interval(10 / 25, 12 / 20, pytest.approx(0.9))
    assert ratio_of_medians([10.0, 11.0, 12.0], [20.0, 21.0, 25.0]) == 11 / 21


def test_the_tails_are_those_of_all_orders_counted_one_by_one():
    new, old = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]
    orders = set(permutations("nnnnoooo"))
    assert len(orders) == 70
    at_most_one = sum(
        sum(b == "o" for a in range(8) if order[a] == "n" for b in order[:a]) <= 1
        for order in orders
    )
    assert at_most_one == 2
    ratios = sorted(a / b for a in new for b in old)
    found = ratio_interval(new, old, 0.94)
    assert found == Interval(ratios[1], ratios[-2], pytest.approx(1 - 2 * 2 / 70))


def test_the_interval_of_a_ratio_turns_round_with_it():
    one, other = [3.0, 4.0, 5.0, 7.0], [6.0, 8.0, 9.0]
    there, back = ratio_interval(one, other), ratio_interval(other, one)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))
    assert there.coverage == back.coverage


def test_variation_is_deviation_over_mean():
    assert variation([9.0, 11.0]) == pytest.approx(2**0.5 / 10)
    assert variation([9.0]) is None
