import csv
import struct

import numpy as np
import pytest

pytest.importorskip("qtpy")

from qtpy.QtCore import QLocale
from qtpy.QtWidgets import QLabel

from rtseg.errors import SinkError
from rtseg.labels import BDD_DRIVABLE
from rtseg.viewer.exports import save_picture, write_classes, write_history
from rtseg.viewer.history import History


def test_a_history_is_a_table_with_a_line_for_every_second(reading, tmp_path):
    history = History(3)
    for second, areas in ((1.0, [0.25, 0.5, 0.25]), (2.0, [np.nan] * 3)):
        history.add(reading(seconds=second, areas=np.array(areas), dropped={"late": second}))
    path = tmp_path / "history.csv"
    write_history(path, history.whole_run(), BDD_DRIVABLE)
    heading, first, second = rows(path)
    assert heading == [
        "seconds", "capture_fps", "processed_fps", "displayed_fps", "latency_p50", "latency_p99",
        "dropped", "background_frac", "drivable_frac", "lane_line_frac",
    ]  # fmt: skip
    assert first == ["1", "30", "30", "30", "20", "40", "1", "0.25", "0.5", "0.25"]
    assert second[-3:] == ["", "", ""]


def test_numbers_have_a_point_also_where_people_write_a_comma(reading, tmp_path):
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        path = tmp_path / "classes.csv"
        areas = np.array([0.125, np.nan, 0.0])
        present = np.array([1234, 0, 5])
        write_classes(path, reading(areas=areas, mean_areas=areas, present=present), BDD_DRIVABLE)
    finally:
        QLocale.setDefault(before)
    assert rows(path) == [
        ["class", "now_frac", "mean_frac", "frames"],
        ["background", "0.125", "0.125", "1234"],
        ["drivable", "", "", "0"],
        ["lane line", "0", "0", "5"],
    ]


def test_a_panel_is_saved_twice_as_fine_as_it_is_shown(qtbot, tmp_path):
    label = QLabel("road")
    qtbot.addWidget(label)
    label.resize(120, 50)
    path = tmp_path / "panel.png"
    save_picture(path, label)
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:24]) == (240, 100)


def test_a_place_that_cannot_be_written_is_said(qtbot, reading, tmp_path):
    path = tmp_path / "absent" / "x"
    label = QLabel("road")
    qtbot.addWidget(label)
    with pytest.raises(SinkError, match="absent"):
        write_history(path, History(3).whole_run(), BDD_DRIVABLE)
    with pytest.raises(SinkError, match="absent"):
        save_picture(path, label)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
