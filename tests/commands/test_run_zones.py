"""``rtseg run --zones --events``."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from rtseg.commands import main

ZONES = """
[[zone]]
name = "ahead"
polygon = [[0.4, 0.6], [0.6, 0.6], [0.9, 1], [0.1, 1]]

[[zone.rule]]
name = "road ahead"
classes = ["road"]
share = 0.3
seconds = 0.1

[free_space]
free = ["road"]
bearings = 5
"""
ROAD = "test://road?frames=5&size=180x320&fps=10"


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    path = tmp_path / "zones.toml"
    path.write_text(ZONES, encoding="utf-8")
    return path


def test_events_have_stdout_to_themselves_and_people_read_stderr(
    zones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", ROAD, "-o", "null", "--zones", str(zones), "--events", "-"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line["began"] for line in lines] == [[], ["road ahead"], [], [], []]
    assert all(line["zones"]["ahead"]["road"] > 0.5 for line in lines)
    assert all(line["free_space"]["pixels"][2] > 30 for line in lines)
    assert "processed_fps" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--zones", "FILE"], "give both or neither"),
        (["--events", "-"], "give both or neither"),
        (["--zones", "FILE", "--events", "-", "--json"], "both want stdout"),
        (["--zones", "FILE", "--events", "e.jsonl", "-o", "e.jsonl"], "is asked for twice"),
        (["--zones", "none.toml", "--events", "-"], "cannot read the zones 'none.toml'"),
        (["--zones", "FILE", "--events", "udp://robot"], "write it as udp://HOST:PORT"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_exit_2(
    words: list[str],
    said: str,
    *,
    zones: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(zones.parent)
    cv2.imwrite("grey.png", np.full((48, 64, 3), 90, np.uint8))
    words = [str(zones) if word == "FILE" else word for word in words]
    assert main(["run", "grey.png", "-o", "null", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err
