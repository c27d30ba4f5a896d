"""Qt without a screen; what Qt warns of fails a test."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

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
