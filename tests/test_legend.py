from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.labels import CAMVID, CITYSCAPES
from rtseg.legend import draw_legend
from rtseg.types import Rgb


def gray(height: int, width: int) -> Rgb:
    return np.full((height, width, 3), 150, np.uint8)


def changed(image: Rgb) -> tuple[int, int]:
    """Last changed row and column."""
    rows, columns = np.nonzero((image != 150).any(axis=2))
    return int(rows.max()), int(columns.max())


def test_the_classes_present_stand_in_the_order_of_their_share() -> None:
    shares = np.zeros(len(CAMVID))
    shares[[3, 0, 8]] = 0.5, 0.1, 0.3  # road, sky, car
    image = gray(360, 640)
    draw_legend(image, CAMVID, shares=shares)
    swatches = image[:, 18].tolist()  # a column through the swatches
    order = [swatches.index(CAMVID.colors[each].tolist()) for each in (3, 8, 0)]
    assert order == sorted(order)
    assert CAMVID.colors[1].tolist() not in swatches


def test_without_shares_all_classes_are_listed_in_the_label_sets_order() -> None:
    image = gray(720, 1280)
    draw_legend(image, CAMVID, shares=None)
    swatches = image[:, 28].tolist()
    order = [swatches.index(color) for color in CAMVID.colors.tolist()]
    assert order == sorted(order)


def test_nothing_to_say_draws_nothing() -> None:
    image = gray(360, 640)
    draw_legend(image, CAMVID, shares=np.zeros(len(CAMVID)))
    assert (image == 150).all()


@pytest.mark.parametrize(("height", "width"), [(180, 320), (360, 640), (1080, 1920), (2160, 3840)])
def test_the_panel_stays_inside_the_picture(height: int, width: int) -> None:
    image = gray(height, width)
    shares = np.full(len(CITYSCAPES), 1 / len(CITYSCAPES))
    draw_legend(image, CITYSCAPES, shares=shares, lines=["30.0 FPS"])
    bottom, right = changed(image)
    assert bottom < height - 2
    assert right < width / 2


def test_letters_are_at_least_nine_pixels_high_at_360_lines() -> None:
    image = gray(360, 640)
    draw_legend(image, CAMVID, shares=np.zeros(len(CAMVID)), lines=["H"])
    rows, _ = np.nonzero((image > 200).all(axis=2))
    assert rows.max() - rows.min() + 1 >= 9


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200))
def test_a_picture_of_any_size_survives(height: int, width: int) -> None:
    draw_legend(gray(height, width), CAMVID, shares=None, lines=["30.0 FPS", "latency 20 ms"])
