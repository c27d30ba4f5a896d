"""Real builds by TensorRT-RTX, which needs no GPU for them; nothing here executes an engine."""

import hashlib
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from brightness import HEIGHT, WIDTH, brightness_onnx

from rtseg.engine import building
from rtseg.engine.building import ask_installed, build_apart
from rtseg.engine.gpu import find_gpu
from rtseg.engine.graph import read_graph, write_graph
from rtseg.engine.package import find_package
from rtseg.engine.resizing import Shape
from rtseg.engine.trt_builder import BuildOrder
from rtseg.engine.typed import typed_network
from rtseg.errors import EngineError, RtsegError

needs_rtx = pytest.mark.skipif(
    not find_spec("tensorrt_rtx"),
    reason="TensorRT-RTX is not installed: pip install 'rtseg[rtx]'",
)
TINY = Shape(64, 96)


def silent(event):
    assert event["phase"]


def written(folder, precision="fp32", *, shape=TINY):
    """The shipped network; random pictures calibrate it, nobody looks at its labels here."""
    rng = np.random.default_rng(0)
    size = (1, 3, shape.height, shape.width)
    path = folder / f"{precision}.onnx"
    model = read_graph(find_package("roadlite-camvid").file("fp32"))
    pictures = [rng.normal(size=size).astype("f")] if precision == "int8" else []
    write_graph(typed_network(model, shape, precision, pictures=pictures), path)
    return path


def order(network, engine, **wishes):
    basics = {"module": "tensorrt_rtx", "network": str(network), "engine": str(engine)}
    return BuildOrder(**{**basics, "precision": "fp32", **wishes})


def watched(monkeypatch):
    """The processes that are started from now on."""
    children, start = [], subprocess.Popen

    def remembered(*words, **how):
        children.append(start(*words, **how))
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", remembered)
    return children


@needs_rtx
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_the_shipped_network_builds_and_twice_the_same(tmp_path, precision):
    network, hashes = written(tmp_path, precision), []
    for name in ("a", "b"):
        facts = build_apart(order(network, tmp_path / name, precision=precision), silent)
        hashes.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]
    found = {
        each["name"]: (each["mode"], each["dtype"], each["shape"]) for each in facts["tensors"]
    }
    assert found == {
        "picture": ("input", "float32", [1, 3, 64, 96]),
        "labels": ("output", "uint8", [1, 32, 48]),
    }


@needs_rtx
def test_an_engines_header_holds_its_magic_and_length(tmp_path):
    build_apart(order(brightness_onnx(tmp_path / "a.onnx"), tmp_path / "e"), silent)
    head = (tmp_path / "e").read_bytes()
    assert head[:4] == b"vtrt"
    assert int.from_bytes(head[16:24], "little") == len(head)


@needs_rtx
def test_a_range_of_batches_becomes_a_profile(tmp_path):
    network = written(tmp_path, shape=Shape(64, 96, 4, dynamic=True))
    facts = build_apart(order(network, tmp_path / "e", batch=(1, 4, 4)), silent)
    assert [each["shape"] for each in facts["tensors"]] == [[-1, 3, 64, 96], [-1, 32, 48]]
    with pytest.raises(EngineError, match="no optimization profile"):
        build_apart(order(network, tmp_path / "e"), silent)
    with pytest.raises(EngineError, match="do not fit the network's input"):
        build_apart(order(network, tmp_path / "e", batch=(4, 1, 4)), silent)


@needs_rtx
def test_what_the_parser_refuses_is_named_with_node_and_line(tmp_path):
    network = find_package("roadlite-camvid").file("int8")
    expected = r"refuses QuantizeLinear '.*' \(node 4, .*\.cpp:\d+\): .*[zZ]ero point"
    with pytest.raises(EngineError, match=expected) as caught:
        build_apart(order(network, tmp_path / "e"), silent)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "e").exists()


@needs_rtx
def test_an_empty_file_is_no_network_though_the_parser_is_content(tmp_path):
    (tmp_path / "a.onnx").touch()
    with pytest.raises(EngineError, match="without outputs"):
        build_apart(order(tmp_path / "a.onnx", tmp_path / "e"), silent)


@needs_rtx
def test_too_small_a_workspace_is_said(tmp_path):
    whole = written(tmp_path, shape=Shape(352, 480))
    with pytest.raises(EngineError, match=r"could not build the network: .*OutOfMemory"):
        build_apart(order(whole, tmp_path / "e", workspace=1), silent)


@needs_rtx
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_an_engine_with_scores_builds_and_has_both_outputs(tmp_path, precision):
    model = read_graph(brightness_onnx(tmp_path / "a.onnx"))
    network = tmp_path / "scored.onnx"
    write_graph(typed_network(model, Shape(HEIGHT, WIDTH), precision, scores=True), network)
    facts = build_apart(order(network, tmp_path / "e", precision=precision), silent)
    outputs = {each["name"]: each["dtype"] for each in facts["tensors"] if each["mode"] == "output"}
    assert outputs == {"labels": "uint8", "scores": "float32"}


@needs_rtx
def test_a_builder_that_is_killed_is_told_from_one_that_fails(tmp_path, monkeypatch):
    """As the kernel kills what takes too much memory."""
    children = watched(monkeypatch)

    def kill(event):
        os.kill(children[0].pid, signal.SIGKILL)

    with pytest.raises(RtsegError, match=r"SIGKILL.*want of memory") as caught:
        build_apart(order(written(tmp_path), tmp_path / "e"), kill)
    assert caught.value.exit_code == 1
    assert children[0].poll() == -signal.SIGKILL


@needs_rtx
def test_whoever_stops_waiting_takes_the_builder_along(tmp_path, monkeypatch):
    children = watched(monkeypatch)

    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_apart(order(written(tmp_path), tmp_path / "e"), interrupt)
    assert children[0].poll() == -signal.SIGKILL


@pytest.mark.parametrize("code", ["import os; os.abort()", "raise SystemExit('out of paper')"])
def test_a_builder_that_dies_by_itself_is_one_line(tmp_path, monkeypatch, code):
    monkeypatch.setattr(building, "WORDS", (sys.executable, "-c", code))
    with pytest.raises(RtsegError, match=r"SIGABRT|ended with 1: out of paper") as caught:
        build_apart(order("a.onnx", tmp_path / "e"), silent)
    assert "\n" not in str(caught.value)


@needs_rtx
def test_what_is_installed_says_its_version():
    found = ask_installed("tensorrt_rtx")
    assert found.typed
    assert found.version[0].isdigit()


def test_a_runtime_that_is_missing_says_how_to_get_it():
    if find_spec("tensorrt"):
        pytest.skip("TensorRT is installed here")
    with pytest.raises(EngineError, match="No module named 'tensorrt'; on a Jetson") as caught:
        ask_installed("tensorrt")
    assert caught.value.exit_code == 4


def test_without_a_driver_there_is_no_gpu():
    assert find_gpu("libcuda_that_nobody_has.so.1") is None


def test_sizes_are_named_by_rows_and_columns():
    assert str(Shape(HEIGHT, WIDTH)) == "16x24"
    assert str(Shape(HEIGHT, WIDTH, 4)) == "16x24-b4"
    assert str(Shape(HEIGHT, WIDTH, 4, dynamic=True)) == "16x24-b1to4"
