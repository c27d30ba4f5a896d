from fractions import Fraction

import pytest

from rtseg.persistence import Persistence


def states(after: str, gone: str, seen: str, *, rate: int = 10) -> str:
    """seen: one character a frame, ``x`` where it is there; the states in the same form."""
    held = Persistence(Fraction(after), Fraction(gone))
    held_at = (held.update(each == "x", Fraction(at, rate)) for at, each in enumerate(seen))
    return "".join("x" if each else "." for each in held_at)


@pytest.mark.parametrize(
    ("after", "gone", "seen", "expected"),
    [
        ("0.3", "0.2", "..xxxxxx", ".....xxx"),
        ("0.3", "0.2", "xxx.xxxx", ".......x"),  # an interruption starts the count again
        ("0", "0.2", ".x......", ".xxx...."),
        ("0", "0.2", ".x.x....", ".xxxxx.."),  # a return keeps it
        ("0", "0", ".x.xx.", ".x.xx."),
        ("0.3", "0.2", "xx......", "........"),
    ],
)
def test_a_state_turns_when_the_contrary_has_lasted(
    after: str, gone: str, seen: str, expected: str
) -> None:
    assert states(after, gone, seen) == expected


def test_what_lasts_a_tenth_of_a_second_is_exact() -> None:
    """In floats 0.1 exceeds 3/30, and the state would turn a frame too late."""
    assert states("0.1", "0.1", "xxxxx.....", rate=30) == "...xxxxx.."


def test_a_gap_in_time_counts_as_time() -> None:
    held = Persistence(Fraction(3), Fraction(1))
    assert not held.update(True, Fraction(0))
    assert held.update(True, Fraction(10))


def test_a_clock_that_starts_again_does_not_block_the_state() -> None:
    held = Persistence(Fraction(1), Fraction(1))
    assert not held.update(True, Fraction(500))
    assert not held.update(True, Fraction(0))
    assert held.update(True, Fraction(1))
