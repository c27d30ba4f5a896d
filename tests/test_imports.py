"""What starting the program loads: `rtseg --help` must be quick on a small board."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "torch",
    "openvino",
    "numba",
    "av",
    "cv2",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "nncf",
    "tensorrt",
    "qtpy",
    "PyQt6",
    "PySide6",
    "pyqtgraph",
    "prometheus_client",
}


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    assert _loaded_by("import rtseg.commands") & HEAVY == set()


def test_the_help_with_all_its_commands_needs_no_heavy_package() -> None:
    loaded = _loaded_by("from rtseg.commands import COMMANDS, main; assert main(['--help']) == 0")
    assert "rtseg.commands.train" in loaded
    assert loaded & HEAVY == set()


def test_types_errors_labels_and_metrics_need_numpy_alone() -> None:
    loaded = _loaded_by("import rtseg.types, rtseg.errors, rtseg.labels, rtseg.metrics")
    assert "numpy" in loaded
    assert loaded & (HEAVY | {"typer", "rich", "platformdirs"}) == set()


def _loaded_by(statement: str) -> set[str]:
    """Names in sys.modules of a fresh interpreter that ran the statement."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(ended.stdout.splitlines()[-1].split())
