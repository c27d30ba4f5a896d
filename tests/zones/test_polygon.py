import numpy as np
import pytest

from rtseg.zones.polygon import Polygon


def test_a_triangle_holds_the_centres_below_its_long_edge() -> None:
    """Centres at 1/8, 3/8, ...; the edge from (0.9, 0) to (0, 0.9): x + y below 0.9."""
    mask = Polygon(((0, 0), (0.9, 0), (0, 0.9))).mask(4, 4)
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert mask.dtype == np.uint8


@pytest.mark.parametrize("turned", [False, True])
def test_a_rectangle_holds_the_same_rows_and_columns_either_way_round(turned: bool) -> None:
    points = ((0.25, 0.5), (0.75, 0.5), (0.75, 1.0), (0.25, 1.0))
    mask = Polygon(points[::-1] if turned else points).mask(180, 320)
    expected = np.zeros((180, 320), np.uint8)
    expected[90:, 80:240] = 1
    assert np.array_equal(mask, expected)
    assert Polygon(points).area == pytest.approx(0.25)


def test_a_notch_is_not_inside() -> None:
    """A U, whose gap is columns 2 and 3 of 6 in the upper half."""
    u = Polygon(
        ((0, 0), (1 / 3, 0), (1 / 3, 0.5), (2 / 3, 0.5), (2 / 3, 0), (1, 0), (1, 1), (0, 1))
    )
    assert u.mask(4, 6).tolist() == [[1, 1, 0, 0, 1, 1]] * 2 + [[1] * 6] * 2


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (((0, 0), (1, 1), (1, 0), (0, 1)), r"\[0, 0\]-\[1, 1\] and \[1, 0\]-\[0, 1\] cross"),
        (((0, 0), (1, 0), (0.5, 0), (0.5, 1)), "cross"),  # goes back over itself
        (((0, 0), (1, 0), (0.5, 0.5), (1, 1), (0, 1), (0.5, 0.5)), "cross"),  # touches itself
        (((0, 0), (1, 0)), "3 points or more, not 2"),
        (((0, 0), (1, 0), (1.2, 1)), r"\[1.2, 1\] is outside the picture"),
        (((0, 0), (1, 0), (1, -0.1)), "outside the picture"),
        (((0, 0), (0.5, 0.5), (1, 1)), "no area"),
        (((0, 0), (1, 0), (1, 0), (0, 1)), "two points in a row are the same"),
    ],
)  # fmt: skip
def test_what_is_no_simple_polygon_in_the_picture_is_refused(
    points: tuple[tuple[float, float], ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Polygon(points)
