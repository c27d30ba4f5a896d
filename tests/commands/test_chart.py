import xml.etree.ElementTree as ET

import pytest

from rtseg.commands.chart import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, color


def elements(chart, tag):
    return ET.fromstring(chart.drawn().svg("what it shows")).findall(tag)


def words(chart):
    return [each.text for each in elements(chart, "text")]


CHART = Chart(
    "Speed", "seconds", "fps", lines={"a & b": [(0, 0), (10, 50)]}, dots={"c": [(10, 50)]}
)


def test_the_highest_point_of_the_axes_is_at_the_right_and_the_top():
    dot = elements(CHART, "circle")[1]  # after that of the first name in the legend
    assert (float(dot.get("cx")), float(dot.get("cy"))) == (WIDTH - RIGHT, TOP)


def test_the_picture_shows_the_same_as_the_svg():
    picture = CHART.drawn().picture()
    assert picture[TOP, WIDTH - RIGHT].tolist() == list(color(1))
    line = elements(CHART, "polyline")[-1].get("points").split()
    (left, low), (right, high) = ([float(each) for each in point.split(",")] for point in line)
    across, up = round((left + right) / 2), round((low + high) / 2)
    red, _, blue = picture[up, across].astype(int)
    assert blue - red > 60  # the first colour, and neither white nor grey
    assert (picture[TOP + 26, LEFT + 20] == 255).all()


def test_a_dozen_cells_have_a_dozen_colours():
    assert len({color(index) for index in range(12)}) == 12


def test_ticks_are_round_and_names_are_escaped():
    assert {"0", "2", "4", "10", "20", "50", "a & b", "c", "seconds", "Speed: fps"} <= set(
        words(CHART)
    )


def test_a_small_difference_looks_small_where_a_span_is_asked_for():
    points = {"a": [(1, 64.4)], "b": [(2, 64.5)]}
    close = Chart("t", "x", "y", dots=points, from_zero=False, span=2)
    a, b = (float(each.get("cy")) for each in elements(close, "circle")[::2])
    assert 0 < a - b < 0.1 * HEIGHT


def test_one_point_is_enough_for_axes():
    assert words(Chart("t", "x", "y", dots={"a": [(0.0, 0.0)]}))
    assert words(Chart("t", "x", "y"))


@pytest.mark.parametrize("value", [0.003, 1.0, 87.5, 22866.8])
def test_axes_reach_beyond_what_they_show(value):
    shown = words(Chart("t", "x", "y", lines={"a": [(0, 0), (1, value)]}))
    numbers = [float(each) for each in shown if each.replace(".", "").isdecimal()]
    assert value <= max(numbers) <= 2.5 * max(value, 1)
