"""``rtseg run --health``: what a run says of its camera."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from road_clip import road_clip

from rtseg.commands import main
from rtseg.commands.health import CameraHealth, health_for
from rtseg.errors import UsageError
from rtseg.sink.container import Encoding, VideoFile
from rtseg.sink.planes import yuv420
from rtseg.yuv import BT601

FPS = 8


@pytest.fixture(scope="module")
def dark_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of noise with a black second and a half before them."""
    path = tmp_path_factory.mktemp("clip") / "dark.mp4"
    encoding = Encoding("libx264", "yuv420p", {"preset": "ultrafast"})
    file = VideoFile(path, encoding, height=64, width=96, fps=Fraction(FPS))
    random = np.random.default_rng(4)
    for index in range(28):
        # Blocks of 4 pixels survive the encoder.
        noise = np.kron(
            random.integers(0, 255, (16, 24, 1), np.uint8), np.ones((4, 4, 3), np.uint8)
        )
        picture = noise if index >= 12 else np.zeros_like(noise)
        file.write(yuv420(picture, BT601), Fraction(index, FPS))
    file.close()
    return path


def test_a_black_camera_is_told_at_once_in_every_row_and_at_the_end(
    dark_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Black from 0 s: believed at 1 s; light from 1.5 s: believed at 2.5 s."""
    rows = tmp_path / "rows.csv"
    assert main(["run", str(dark_clip), "-o", str(rows), "--health", "on", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "rtseg: warning: camera black at 1.00 s: nothing is lit",
        "rtseg: warning: camera no longer black at 2.50 s",
    ]
    said = json.loads(out)
    assert said["health"] == {"faults": {"black": {"times": 1, "seconds": 1.5}}, "at_end": []}
    assert said["stages_ms"]["health"]["p50"] > 0
    with rows.open(encoding="utf-8") as lines:
        health = [row["health"] for row in csv.DictReader(lines)]
    assert health == ["ok"] * 8 + ["black"] * 12 + ["ok"] * 8


def test_a_live_run_is_watched_without_being_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = road_clip(tmp_path / "road.mp4", frames=3)
    assert main(["run", str(clip), "-o", "null", "--mode", "live", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["health"] == {"faults": {}, "at_end": []}


def test_files_are_watched_on_demand_only_and_live_sources_unless_told_not_to() -> None:
    asked = [(choice, live) for choice in ("auto", "on", "off") for live in (False, True)]
    watched = [health_for(choice, live=live) is not None for choice, live in asked]
    assert watched == [False, True, True, True, False, False]


def test_another_word_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no --health named 'maybe'; there are: auto, on, off"):
        health_for("maybe", live=True)


def test_what_lasts_is_in_the_progress_line_and_its_time_in_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    health = CameraHealth()
    black = np.zeros((36, 48, 3), np.uint8)
    notes = []
    for tenth in range(25):
        health(black, Fraction(tenth, 10))
        notes.append(health.note)
    assert notes == [""] * 10 + ["black"] * 15
    assert health.words == "black 1.4 s (began 1 x)"
    assert len(capsys.readouterr().err.splitlines()) == 1
