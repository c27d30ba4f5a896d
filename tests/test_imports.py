"""What starting the program loads: `rtseg --help` must be quick on a small board."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"torch", "openvino", "numba", "av", "cv2", "onnx", "onnxruntime", "pyarrow", "nncf"}


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    assert _loaded_by("rtseg.commands") & HEAVY == set()


def test_types_errors_labels_and_metrics_need_numpy_alone() -> None:
    loaded = _loaded_by("rtseg.types", "rtseg.errors", "rtseg.labels", "rtseg.metrics")
    assert "numpy" in loaded
    assert loaded & (HEAVY | {"typer", "rich", "platformdirs"}) == set()


def _loaded_by(*modules: str) -> set[str]:
    """Top-level names in a fresh interpreter that imported these modules."""
    script = (
        f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(ended.stdout.split())
