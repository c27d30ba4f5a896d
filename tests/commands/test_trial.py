"""A row's own work, in this process: what the CPU alone can show."""

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "engine"))
from brightness import brightness_package, grey_pictures

from rtseg.commands.trial import Trial, TrialOrder, trtexec


@pytest.fixture
def order(tmp_path):
    brightness_package(tmp_path / "model")

    def ordered(source=None, precision="fp32"):
        return TrialOrder(
            model="brightness",
            package=str(tmp_path / "model"),
            backend="openvino",
            precision=precision,
            source=str(source or grey_pictures(tmp_path / "greys")),
            frames=8,
            calibration="",
            min_agreement=0.97,
            rebuild=True,
            workspace=0,
            command="",
        )

    return ordered


def test_without_onnx_runtime_nothing_is_claimed_of_openvinos_own_fp32(order, monkeypatch):
    known = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else known(name)
    )
    row = Trial(order(), print).run()
    assert (row["status"], row["reference"], row["agreement"]) == ("passed", None, None)
    assert (row["classes"], row["pictures"], row["per_class"]) == (6, 8, None)
    assert row["engine_fps"] > 0


def test_pictures_that_show_too_little_prove_nothing(order, tmp_path):
    cv2.imwrite(str(tmp_path / "white.png"), np.full((16, 24, 3), 255, np.uint8))
    row = Trial(order(tmp_path / "white.png"), print).run()
    assert (row["status"], row["exit_code"]) == ("disagrees", 5)
    assert "found only 1 classes" in row["reason"]
    assert (row["classes"], row["engine_fps"]) == (1, None)


def test_a_row_that_fails_keeps_what_it_had_found(order):
    row = Trial(order(precision="int8"), print).run()
    assert (row["status"], row["exit_code"]) == ("failed", 2)
    assert "has no precision 'int8'" in row["reason"]
    assert row["precision"] == "int8"
    assert row["device"] is None


def test_the_line_for_trtexec_may_be_pasted():
    line = trtexec(Path("/my engines/engine.plan"))
    assert line.startswith("trtexec '--loadEngine=/my engines/engine.plan' --useCudaGraph ")
