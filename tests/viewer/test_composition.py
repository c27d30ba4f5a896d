"""What every mode makes of a shot, pixel by pixel."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from shots import bands

from rtseg.labels import CAMVID
from rtseg.overlay import Look, render
from rtseg.viewer.composition import (
    AGREEMENT,
    DOUBT,
    Appearance,
    Mode,
    compose,
    compose_whole,
    pane_count,
)
from rtseg.viewer.viewport import Box, Patch, Viewport


@pytest.mark.parametrize("mode", ["overlay", "mask"])
def test_a_whole_shot_looks_as_rtseg_run_writes_it(mode):
    shot = bands()
    assert len(np.unique(shot.segmentation.labels)) == 8
    expected = render(shot.segmentation, CAMVID, Look(mode, 0.3, hidden={"sky"}))
    seen = compose_whole(shot, Appearance(mode, 0.3, hidden=frozenset({"sky"})))
    np.testing.assert_array_equal(seen, expected)


def test_the_source_is_the_picture_itself_without_a_copy():
    shot = bands()
    (image,) = compose(shot, Appearance("source"), Viewport((64, 128), (64, 128)).patch())
    assert np.shares_memory(image, shot.segmentation.frame.picture)


def test_contours_are_drawn_over_any_mode():
    shot = bands()
    expected = render(shot.segmentation, CAMVID, Look("contours"))
    seen = compose_whole(shot, Appearance("source", contours=True))
    np.testing.assert_array_equal(seen, expected)
    plain, outlined = (compose_whole(shot, Appearance("mask", contours=on)) for on in (False, True))
    assert plain.shape == outlined.shape


def test_side_by_side_shows_the_picture_and_its_overlay():
    shot = bands()
    seen = compose_whole(shot, Appearance("side"))
    np.testing.assert_array_equal(seen[:, :128], shot.segmentation.frame.picture)
    np.testing.assert_array_equal(seen[:, 128:], compose_whole(shot, Appearance("overlay")))


def test_side_by_side_of_two_engines_shows_both_overlays():
    shot = bands(other=True)
    seen = compose_whole(shot, Appearance("side", opacity=1.0))
    np.testing.assert_array_equal(seen[:, :128], compose_whole(shot, Appearance("mask")))
    np.testing.assert_array_equal(seen[40, 128:], np.broadcast_to(CAMVID.colors[0], (128, 3)))


def test_the_divider_parts_the_first_engine_from_the_second():
    shot = bands(other=True)
    seen = compose_whole(shot, Appearance("swipe", opacity=1.0, divider=0.25))
    np.testing.assert_array_equal(seen[40, 31], CAMVID.colors[1])
    np.testing.assert_array_equal(seen[40, 32], CAMVID.colors[0])
    np.testing.assert_array_equal(seen[0, 127], CAMVID.colors[7])


def test_disagreement_is_amber_exactly_where_labels_differ():
    shot = bands(other=True)
    seen = compose_whole(shot, Appearance("disagreement", opacity=1.0))
    differs = (seen == AGREEMENT.colors[1]).all(axis=2)
    expected = np.zeros((64, 128), bool)
    # Class 0 is said by both; the others differ in the lower half.
    expected[32:, 16:] = True
    np.testing.assert_array_equal(differs, expected)


@pytest.mark.parametrize("mode", ["margin", "entropy"])
def test_doubt_is_brightest_where_two_classes_tie(mode):
    seen = compose_whole(bands(scores=True), Appearance(mode, opacity=1.0)).astype(int)
    assert (seen[0].sum(axis=1) > seen[40].sum(axis=1) + 50).all()
    if mode == "margin":
        # A tie is complete doubt; 0.9 against 0.1 leaves 0.2 of it.
        np.testing.assert_array_equal(seen[0, 0], DOUBT.colors[254])
        np.testing.assert_array_equal(seen[40, 0], DOUBT.colors[round(0.2 * 254)])


@pytest.mark.parametrize("mode", ["swipe", "disagreement", "margin", "entropy"])
def test_a_mode_that_lacks_its_data_shows_the_overlay(mode):
    shot = bands()
    np.testing.assert_array_equal(
        compose_whole(shot, Appearance(mode)), compose_whole(shot, Appearance("overlay"))
    )


def test_own_colours_replace_those_of_the_label_set():
    appearance = Appearance("mask", colors={"sky": (1, 2, 3), "no such class": (9, 9, 9)})
    seen = compose_whole(bands(), appearance)
    np.testing.assert_array_equal(seen[0, 0], (1, 2, 3))
    np.testing.assert_array_equal(seen[0, 20], CAMVID.colors[1])


def test_a_magnified_piece_has_the_very_pixels_of_the_whole():
    shot, appearance = bands(), Appearance("overlay")
    whole = compose_whole(shot, appearance)
    patch = Patch(Box(30, 10, 50, 22), Box(0, 0, 20 * 8, 12 * 8))
    (seen,) = compose(shot, appearance, patch)
    expected = whole[10:22, 30:50].repeat(8, axis=0).repeat(8, axis=1)
    np.testing.assert_array_equal(seen, expected)


def test_a_shrunk_piece_has_the_labels_under_its_pixels_centres():
    shot = bands(256, 512, label_shape=(64, 128))
    patch = Patch(Box(128, 64, 384, 192), Box(0, 0, 64, 32))
    (seen,) = compose(shot, Appearance("mask"), patch)
    # A shrunk pixel is four wide: its centre is at 128 + 4 x + 2 of 512, a class is 64 wide.
    classes = (128 + 4 * np.arange(64) + 2) // 64
    np.testing.assert_array_equal(seen[0], CAMVID.colors[classes])


@pytest.mark.parametrize("pane", [(150, 200), (33, 21), (700, 1100)])
@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("size", [(359, 641), (640, 360), (2, 2)])
def test_every_mode_fills_its_place_for_any_picture_and_pane(size, mode, pane):
    shot = bands(*size, other=True, scores=True)
    patch = Viewport(size, pane).patch()
    images = compose(shot, Appearance(mode, contours=True), patch)
    assert len(images) == pane_count(mode)
    assert {image.shape for image in images} == {(patch.place.height, patch.place.width, 3)}
