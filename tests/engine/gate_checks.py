"""What proves an engine where TensorRT, a GPU and pycuda are; ``test_trt.py`` runs it on the fakes.

The builder has a process of its own, the gate is in this one: its are the calls that are counted.
"""

import json

import onnx
import pytest
import tensorrt
from brightness import brightness_package, grey_pictures

from rtseg.commands import main
from rtseg.engine.store import engine_names

LAUNCH_FAILED = 719


@pytest.fixture
def build(tmp_path, monkeypatch):
    """``rtseg build`` of a small network for TensorRT, in FP32."""
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    model = brightness_package(tmp_path / "brightness").folder
    pictures = grey_pictures(tmp_path / "pictures")
    words = ["build", str(model), "--backend", "tensorrt", "--precision", "fp32"]
    return lambda *more: main([*words, "--calibration", str(pictures), "--json", *more])


def report(capsys):
    return json.loads(capsys.readouterr().out)["report"]


@pytest.mark.parametrize("words", [(), ("--batch", "2", "--dynamic")])
def test_the_gate_runs_the_engine_itself(fake, build, capsys, words):
    assert build(*words) == 0
    told = report(capsys)
    assert told["words"] == "gated by running this very engine on the GPU"
    assert told["executed"] is True
    assert told["on"] == "tensorrt 10.13.3, fake GPU"
    assert (told["pictures"], told["classes"]) == (2, 6)
    assert told["agreement"] > 0.99
    assert fake.calls("cuGraphLaunch") == 2


def test_an_engine_for_several_pictures_at_once_is_gated_as_onnx(fake, build, capsys):
    """Nothing here runs one."""
    assert build("--batch", "2") == 0
    told = report(capsys)
    assert told["words"].startswith("gated as ONNX in ONNX Runtime")
    assert told["executed"] is False
    assert told["on"].startswith("onnxruntime ")
    assert fake.calls("cuGraphLaunch") == 0


def test_an_engine_that_the_gpu_cannot_run_is_not_kept(fake, build, capsys):
    fake.fail("cuGraphLaunch", 2, LAUNCH_FAILED)
    assert build() == 4
    said = capsys.readouterr().err
    assert "unspecified launch failure" in said
    assert said.count("\n") == 1
    assert engine_names() == []
    fake.reset()  # a lost GPU takes nothing back


def test_an_engine_that_disagrees_with_its_own_onnx_file_is_not_kept(
    fake,
    build,
    capsys,
    monkeypatch,
):
    load = tensorrt.Runtime.deserialize_cuda_engine

    def spoilt(runtime, plan, /):
        model = onnx.load_from_string(bytes(plan)[len(tensorrt.MAGIC) :])
        (choice,) = (node for node in model.graph.node if node.op_type == "ArgMax")
        choice.op_type = "ArgMin"
        return load(runtime, tensorrt.MAGIC + model.SerializeToString())

    monkeypatch.setattr(tensorrt.Runtime, "deserialize_cuda_engine", spoilt)
    assert build() == 5
    assert "labels agree on" in capsys.readouterr().err
    assert engine_names() == []
