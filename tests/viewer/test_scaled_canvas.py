"""Screens with several physical pixels to a logical one: a process each, Qt asks once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("qtpy")


@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_mouse_and_pixels_meet_on_a_dense_screen(ratio):
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(ratio),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    script = Path(__file__).with_name("scaled_canvas.py")
    ended = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    saw = json.loads(ended.stdout.splitlines()[-1])
    assert saw["ratio"] == ratio
    assert saw["pane"] == [160 * ratio, 260 * ratio]
    assert saw["sharp"]
    # The picture, 128 x 256, is shown 260 wide and 130 high: 260 / 256 logical pixels to one of
    # its own, below a bar of 15. A band of a class is 32.5 wide, so that no centre leaves its own.
    assert [label for _, _, label in saw["bands"]] == list(range(8))
    first, last, outside = saw["corners"]
    assert first == [int(8 * 256 / 260), int(5 * 256 / 260), 0]
    assert last == [int(251 * 256 / 260), int(124 * 256 / 260), 7]
    assert outside is None
    # The middle of the right pane is the middle of the picture.
    assert saw["right_pane"][:2] == pytest.approx([128, 64], abs=2)
    assert saw["divider"] == pytest.approx(66 / 260, abs=0.003)
