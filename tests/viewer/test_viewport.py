"""Where a picture's pixels are in a pane: all numbers worked by hand."""

from __future__ import annotations

import pytest

from rtseg.viewer.viewport import Box, Viewport


def test_a_wide_picture_fits_between_bars_above_and_below():
    viewport = Viewport(picture=(100, 400), pane=(300, 800))
    assert viewport.scale == 2.0
    assert viewport.origin == (0.0, 50.0)
    assert viewport.patch().crop == Box(0, 0, 400, 100)
    assert viewport.patch().place == Box(0, 50, 800, 250)


def test_a_portrait_picture_fits_between_bars_left_and_right():
    viewport = Viewport(picture=(640, 360), pane=(320, 800))
    assert viewport.scale == 0.5
    assert viewport.patch().place == Box(310, 0, 490, 320)


def test_an_odd_picture_keeps_its_aspect_to_a_pixel():
    place = Viewport(picture=(359, 641), pane=(150, 200)).patch().place
    assert place.width == 200
    assert place.height == round(359 * 200 / 641)


def test_what_is_under_the_pointer_stays_there_while_zooming():
    viewport = Viewport(picture=(1000, 1000), pane=(500, 500))
    before = viewport.point(200, 300)
    closer = viewport.zoomed(4.0, 200, 300)
    assert closer.scale == 2.0
    assert closer.point(200, 300) == pytest.approx(before)


def test_zooming_out_ends_where_the_whole_picture_is_seen():
    viewport = Viewport(picture=(1000, 1000), pane=(500, 500)).zoomed(3.0, 10, 10)
    assert viewport.zoomed(0.01, 400, 100) == Viewport((1000, 1000), (500, 500))


def test_zooming_in_ends_where_a_pixel_is_64_wide():
    viewport = Viewport(picture=(100, 100), pane=(500, 500))
    assert viewport.zoomed(1e9, 250, 250).scale == 64.0


def test_a_small_picture_can_be_shown_pixel_on_pixel():
    viewport = Viewport(picture=(50, 50), pane=(500, 500), wanted_scale=1.0)
    assert viewport.scale == 1.0
    assert viewport.patch().place == Box(225, 225, 275, 275)


def test_a_hand_moves_the_picture_but_never_off_the_pane():
    viewport = Viewport((1000, 1000), (500, 500), wanted_scale=1.0)
    assert viewport.origin == (-250.0, -250.0)
    moved = viewport.panned(30, -20)
    assert moved.origin == (-220.0, -270.0)
    assert moved.panned(10_000, -10_000).origin == (0.0, -500.0)


def test_nothing_is_owed_after_pushing_against_an_edge():
    viewport = Viewport((1000, 1000), (500, 500), wanted_scale=1.0).panned(10_000, 0)
    assert viewport.panned(-30, 0).origin == (-30.0, -250.0)


def test_the_patch_holds_every_pixel_that_is_partly_seen():
    viewport = Viewport((100, 100), (100, 100), wanted_scale=8.0, centre=(50, 50))
    # 100 / 8 = 12.5 pixels are seen: from 43.75 to 56.25.
    patch = viewport.patch()
    assert patch.crop == Box(43, 43, 57, 57)
    assert patch.place == Box(-6, -6, 106, 106)


def test_the_pixel_under_a_point_is_found_and_outside_there_is_none():
    viewport = Viewport(picture=(100, 400), pane=(300, 800))
    assert viewport.pixel(0, 50) == (0, 0)
    assert viewport.pixel(799, 249) == (399, 99)
    assert viewport.pixel(10, 49) is None
    assert viewport.pixel(800, 100) is None


@pytest.mark.parametrize("pane", [(1, 1), (2160, 3840), (150, 200)])
@pytest.mark.parametrize("picture", [(359, 641), (1920, 1080), (2, 4000)])
def test_any_picture_has_a_patch_in_any_pane(picture, pane):
    patch = Viewport(picture, pane).patch()
    assert patch.crop.width > 0
    assert patch.crop.height > 0
    assert patch.place.width > 0
    assert patch.place.height > 0
