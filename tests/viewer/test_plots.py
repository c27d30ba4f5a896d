import numpy as np
import pytest

pytest.importorskip("qtpy")
pytest.importorskip("pyqtgraph")

from qtpy.QtWidgets import QLabel, QToolButton

from rtseg.labels import CAMVID
from rtseg.viewer import theme
from rtseg.viewer.history import History
from rtseg.viewer.plots import Plots
from rtseg.viewer.time_plot import Line, TimePlot


@pytest.fixture
def plots(qtbot):
    plots = Plots()
    qtbot.addWidget(plots)
    plots.show_classes(CAMVID)
    return plots


def test_the_last_minute_and_the_whole_run_are_drawn_as_they_were_measured(plots, reading):
    plots.show_history(history_of(reading, 100))
    rates, latency, areas = plots.findChildren(TimePlot)
    assert drawn(rates, 1)[0].tolist() == list(range(41, 101))
    assert drawn(rates, 1)[1].tolist() == list(range(41, 101))
    plots.show_whole_run(True)
    assert drawn(rates, 1)[0].tolist() == list(range(1, 101))
    assert drawn(latency, 1)[1].tolist() == [40.0] * 100
    assert names(areas) == ["road", "tree"]
    assert drawn(areas, 0)[1] == pytest.approx([25.0] * 100)
    assert drawn(areas, 1)[1] == pytest.approx([75.0] * 100)


def test_a_button_changes_between_the_two(plots, reading):
    plots.show_history(history_of(reading, 100))
    whole = next(each for each in plots.findChildren(QToolButton) if each.text() == "Whole run")
    whole.click()
    assert plots.whole_run
    assert len(drawn(plots.findChildren(TimePlot)[0], 0)[0]) == 100


def test_a_hidden_class_is_not_drawn(plots, reading):
    plots.show_history(history_of(reading, 3))
    plots.show_classes(CAMVID, hidden=frozenset({"road"}))
    areas = plots.findChildren(TimePlot)[2]
    assert names(areas) == ["tree"]
    assert drawn(areas, 0)[1] == pytest.approx([75.0] * 3)
    assert len(drawn(areas, 1)[0]) == 0


def test_new_rows_are_drawn_and_another_history_too(plots, reading):
    history = history_of(reading, 3)
    plots.show_history(history)
    history.add(reading(seconds=4.0, areas=np.zeros(11)))
    for _ in range(3):
        plots.show_history(history)
    assert [len(drawn(each, 0)[0]) for each in plots.findChildren(TimePlot)] == [4, 4, 4]
    rates = plots.findChildren(TimePlot)[0]
    assert drawn(rates, 0)[0].tolist() == [1, 2, 3, 4]
    plots.show_history(history_of(reading, 4, fps=7.0))
    assert drawn(rates, 1)[1].tolist() == [7.0] * 4


def test_a_history_of_another_label_set_draws_no_areas(plots, reading):
    history = History(3)
    history.add(reading(seconds=1.0, areas=np.full(3, 0.3)))
    plots.show_history(history)
    assert names(plots.findChildren(TimePlot)[2]) == []


def test_the_heading_names_every_line_and_is_no_markup(qtbot):
    plot = TimePlot("Area, %")
    qtbot.addWidget(plot)
    plot.name_lines((Line("<b>road", "#804080"), Line("sky", "muted", "dotted")))
    heading = plot.findChild(QLabel).text()
    assert "&lt;b&gt;road" in heading
    assert "Area, %" in heading


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_a_dark_colour_on_dark_and_a_light_one_on_light_are_moved_away(
    qtbot, qapp, choice, restored_look
):
    colors = theme.apply(qapp, choice)
    plot = TimePlot("Area, %")
    qtbot.addWidget(plot)
    plot.name_lines((Line("truck", "#000046"), Line("terrain", "#98fb98")))
    heading = plot.findChild(QLabel).text()
    assert ("#000046" in heading) == (choice == "light")
    assert ("#98fb98" in heading) == (choice == "dark")
    assert colors.muted in heading


def test_marks_of_the_axis_are_whole_minutes(plots, reading):
    axis = plots.findChildren(TimePlot)[0].axis
    assert axis.tickStrings([0, 65, 3725], 1, 5) == ["0:00", "1:05", "1:02:05"]
    assert axis.tickSpacing(0, 3600, 400) == [(1200, 0)]
    assert axis.tickSpacing(0, 60, 4000) == [(2, 0)]
    assert axis.tickSpacing(0, 1e9, 10) == [(86400, 0)]


def history_of(reading, seconds, fps=None):
    history = History(11)
    areas = np.zeros(11)
    areas[[3, 5]] = 0.25, 0.75
    for second in range(1, seconds + 1):
        history.add(reading(seconds=float(second), processed_fps=fps or second, areas=areas))
    return history


def drawn(plot, line):
    """Seconds and values of the line, as pyqtgraph has them."""
    x, y = plot.items[line].getData()
    return (np.array([]), np.array([])) if x is None else (x, y)


def names(plot):
    return [line.name for line in plot.lines]
