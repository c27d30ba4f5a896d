"""A whole visit on a real X server, with either binding of Qt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from xvfb import display

sys.path.append(str(Path(__file__).parents[1] / "commands"))
from road_clip import decoded, road_clip

JOURNEY = Path(__file__).with_name("journey.py")


def travelled(source, folder, *, binding="pyqt6", ratio="1"):
    if find_spec({"pyqt6": "PyQt6", "pyside6": "PySide6"}[binding]) is None:
        pytest.skip(f"needs {binding}")
    ours = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    with display("3200x2000") as name:
        environment = {
            **ours,
            "DISPLAY": name,
            "QT_API": binding,
            "QT_SCALE_FACTOR": ratio,
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        ended = subprocess.run(
            [sys.executable, str(JOURNEY), str(source), str(folder)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1]), ended.stderr[-4000:]


def check(travel, folder):
    saw, said = travel
    assert "failed" not in saw, said
    assert saw["code"] == 0
    assert saw["warned"] == []
    assert saw["threads"] == []
    assert saw["precision"] != "int8"
    assert saw["classes"] >= 5
    assert 0.9 < saw["agreement"] < 1
    assert saw["missed"] == []
    assert saw["divider"] == pytest.approx(0.25, abs=0.01)
    (video,) = folder.glob("*.mp4")
    assert len(decoded(video)) == 3
    return saw


@pytest.mark.parametrize(("binding", "ratio"), [("pyqt6", "2"), ("pyside6", "1.5")])
def test_a_visit_to_the_drawn_road(tmp_path, binding, ratio):
    clip = road_clip(tmp_path / "road.mkv", frames=60, height=180, width=320)
    saw = check(travelled(clip, tmp_path, binding=binding, ratio=ratio), tmp_path)
    assert saw["ratio"] == float(ratio)
    assert saw["binding"].lower() == binding
    assert saw["sought"] == 15


@pytest.mark.shared
def test_a_visit_to_a_real_road(shared, tmp_path):
    clip = shared / "videos" / "udacity_highway_960x540_25fps.mp4"
    saw = check(travelled(clip, tmp_path), tmp_path)
    assert saw["sought"] == 12
