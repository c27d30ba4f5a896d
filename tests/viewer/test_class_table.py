import numpy as np
import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QAbstractItemModelTester

from rtseg.labels import BDD_DRIVABLE, CAMVID
from rtseg.viewer import class_model
from rtseg.viewer.class_model import CLASS, FRAMES, MEAN, NOW
from rtseg.viewer.class_table import ClassTable

ASCENDING, DESCENDING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def table(qtbot):
    table = ClassTable(CAMVID)
    qtbot.addWidget(table)
    return table


def test_a_row_says_what_was_seen_of_its_class(table, reading):
    areas, mean = np.zeros(11), np.zeros(11)
    areas[3], mean[3], areas[4] = 0.316, 0.25, np.nan
    table.show_reading(reading(areas=areas, mean_areas=mean, present=np.arange(11)))
    assert texts(table, 3) == ["road", "31.6 %", "25.0 %", "3"]
    assert texts(table, 4)[NOW] == "\N{EN DASH}"
    assert table.model.index(3, CLASS).data(Qt.ItemDataRole.DecorationRole) == QColor(128, 64, 128)


def test_columns_sort_both_ways_and_ties_keep_the_order_of_the_classes(table, reading):
    present = np.zeros(11, np.int64)
    present[[9, 2, 5]] = 7, 7, 30
    table.show_reading(reading(areas=np.zeros(11), mean_areas=np.zeros(11), present=present))
    table.model.sort(FRAMES, DESCENDING)
    assert order(table)[:4] == ["tree", "pole", "pedestrian", "sky"]
    table.model.sort(FRAMES, ASCENDING)
    assert order(table)[-3:] == ["pole", "pedestrian", "tree"]
    table.model.sort(CLASS, ASCENDING)
    assert order(table) == sorted(CAMVID.names)
    table.model.sort(-1, DESCENDING)
    assert order(table) == list(CAMVID.names)


def test_where_no_frame_came_the_areas_on_show_stay(table, reading, monkeypatch):
    now = 100.0
    monkeypatch.setattr(class_model.time, "monotonic", lambda: now)
    areas = np.zeros(11)
    areas[3] = 0.316
    table.show_reading(reading(areas=areas))
    now += 10
    table.show_reading(reading(areas=np.full(11, np.nan)))
    assert texts(table, 3)[NOW] == "31.6 %"


def test_what_was_not_measured_sorts_below_zero(table, reading):
    areas = np.full(11, np.nan)
    areas[6], areas[2] = 0.0, 0.5
    table.show_reading(reading(areas=areas, mean_areas=areas, present=np.zeros(11, np.int64)))
    table.model.sort(MEAN, DESCENDING)
    assert order(table)[:2] == ["pole", "sign"]


def test_sorted_rows_change_places_at_most_once_a_second(table, reading, monkeypatch):
    now = 100.0
    monkeypatch.setattr(class_model.time, "monotonic", lambda: now)
    table.model.sort(NOW, DESCENDING)
    for class_id, moment in ((3, 100.5), (4, 101.2)):
        now = moment
        table.show_reading(reading(areas=np.eye(11)[class_id], present=np.zeros(11, np.int64)))
        assert order(table)[0] == {100.5: "sky", 101.2: "pavement"}[moment]


def test_a_selected_row_moves_with_its_class(table, reading):
    selected = QPersistentModelIndex(table.model.index(3, NOW))
    table.show_reading(reading(areas=np.eye(11)[3], present=np.zeros(11, np.int64)))
    table.model.sort(NOW, DESCENDING)
    assert (selected.row(), selected.column()) == (0, NOW)
    assert table.model.class_at(selected) == 3
    assert table.model.row_of(3) == 0


def test_qt_finds_no_fault_in_the_model(table, reading):
    mode = QAbstractItemModelTester.FailureReportingMode.Warning
    tester = QAbstractItemModelTester(table.model, mode)
    table.show_reading(reading(areas=np.eye(11)[3], present=np.arange(11)))
    for column in (-1, CLASS, NOW, MEAN, FRAMES):
        table.model.sort(column, DESCENDING)
    table.set_labels(BDD_DRIVABLE)
    assert table.model.rowCount() == 3
    assert table.model.rowCount(table.model.index(0, 0)) == 0
    tester.deleteLater()


def test_unticking_hides_the_class_in_that_row_wherever_it_stands(table, qtbot):
    table.model.sort(CLASS, DESCENDING)
    index = table.model.index(0, CLASS)
    assert index.data() == "tree"
    with qtbot.waitSignal(table.model.hidden_changed) as told:
        assert table.model.setData(index, Qt.CheckState.Unchecked.value, CHECK)
    assert told.args == [frozenset({"tree"})]
    assert Qt.CheckState(index.data(CHECK)) == Qt.CheckState.Unchecked
    assert not table.model.setData(table.model.index(0, NOW), Qt.CheckState.Unchecked.value, CHECK)
    assert table.model.setData(index, Qt.CheckState.Checked.value, CHECK)
    assert table.model.hidden == frozenset()


def test_solo_shows_one_class_and_then_what_was_shown_before(table):
    table.toggle(0)
    table.solo(3)
    table.solo(4)
    assert set(CAMVID.names) - table.model.hidden == {"pavement"}
    table.solo(4)
    assert table.model.hidden == {"sky"}


def test_toggling_a_class_that_does_not_exist_changes_nothing(table):
    table.toggle(11)
    table.toggle(-1)
    assert table.model.hidden == frozenset()


def test_all_can_be_hidden_and_shown(table):
    table.hide_all()
    assert table.model.hidden == set(CAMVID.names)
    table.show_all()
    assert table.model.hidden == frozenset()


def test_the_keyboard_ticks_and_solos(table, qtbot):
    table.show()
    view = table.view
    table.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    view.setCurrentIndex(table.model.index(2, CLASS))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert table.model.hidden == {"pole"}
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert set(CAMVID.names) - table.model.hidden == {"pole"}


def test_a_colour_that_is_chosen_is_told_with_the_others_as_they_were(table, qtbot):
    with qtbot.waitSignal(table.model.labels_changed) as told:
        table.set_color(3, QColor(1, 2, 3))
    colors = told.args[0].colors
    assert colors[3].tolist() == [1, 2, 3]
    assert np.array_equal(np.delete(colors, 3, 0), np.delete(CAMVID.colors, 3, 0))
    table.use_original_colors()
    assert np.array_equal(table.model.labels.colors, CAMVID.colors)
    table.use_safe_colors()
    assert not np.array_equal(table.model.labels.colors, CAMVID.colors)


def test_a_palette_with_too_few_colours_changes_nothing_and_is_told(table, qtbot, tmp_path):
    palette = tmp_path / "few.toml"
    palette.write_text('sky = "#0000ff"\n', "utf-8")
    with qtbot.waitSignal(table.problem) as told:
        table.use_palette(palette)
    assert "1 of the 11 classes" in told.args[0]
    assert table.model.labels is CAMVID


def test_another_label_set_forgets_what_was_hidden_and_seen(table, reading, qtbot):
    table.show_reading(reading(areas=np.eye(11)[3], present=np.arange(11)))
    table.model.sort(NOW, DESCENDING)
    table.solo(3)
    with qtbot.waitSignals([table.model.hidden_changed, table.model.labels_changed]):
        table.set_labels(BDD_DRIVABLE)
    assert table.model.hidden == frozenset()
    assert order(table) == list(BDD_DRIVABLE.names)
    assert texts(table, 1) == ["drivable", "\N{EN DASH}", "\N{EN DASH}", "0"]


def test_an_index_of_nothing_has_no_data(table):
    assert table.model.data(QModelIndex()) is None


def texts(table, class_id):
    row = table.model.row_of(class_id)
    return [table.model.index(row, column).data() for column in range(4)]


def order(table):
    return [table.model.index(row, CLASS).data() for row in range(table.model.rowCount())]
