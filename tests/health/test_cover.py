from dataclasses import replace
from fractions import Fraction

import numpy as np

from rtseg.health.cover import FAINT, Cover
from rtseg.health.signs import Signs, signs


def lively() -> Signs:
    """Daylight, and texture everywhere."""
    found = signs(np.full((144, 192, 3), 100, np.uint8))
    return replace(found, texture=np.full((12, 16), 5, np.float32))


def covered(rows: slice, columns: slice, *, brightness: float = 30) -> Signs:
    found = lively()
    texture, brightnesses = found.texture.copy(), found.brightness.copy()
    texture[rows, columns] = FAINT - 0.1
    brightnesses[rows, columns] = brightness
    return replace(found, texture=texture, brightness=brightnesses)


LEFT = slice(0, 8)
ALL = slice(None)


def test_half_a_lens_counts_after_five_seconds_in_a_row() -> None:
    cover = Cover()
    assert not cover.covers(covered(ALL, LEFT), Fraction(10))
    assert not cover.covers(covered(ALL, LEFT), Fraction(149, 10))
    assert cover.covers(covered(ALL, LEFT), Fraction(15))
    assert not cover.covers(lively(), Fraction(16))
    assert not cover.covers(covered(ALL, LEFT), Fraction(17))


def test_nine_cells_of_192_are_too_few_and_ten_are_enough() -> None:
    few, enough = Cover(), Cover()
    for seconds in range(6):
        nine = few.covers(covered(slice(9, 12), slice(0, 3)), Fraction(seconds))
        ten = enough.covers(covered(slice(10, 12), slice(0, 5)), Fraction(seconds))
    assert (nine, ten) == (False, True)


def test_a_clear_sky_is_not_a_cover_but_the_same_below_it_is() -> None:
    sky, ground, dark = Cover(), Cover(), Cover()
    for seconds in range(6):
        found = (
            sky.covers(covered(slice(0, 6), ALL, brightness=180), Fraction(seconds)),
            ground.covers(covered(slice(6, 12), ALL, brightness=180), Fraction(seconds)),
            dark.covers(covered(slice(0, 5), ALL, brightness=20), Fraction(seconds)),
        )
    assert found == (False, True, True)


def test_nothing_is_said_in_the_dark() -> None:
    cover = Cover()
    for seconds in range(10):
        night = replace(covered(ALL, LEFT), brightness=np.full((12, 16), 39, np.float32))
        assert not cover.covers(night, Fraction(seconds))
