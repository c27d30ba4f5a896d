from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.models.curves import draw_curves, read_log, tensorboard_writer


def log(path: Path, lines: list[dict[str, float]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_steps_repeated_after_a_kill_count_once(tmp_path: Path) -> None:
    lines = [{"step": step, "loss": 1.0} for step in (20, 40, 60)] + [{"step": 40, "loss": 0.5}]
    read = read_log(log(tmp_path / "log.jsonl", lines))
    assert [(line["step"], line["loss"]) for line in read] == [(20, 1.0), (40, 0.5), (60, 1.0)]


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    path = log(tmp_path / "log.jsonl", [{"step": 20, "loss": 1.0}])
    with path.open("a", encoding="utf-8") as file:
        file.write('{"step": 40, "lo{"step": 40, "loss": 0.5}\n{"step": 60, "loss": 0.25}\n{"st')
    assert [line["step"] for line in read_log(path)] == [20, 60]


@pytest.mark.parametrize("checked", [False, True])
def test_the_picture_shows_the_mean_iou_only_where_it_was_measured(
    tmp_path: Path, checked: bool
) -> None:
    lines = [{"step": step, "loss": 100.0 / step} for step in range(20, 2000, 20)]
    if checked:
        lines[50]["miou"], lines[-1]["miou"] = 0.4, 0.6
    picture = tmp_path / "curves.png"
    draw_curves(log(tmp_path / "log.jsonl", lines), picture)
    pixels = cv2.imread(str(picture)).reshape(-1, 3).astype(int)
    blue, orange = (180, 119, 31), (14, 127, 255)  # matplotlib's first two colours, B G R
    assert (np.abs(pixels - blue).max(1) < 3).sum() > 200
    assert ((np.abs(pixels - orange).max(1) < 3).sum() > 20) == checked


def test_an_empty_log_draws_nothing(tmp_path: Path) -> None:
    draw_curves(log(tmp_path / "log.jsonl", []), tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


def test_without_a_folder_tensorboard_is_not_needed() -> None:
    with tensorboard_writer(None) as write:
        write({"step": 1, "loss": 2.0})
