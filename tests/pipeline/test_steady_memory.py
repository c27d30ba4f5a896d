"""That a frame's road takes no large memory once it runs: counted in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rtseg.engine.package import DEFAULT_MODEL, package_folders

ROAD = Path(__file__).parents[2] / "benchmarks" / "road.py"
PAGES_OF_64_KIB = 16


@pytest.fixture
def clip(shared: Path) -> Path:
    if DEFAULT_MODEL not in {folder.name for folder in package_folders()}:
        pytest.skip(f"the model {DEFAULT_MODEL} is not installed")
    return shared / "videos" / "us123_road_1280x720_30fps_reencoded.mp4"


def faults_per_frame(clip: Path, *options: str) -> float:
    """Every allocation above 64 KiB is a fresh mapping there, which faults when it is written."""
    lengths = ("--warm-up", "12", "--frames", "10", "--part", "5")
    command = [sys.executable, ROAD, clip, "--count-allocations", *lengths, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return float(report["faults"]["median"])


def test_from_file_to_file_no_frame_takes_more_than_64_kib_at_once(clip: Path) -> None:
    assert faults_per_frame(clip, "--output", "video") < PAGES_OF_64_KIB


def test_a_look_that_needs_rgb_shows_that_the_count_would_notice(clip: Path) -> None:
    """A picture has 675 pages; threads that wait for each other spread them over the frames."""
    found = faults_per_frame(clip, "--output", "video", "--look", "contours")
    assert found > 10 * PAGES_OF_64_KIB
