from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rtseg.labels import IGNORE
from rtseg.models.augment import UNIT_HEIGHT, View, mix_classes, random_light, random_view

NOTHING_RARE = np.empty((0, 2), np.int64)
GREYS = np.array([0, 255], np.uint8)
"""Two labels, black and white: no change of light can swap them."""


def test_a_view_is_cut_at_its_size_and_repeats_with_its_seed() -> None:
    picture, truth = _board()
    view = View(48, 80)
    first, again = (
        random_view(picture, truth, view, rare=NOTHING_RARE, rng=np.random.default_rng(4))
        for _ in range(2)
    )
    assert first[0].shape == (48, 80, 3)
    assert first[1].shape == (48, 80)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_picture_and_truth_stay_aligned(seed: int) -> None:
    picture, truth = _board()
    crop, labels = random_view(
        picture, truth, View(128, 160), rare=NOTHING_RARE, rng=np.random.default_rng(seed)
    )
    grey = crop.mean(2)
    inner = _far_from_an_edge(labels)
    dark, bright = grey[inner & (labels == 0)], grey[inner & (labels == 1)]
    assert dark.size
    assert bright.size
    assert np.percentile(dark, 98) < np.percentile(bright, 2)


def test_what_lies_outside_the_picture_is_nobodys() -> None:
    picture, truth = _board()
    view = View(2 * UNIT_HEIGHT, 2 * UNIT_HEIGHT, scale=(0.5, 0.5001), aspect=0.0, degrees=0.0)
    _, labels = random_view(picture, truth, view, rare=NOTHING_RARE, rng=np.random.default_rng(0))
    # At scale 1/2 the picture is half of 360 rows high, and as wide as its shape asks for.
    visible = (UNIT_HEIGHT / 2) ** 2 * truth.shape[1] / truth.shape[0]
    assert (labels != IGNORE).sum() == pytest.approx(visible, rel=0.02)
    assert set(np.unique(labels)) == {0, 1, IGNORE}


def test_a_rare_pixel_is_brought_into_the_crop() -> None:
    picture = np.zeros((400, 800, 3), np.uint8)
    truth = np.zeros((400, 800), np.uint8)
    truth[190:210, 590:610] = 1
    rare = np.argwhere(truth == 1)
    view = View(200, 200, scale=(1.0, 1.0001), rare_share=1.0)
    seen = [
        (
            random_view(picture, truth, view, rare=rare, rng=np.random.default_rng(seed))[1] == 1
        ).any()
        for seed in range(40)
    ]
    # 30 pixels of scatter around a centre 100 pixels from the crop's edge: 3 sigma and more.
    assert sum(seen) >= 38


def test_light_changes_colours_and_leaves_the_picture_given_alone() -> None:
    picture = _colours()
    before = picture.copy()
    lit = [random_light(picture, np.random.default_rng(seed)) for seed in range(12)]
    assert np.array_equal(picture, before)
    assert all(each.shape == picture.shape and each.dtype == np.uint8 for each in lit)
    assert len({each.tobytes() for each in lit}) == 12


@pytest.mark.parametrize("seed", range(12))
def test_light_repeats_with_its_seed(seed: int) -> None:
    one, two = (random_light(_colours(), np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one, two)


def test_mixing_moves_pictures_and_truths_together() -> None:
    # Every pixel's colour is (its picture, its label, its column): whatever is pasted keeps it.
    truths = np.stack([np.arange(24, dtype=np.uint8).reshape(4, 6) % 5 for _ in range(6)])
    truths[:, 0, 0] = IGNORE
    number = np.broadcast_to(np.arange(6, dtype=np.uint8)[:, None, None], truths.shape)
    column = np.broadcast_to(np.arange(6, dtype=np.uint8), truths.shape)
    truths[3:] = (truths[3:] + 2) % 5
    pictures = np.stack([number, truths, column], axis=-1)
    mix_classes(pictures, truths, share=1.0, rng=np.random.default_rng(1))
    assert np.array_equal(pictures[..., 1], truths)
    assert np.array_equal(pictures[..., 2], column)
    foreign = (pictures[..., 0] != number).mean((1, 2))
    assert (foreign > 0).sum() >= 4
    assert foreign.max() < 1


def test_no_share_mixes_nothing_and_ignored_pixels_are_never_pasted() -> None:
    truths = np.zeros((2, 4, 4), np.uint8)
    truths[1] = IGNORE
    pictures = np.zeros((2, 4, 4, 3), np.uint8)
    pictures[1] = 200
    mix_classes(pictures, truths, share=0.0, rng=np.random.default_rng(0))
    assert (truths[1] == IGNORE).all()
    for seed in range(4):
        mix_classes(pictures, truths, share=1.0, rng=np.random.default_rng(seed))
        assert (truths[0] == 0).all()
        assert (pictures[0] == 0).all()


def _board() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture (240, 320, 3) of 40-pixel squares, black where the truth is 0, white where 1."""
    rows, columns = np.mgrid[:240, :320] // 40
    truth = ((rows + columns) % 2).astype(np.uint8)
    return np.repeat(GREYS[truth][..., None], 3, axis=2), truth


def _colours() -> NDArray[np.uint8]:
    """(32, 32, 3): red grows downwards, green to the right, blue is half."""
    ramp = np.arange(0, 256, 8, dtype=np.uint8)
    red, green = np.meshgrid(ramp, ramp, indexing="ij")
    return np.stack([red, green, np.full_like(red, 128)], axis=-1)


def _far_from_an_edge(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the 13 x 13 pixels around all have one label: out of the reach of any blur."""
    around = np.ones((13, 13), np.uint8)
    return np.asarray(cv2.erode(labels, around) == cv2.dilate(labels, around)) & (labels != IGNORE)
