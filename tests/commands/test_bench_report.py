import cv2
import numpy as np
import pytest
from reading_pages import Page
from scripted_recordings import alone, reading, recording

from rtseg.bench.advice import frontier, quality, recommended
from rtseg.bench.card import card, curve, failed_card
from rtseg.bench.cells import Cell
from rtseg.bench.figures import Figures
from rtseg.commands.bench_charts import charts
from rtseg.commands.bench_page import write_report
from rtseg.commands.bench_table import print_result


def result_of(rounds, *, soak=False, failed=()):
    """rounds: by precision. Everything else is as if two machines had been asked."""
    rows = []
    for precision, each in rounds.items():
        row = card(Cell("m", precision=precision), each)
        row["agreement"] = {"share": 1.0 if precision == "fp32" else 0.97}
        rows.append(row | ({"curve": curve(each)} if soak else {}))
    worth = quality(rows)
    headline = "processed_fps" if rows[0].get("processed_fps") else "engine_fps"
    result = {
        "source": "scripted <clip>",
        "mode": "offline",
        "soak": soak,
        "headline": headline,
        "duration_seconds": 10.0,
        "repeat": 1,
        "warm_up": "none",
        "machine": {"cpu": "Fast", "cores": 2, "versions": {"python": "3", "numba": None}},
        "load": {"start": [0.1], "end": [1.2]},
        "cells": [*rows, *failed],
        "frontier": frontier(rows, worth),
        "recommended": recommended(rows, worth, target=5),
        "history": [],
        "outputs": [],
        "warnings": ["the machine is <busy>"],
    }
    return result, dict(zip([row["name"] for row in rows], rounds.values(), strict=True))


def facts(precision):
    return {"facts": {"precision": precision}}


@pytest.fixture
def soak():
    """Three minutes and a bit at 10, then 5 frames a second, while it grows hot."""
    first = list(range(0, 120_001, 100))
    readings = [reading(1000 * (60 * minute + 30), celsius=60.0 + minute) for minute in range(3)]
    slowing = recording([*first, *range(120_200, 190_001, 200)], readings=readings)
    return result_of({"fp32": [Figures(slowing)]}, soak=True)


def test_a_soak_is_told_minute_by_minute(capsys, soak):
    result, _ = soak
    print_result(result)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    minutes = [line for line in lines if line and line[0] in {"1", "2", "3"}]
    assert [line[:3] for line in minutes] == [
        ["1", "10", "50"],
        ["2", "10", "50"],
        ["3", "5", "50"],
    ]
    assert [line[-1] for line in minutes] == ["60", "61", "62"]


def test_the_chart_of_a_soak_counts_in_minutes(soak):
    over_time = next(each for each in charts(*soak) if each.title == "Speed over time")
    assert over_time.x_axis == "minutes"
    assert list(over_time.lines.values()) == [[(1, 10), (2, 10), (3, 5)]]


@pytest.fixture
def matrix():
    slow = recording([100 * each for each in range(31)], stages={"overlay": [9_000_000] * 31})
    quick = recording([50 * each for each in range(31)], **facts("int8"))
    failed = failed_card(Cell("m", size="9x9"), "it does not fit & will not")
    return result_of({"fp32": [Figures(slow)], "int8": [Figures(quick)]}, failed=[failed])


def test_speed_and_quality_are_in_one_picture(matrix):
    picture = next(each for each in charts(*matrix) if each.title == "Quality against speed")
    assert picture.y_axis == "agreement with FP32, %"
    assert sorted(points[0] for points in picture.dots.values()) == [(10, 100), (20, 97)]
    assert sorted(picture.joined) == [(10, 100), (20, 97)]


def test_the_terminal_has_a_row_a_cell_and_the_reason_of_one_that_failed(capsys, matrix):
    print_result(matrix[0])
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert "m auto auto 9x9: not measured: it does not fit & will not" in lines
    (speed, _, stages) = (line for line in lines if line.startswith("m openvino fp32"))
    assert speed.split()[4] == "10.0"
    assert "9.0 / 9.0 / 9.0 / 9.0" in stages
    assert "for >= 5 FPS, use m openvino fp32 8x16" in out


def test_the_page_says_the_same_and_escapes_what_it_was_given(matrix, tmp_path):
    result, rounds = matrix
    write_report(tmp_path, result, rounds)
    html = (tmp_path / "index.html").read_text()
    assert html.count("<svg") == 3
    text = Page(html).text
    for words in (
        "scripted <clip>",
        "the machine is <busy>",
        "it does not fit & will not",
        "97.00",
    ):
        assert words in text
    picture = cv2.imread(str(tmp_path / "bench.png"))
    assert picture.shape == (3 * (340 + 18), 1100, 3)
    assert np.ptp(picture) > 200


def test_the_engine_alone_has_its_own_headline(capsys):
    result, rounds = result_of({"fp32": [Figures(alone([0, 100, 200, 2500]))]})
    print_result(result)
    assert "engine_fps" in capsys.readouterr().out
    assert [each.title for each in charts(result, rounds)] == [
        "Quality against speed",
        "Speed over time",
        "Latency",
    ]
