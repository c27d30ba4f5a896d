"""The distances are checked against an independent, pixel by pixel reading of the formulas."""

import itertools
import math

import numpy as np
import pytest

from rtseg.errors import UsageError
from rtseg.labels import ADE, BDD_DRIVABLE, CAMVID, CITYSCAPES
from rtseg.palettes import OKABE_ITO, VISIONS, color_blind_safe, least_distance, read_palette


def test_the_few_classes_get_okabe_and_itos_colours():
    safe = color_blind_safe(BDD_DRIVABLE)
    assert {tuple(color) for color in safe.colors.tolist()} == set(OKABE_ITO[:3])
    assert safe.names == BDD_DRIVABLE.names


@pytest.mark.parametrize("labels", [CAMVID, CITYSCAPES], ids=["camvid11", "cityscapes19"])
def test_the_classes_of_a_road_can_be_told_apart_where_their_own_colours_cannot(labels):
    """2.3 is just noticeable side by side; Cityscapes' own two blues are closer to a red-blind."""
    safe = color_blind_safe(labels)
    assert len({tuple(color) for color in safe.colors.tolist()}) == len(labels)
    assert least_distance(safe.colors) > 10
    assert least_distance(safe.colors) > 2 * least_distance(labels.colors)


def test_a_hundred_and_fifty_classes_are_still_all_different():
    assert least_distance(color_blind_safe(ADE).colors) > 2.3


def test_a_class_keeps_the_most_similar_colour_that_is_free():
    safe = color_blind_safe(CITYSCAPES)
    red, _, blue = safe.colors[CITYSCAPES.names.index("sky")].tolist()
    assert blue > red
    assert color_blind_safe(CITYSCAPES).colors.tolist() == safe.colors.tolist()


def test_the_least_distance_is_the_least_of_every_pair_in_every_vision():
    colors = [(200, 30, 30), (90, 90, 20), (30, 60, 200)]
    seen = [[lab(through(matrix, color)) for color in colors] for matrix in VISIONS.tolist()]
    pairs = [pair for each in seen for pair in itertools.combinations(each, 2)]
    expected = min(math.dist(one, other) for one, other in pairs)
    assert expected < math.dist(lab(colors[0]), lab(colors[1]))
    assert least_distance(np.array(colors, np.uint8)) == pytest.approx(expected, abs=0.05)


def test_the_distance_of_black_and_white_is_a_hundred():
    black_and_white = np.array([(0, 0, 0), (255, 255, 255)], np.uint8)
    assert least_distance(black_and_white) == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'background = "#010203"\ndrivable = [4, 5, 6]\n"lane line" = "070809"\n'),
        ("b.csv", "background,1,2,3\ndrivable,4,5,6\nlane line,7,8,9\n"),
        ("c.csv", "name,r,g,b\nlane line,7,8,9\nbackground,1,2,3\ndrivable,4,5,6\n"),
        ("d.csv", "# mine\n1,2,3\n4,5,6\n7,8,9\n10,11,12\n"),
        ("e.CSV", "r,g,b\n1,2,3\n4,5,6\n7,8,9\n"),
    ],
)
def test_a_palette_is_read_by_name_or_by_order(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    read = read_palette(tmp_path / name, BDD_DRIVABLE)
    assert read.colors.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert (read.name, read.names) == (BDD_DRIVABLE.name, BDD_DRIVABLE.names)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("few.csv", "1,2,3\n", "1 of the 3 classes of bdd_drivable3: add drivable, lane line"),
        ("few.toml", 'drivable = "#010203"', "1 of the 3 classes"),
        ("none.toml", "", "0 of the 3 classes"),
        ("none.csv", "", "0 of the 3 classes"),
        ("long.toml", 'drivable = "#0102"', "drivable must be '#rrggbb'"),
        ("big.csv", "drivable,1,2,256\n", "three numbers from 0 to 255"),
        ("word.csv", "drivable,1,x,3\n", "drivable must be"),
        ("number.toml", "drivable = 7", "drivable must be"),
        ("broken.toml", "drivable = ", "is not understood"),
        ("palette.gpl", "", "a palette is a .toml or .csv file, not 'palette.gpl'"),
    ],
)
def test_what_is_wrong_with_a_palette_is_said_in_one_line(tmp_path, name, text, said):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"palette") as raised:
        read_palette(tmp_path / name, BDD_DRIVABLE)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_palette_of_bytes_or_of_nothing_is_an_error_of_the_user(tmp_path):
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("bytes.csv", "absent.toml"):
        with pytest.raises(UsageError):
            read_palette(tmp_path / name, BDD_DRIVABLE)


def test_many_missing_classes_are_not_all_listed(tmp_path):
    (tmp_path / "few.csv").write_text("1,2,3\n" * 7, "utf-8")
    with pytest.raises(UsageError, match=r"7 of the 19 classes .* and 8 more$"):
        read_palette(tmp_path / "few.csv", CITYSCAPES)


def linear(color):
    values = [value / 255 for value in color]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def through(matrix, color):
    """What is left of a colour, as sRGB 0..255."""
    left = [sum(m * v for m, v in zip(row, linear(color), strict=True)) for row in matrix]
    clipped = [min(1.0, max(0.0, v)) for v in left]
    return [
        255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) for v in clipped
    ]


def lab(color):
    r, g, b = linear(color)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
