import pytest

from rtseg.commands.fraction import percent, rounded


@pytest.mark.parametrize(
    ("fraction", "number", "words"),
    [(0.65432, 0.6543, "65.4"), (0.0, 0.0, "0.0"), (float("nan"), None, "absent")],
)
def test_a_fraction_is_four_digits_for_programs_and_per_cent_for_people(fraction, number, words):
    assert rounded(fraction) == number
    assert percent(rounded(fraction)) == words
