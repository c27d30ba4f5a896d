"""Fixtures that every test may use, and one rule: no test leaves a thread behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rtseg.labels import BUILT_IN, LABEL_SETS

# Read by pytest-qt once all settings are known; it would rather have PySide6.
os.environ.setdefault("PYTEST_QT_API", "pyqt6")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    new = set(threading.enumerate()) - before
    left = [thread.name for thread in new if thread.is_alive() and not _is_telemetry(thread)]
    assert not left, f"threads still running after the test: {left}"


def _is_telemetry(thread: threading.Thread) -> bool:
    """OpenVINO's usage telemetry keeps an idle pool for the life of the process."""
    return thread.name.startswith("ThreadPoolExecutor-") and "openvino_telemetry" in sys.modules


@pytest.fixture(autouse=True)
def label_sets_are_forgotten() -> Iterator[None]:
    """Those that a test's data sets and models brought along."""
    yield
    for name in LABEL_SETS.keys() - BUILT_IN.keys():
        del LABEL_SETS[name]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips and data; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data: {SHARED} is absent")
    return SHARED
