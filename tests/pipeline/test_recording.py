"""The times in a film of frames that were shown in any order."""

from __future__ import annotations

from fractions import Fraction

from rtseg.pipeline.recording import FilmTime

STEP = Fraction(1, 25)


def film(pts: list[Fraction], *, fps: Fraction = Fraction(25)) -> list[Fraction]:
    time = FilmTime(fps)
    return [time(each) for each in pts]


def test_frames_that_follow_each_other_keep_their_distances() -> None:
    assert film([Fraction(3), 3 + STEP, Fraction(4)]) == [0, STEP, 1]


def test_a_jump_in_either_direction_and_a_repeated_frame_take_one_frames_time() -> None:
    forth, back, again = Fraction(90), Fraction(2), Fraction(2)
    assert film([Fraction(0), forth, back, again, 2 + 2 * STEP]) == [
        0, STEP, 2 * STEP, 3 * STEP, 5 * STEP,
    ]  # fmt: skip


def test_a_source_without_a_rate_is_taken_to_have_thirty_frames_a_second() -> None:
    assert film([Fraction(5), Fraction(1)], fps=Fraction(0)) == [0, Fraction(1, 30)]
