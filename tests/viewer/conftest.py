"""Qt without a screen; what Qt warns of fails a test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtseg.stats import Percentiles
from rtseg.viewer.readings import Reading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))


@pytest.fixture(autouse=True)
def settings_of_its_own(tmp_path: Path) -> None:
    """No test reads or writes what the user's own viewer remembers."""
    try:
        settings = import_module("qtpy.QtCore").QSettings
    except ImportError:
        return
    settings.setDefaultFormat(settings.Format.IniFormat)
    settings.setPath(settings.Format.IniFormat, settings.Scope.UserScope, str(tmp_path / "config"))


@pytest.fixture
def reading() -> Callable[..., Reading]:
    """A reading of eleven classes, with what a test wants to be another way."""

    def make(**wanted: Any) -> Reading:
        usual = {
            "seconds": 10.0,
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
