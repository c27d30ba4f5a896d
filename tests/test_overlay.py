from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.errors import UsageError
from rtseg.labels import CAMVID, IGNORE
from rtseg.overlay import Look, render, warm_up
from rtseg.types import Frame, Rgb, Segmentation

SKY, BUILDING, ROAD = 0, 1, 3  # (128, 128, 128), (128, 0, 0), (128, 64, 128)


def segmentation(picture: Rgb, labels: list[list[int]] | NDArray[np.uint8]) -> Segmentation:
    return Segmentation(Frame(picture, 0, Fraction(0), 0), np.asarray(labels, np.uint8))


def gray(height: int, width: int, *, level: int = 100) -> Rgb:
    return np.full((height, width, 3), level, np.uint8)


def test_half_opacity_is_the_mean_of_picture_and_colour() -> None:
    image = render(segmentation(gray(1, 2), [[SKY, ROAD]]), CAMVID, Look())
    assert image.tolist() == [[[114, 114, 114], [114, 82, 114]]]


@pytest.mark.parametrize(
    ("opacity", "expected"),
    [(0.0, [100, 100, 100]), (0.25, [107, 75, 75]), (1.0, [128, 0, 0])],
)
def test_opacity_goes_from_the_picture_to_the_colour(opacity: float, expected: list[int]) -> None:
    image = render(segmentation(gray(1, 1), [[BUILDING]]), CAMVID, Look(opacity=opacity))
    assert image[0, 0].tolist() == expected


def test_ignored_and_unknown_ids_leave_the_picture_untouched() -> None:
    image = render(segmentation(gray(1, 3), [[IGNORE, SKY, len(CAMVID)]]), CAMVID, Look(opacity=1))
    assert image[0].tolist() == [[100] * 3, [128] * 3, [100] * 3]


def test_the_mask_is_black_where_nothing_is_labelled() -> None:
    image = render(segmentation(gray(1, 2), [[IGNORE, ROAD]]), CAMVID, Look("mask"))
    assert image[0].tolist() == [[0, 0, 0], [128, 64, 128]]


def test_side_by_side_shows_the_picture_left_and_the_mask_right() -> None:
    image = render(segmentation(gray(2, 2), [[IGNORE, ROAD]]), CAMVID, Look("side"))
    assert image.shape == (2, 4, 3)
    assert image[1].tolist() == [[100] * 3, [100] * 3, [0, 0, 0], [128, 64, 128]]


def test_contours_draw_the_border_and_nothing_else() -> None:
    labels = np.full((4, 6), SKY, np.uint8)
    labels[:, 3:] = BUILDING
    image = render(segmentation(gray(4, 6), labels), CAMVID, Look("contours"))
    assert image[:, 2].tolist() == [[128, 128, 128]] * 4
    assert np.delete(image, 2, axis=1).tolist() == [[[100] * 3] * 5] * 4


def test_a_contour_towards_the_unlabelled_takes_the_labelled_colour() -> None:
    image = render(
        segmentation(gray(1, 3), [[IGNORE, BUILDING, BUILDING]]), CAMVID, Look("contours")
    )
    assert image[0].tolist() == [[128, 0, 0], [100] * 3, [100] * 3]


def test_contours_grow_thicker_with_the_picture() -> None:
    labels = [[SKY, BUILDING]]
    for height, thickness in ((360, 1), (720, 2), (2160, 3)):
        image = render(segmentation(gray(height, 20), labels), CAMVID, Look("contours"))
        assert (image[0] != 100).any(axis=1).sum() == thickness


def test_hidden_classes_are_not_coloured() -> None:
    look = Look(opacity=1, hidden=frozenset({"sky"}))
    image = render(segmentation(gray(1, 2), [[SKY, ROAD]]), CAMVID, look)
    assert image[0].tolist() == [[100] * 3, [128, 64, 128]]


@pytest.mark.parametrize("look", [{"mode": "pretty"}, {"opacity": 1.5}, {"opacity": -0.1}])
def test_a_look_that_makes_no_sense_is_refused(look: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Look(**look)  # type: ignore[arg-type]


def test_hiding_an_unknown_class_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unicorn.*bicyclist"):
        render(segmentation(gray(1, 1), [[0]]), CAMVID, Look(hidden=frozenset({"unicorn"})))


def test_the_frame_is_never_written_and_may_be_read_only_or_a_view() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
    copy = picture.copy()
    picture.flags.writeable = False
    labels = np.random.default_rng(1).integers(0, 11, (3, 5), np.uint8)
    image = render(segmentation(picture, labels), CAMVID, Look())
    mirrored = render(segmentation(picture[:, ::-1], labels[:, ::-1]), CAMVID, Look())
    assert np.array_equal(picture, copy)
    assert not np.shares_memory(image, picture)
    assert np.array_equal(image, mirrored[:, ::-1])


def test_warming_up_leaves_nothing_to_compile() -> None:
    from rtseg import overlay

    warm_up()
    kernels = (overlay._paint, overlay._outline)
    before = [len(kernel.signatures) for kernel in kernels]
    for mode in ("overlay", "mask", "side", "contours"):
        render(segmentation(gray(4, 4), [[SKY, ROAD]]), CAMVID, Look(mode))  # type: ignore[arg-type]
    assert [len(kernel.signatures) for kernel in kernels] == before == [1, 1]


shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))


@settings(max_examples=60, deadline=None)
@given(shapes, shapes, st.tuples(st.floats(0, 1), st.integers(0, 2**32 - 1)))
def test_the_kernel_agrees_with_floating_point(
    shape: tuple[int, int], label_shape: tuple[int, int], opacity_and_seed: tuple[float, int]
) -> None:
    (height, width), (label_height, label_width) = shape, label_shape
    opacity, seed = opacity_and_seed
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (height, width, 3), np.uint8)
    labels = random.choice(
        np.array([0, 1, 5, 10, 11, IGNORE], np.uint8), (label_height, label_width)
    )
    image = render(segmentation(picture, labels), CAMVID, Look(opacity=opacity))
    for y in range(height):
        for x in range(width):
            label = labels[
                int(Fraction(2 * y + 1, 2) * label_height / height),
                int(Fraction(2 * x + 1, 2) * label_width / width),
            ]
            expected = picture[y, x].astype(float)
            if label < len(CAMVID):
                expected = (1 - opacity) * expected + opacity * CAMVID.colors[label]
            assert np.abs(image[y, x] - expected).max() <= 1
