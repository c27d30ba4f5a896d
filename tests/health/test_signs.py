import cv2
import numpy as np
import pytest

from rtseg.health.signs import COLUMNS, ROWS, signs
from rtseg.types import Rgb


def grey(value: int, height: int = ROWS, width: int = COLUMNS) -> Rgb:
    return np.full((height, width, 3), value, np.uint8)


def test_one_pixel_of_a_hundred_is_ignored_where_brightness_is_told() -> None:
    picture = grey(3)
    picture.reshape(-1, 3)[:276] = 200  # of 27648: less than 1 %
    assert signs(picture).brightest == 3
    picture.reshape(-1, 3)[:300] = 200
    assert signs(picture).brightest == 200


def test_clipped_is_what_has_250_and_more() -> None:
    picture = grey(249)
    picture[:36] = 250  # a quarter of the rows
    assert signs(picture).clipped == pytest.approx(0.25)


def test_a_ramp_has_a_sixteenth_of_its_energy_in_fine_edges() -> None:
    """Steps of 1 between neighbours and of 4 four pixels on: 191 x 1 over 188 x 16 in each row."""
    ramp = np.tile(np.arange(COLUMNS, dtype=np.uint8)[None, :, None], (ROWS, 1, 3))
    found = signs(ramp)
    assert found.sharpness == pytest.approx(191 / (188 * 16))
    assert found.contrast == pytest.approx(16 * 188 / 192)


def test_noise_is_as_sharp_as_anything_and_blur_takes_it() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS), np.uint8)
    noise = np.repeat(noise[..., None], 3, axis=2)
    blurred = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    # Neighbours differ as much as others: 191 of 192 and 143 of 144 pairs, over 188 and 140.
    assert signs(noise).sharpness == pytest.approx(
        (191 / 192 + 143 / 144) / (188 / 192 + 140 / 144), abs=0.01
    )
    assert signs(blurred).sharpness < 0.15


def test_changed_is_the_share_beyond_two_grey_levels() -> None:
    before = signs(grey(100))
    after = grey(100)
    after[:72] = 102
    after[72:90] = 103
    assert before.changed == 1
    assert signs(after, before).changed == pytest.approx(18 / 144)


def test_flat_mid_grey_is_what_a_decoder_conceals_with() -> None:
    """A block of 48x64 has 47x63 pixels whose neighbours to the right and below are the same."""
    picture = np.random.default_rng(2).integers(0, 80, (ROWS, COLUMNS, 3), np.uint8)
    picture[48:96, 64:128] = 130
    assert signs(picture).concealed == pytest.approx(47 * 63 / (143 * 191))
    picture[48:96, 64:128] = (130, 130, 150)
    assert signs(picture).concealed == 0


@pytest.mark.parametrize(("color", "share"), [((0, 140, 0), 1 / 3), ((200, 90, 190), 1 / 3),
                                              ((90, 130, 60), 0), ((200, 120, 40), 0)])  # fmt: skip
def test_green_and_magenta_are_tints_and_grass_and_sodium_light_are_not(
    color: tuple[int, int, int], share: float
) -> None:
    picture = grey(100)
    picture[96:] = color
    assert signs(picture).tinted == pytest.approx(share)


def test_cells_know_their_brightness_and_texture() -> None:
    """Columns of squares of 4 pixels, 20 grey levels apart, in the first four cells only."""
    picture = grey(60)
    picture[:24, :24] = 60 + 20 * (np.arange(24) // 4 % 2)[None, :, None]
    found = signs(picture)
    assert found.brightness.shape == found.texture.shape == (12, 16)
    assert found.brightness[0, :2].mean() == pytest.approx(70)
    assert found.brightness[0, 2:].tolist() == [60] * 14
    # The grid of steps is one row and one column smaller than that of squares.
    assert found.texture[0, 0] == pytest.approx(20, abs=2)
    assert found.texture[6, 8] == 0


def test_a_picture_of_any_size_is_judged_alike() -> None:
    """Each pixel is shown as a block of 2x3."""
    small = np.random.default_rng(3).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8)
    large = np.repeat(np.repeat(small, 2, axis=0), 3, axis=1)
    assert np.array_equal(signs(large).grey, signs(small).grey)
    assert signs(np.asfortranarray(large)).sharpness == signs(small).sharpness
