"""Qt without a screen; what Qt warns of fails a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtseg.stats import Percentiles
from rtseg.viewer.readings import Reading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).parent


OFFSCREEN_SAYS = ["does not support (propagateSizeHints|raise)"]
"""Of every window: the platform without a screen has no window manager to tell."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore(*OFFSCREEN_SAYS, extend=True))


@pytest.fixture
def reading() -> Callable[..., Reading]:
    """A reading of eleven classes, with what a test wants to be another way."""

    def make(**wanted: Any) -> Reading:
        usual = {
            "seconds": 10.0,
            "stretch_seconds": 10.0,
            "frames": 300,
            "capture_fps": 30.0,
            "processed_fps": 30.0,
            "displayed_fps": 30.0,
            "latency": Percentiles(20.0, 25.0, 40.0, 50.0),
            "stages": {"capture": 1.0, "inference": 12.5},
            "dropped": {},
            "areas": np.full(11, 1 / 11),
            "mean_areas": np.full(11, 1 / 11),
            "present": np.full(11, 300, np.int64),
        }
        return Reading(**{**usual, **wanted})

    return make


@pytest.fixture
def restored_look(qapp: Any) -> Iterator[None]:
    """Of the application, which all tests of a process share."""
    palette, font = qapp.palette(), qapp.font()
    yield
    qapp.setPalette(palette)
    qapp.setFont(font)
