"""``rtseg build`` and ``rtseg engines``, whole, on a network whose labels are known."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "engine"))
from brightness import brightness_package, grey_pictures

from rtseg.commands import main
from rtseg.engine.store import open_stored

needs_rtx = pytest.mark.skipif(
    not find_spec("tensorrt_rtx"), reason="TensorRT-RTX is not installed: pip install 'rtseg[rtx]'"
)


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("RTSEG_HOME", str(tmp_path / "home"))
    return brightness_package(tmp_path / "brightness").folder


@pytest.fixture
def pictures(tmp_path):
    return grey_pictures(tmp_path / "set" / "pictures").parent


def build(model, *words, precision="fp16", backend="rtx"):
    return main(["build", str(model), "--backend", backend, "--precision", precision, *words])


@needs_rtx
def test_an_engine_is_built_once_then_again_when_its_model_changes(model, pictures, capsys):
    words = ("--calibration", str(pictures), "--json")
    assert build(model, *words) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["said"] == "built"
    assert first["precision"]["layers"] == {"fp16": 2}
    assert first["report"]["executed"] is False
    assert first["report"]["words"] == (
        "gated as ONNX in ONNX Runtime; the engine itself has not been executed"
    )
    assert first["report"]["classes"] == 6
    assert first["report"]["agreement"] > 0.99
    assert first["calibration"] is None
    assert build(model, *words) == 0
    assert "nothing was done" in json.loads(capsys.readouterr().out)["said"]
    assert build(model, *words, "--rebuild") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["said"] == "built again: --rebuild"
    assert again["files"] == first["files"]  # builds are repeatable to the byte
    manifest = model / "manifest.json"
    brightness_package(model)
    changed = json.loads(manifest.read_text())
    network = (model / "model.onnx").read_bytes() + b"\x12\x00"  # the producer's name, empty
    (model / "model.onnx").write_bytes(network)
    from rtseg.engine.package import sha256_of

    changed["files"]["fp32"]["sha256"] = sha256_of(model / "model.onnx")
    manifest.write_text(json.dumps(changed))
    assert build(model, *words) == 0
    assert "is another one now" in json.loads(capsys.readouterr().out)["said"]


@needs_rtx
def test_int8_is_calibrated_by_some_pictures_and_proved_on_others(model, pictures, capsys):
    words = ("--calibration", str(pictures), "--min-agreement", "0.9")
    assert build(model, *words, precision="int8") == 0
    shown = capsys.readouterr().out
    assert "int8 asked for; convolutions: 2 int8" in shown
    manifest = open_stored("brightness-16x24-int8-rtx").manifest
    assert (manifest.calibration.pictures, manifest.report.pictures) == (6, 2)
    grey_pictures(pictures / "pictures", 12)
    assert build(model, *words, precision="int8") == 0
    assert "calibrated with other pictures" in capsys.readouterr().out


@needs_rtx
def test_an_engine_that_disagrees_is_not_kept(model, pictures, capsys):
    words = ("--calibration", str(pictures), "--min-agreement", "1.0")
    assert build(model, *words, precision="int8") == 5
    assert "labels agree on" in capsys.readouterr().err
    assert main(["engines"]) == 0
    assert "no engines in" in capsys.readouterr().out


@needs_rtx
def test_a_damaged_engine_is_told_built_again_and_pruned(model, pictures, capsys):
    words = ("--calibration", str(pictures))
    assert build(model, *words) == 0
    name = "brightness-16x24-fp16-rtx"
    path = open_stored(name).path
    assert main(["engines", "verify"]) == 0
    assert main(["engines", "show", name]) == 0
    assert "proof      gated as ONNX" in capsys.readouterr().out
    path.write_bytes(path.read_bytes()[:-7])
    assert main(["engines", "verify"]) == 4
    captured = capsys.readouterr()
    assert "it was cut off" in captured.err
    assert captured.err.count("\n") == 1
    assert build(model, *words) == 0
    assert "built again:" in capsys.readouterr().out
    path.write_bytes(b"")
    assert main(["engines", "prune"]) == 0
    assert f"removed {name}" in capsys.readouterr().out
    assert not path.parent.exists()


@needs_rtx
def test_engines_of_a_model_that_is_gone_are_pruned_others_stay(model, pictures, capsys):
    assert build(model, "--calibration", str(pictures)) == 0
    assert main(["engines", "prune"]) == 0
    assert "0 removed, 1 engines are left" in capsys.readouterr().out
    (model / "manifest.json").unlink()
    assert main(["engines", "prune", "--json"]) == 0
    removed = json.loads(capsys.readouterr().out.split("\n", 0)[0])["removed"]
    assert list(removed) == ["brightness-16x24-fp16-rtx"]


def test_openvinos_int8_is_another_file_and_stdout_holds_json_alone(model, pictures, capsys):
    # This network's logits are closer to each other than NNCF's steps: it stays at 69 %.
    words = ("--calibration", str(pictures), "--json", "--min-agreement")
    assert build(model, *words, "0.9", precision="int8", backend="openvino") == 5
    assert capsys.readouterr().out == ""
    assert build(model, *words, "0.5", precision="int8", backend="openvino") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["precision"]["layers"]["int8"] == 2
    assert (found["report"]["executed"], found["report"]["classes"]) == (True, 6)


def test_openvino_keeps_the_file_that_it_was_proved_on(model, pictures, capsys):
    words = ("--calibration", str(pictures), "--json")
    assert build(model, *words, precision="fp32", backend="openvino") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["report"]["executed"] is True
    assert found["report"]["agreement"] == 1.0
    assert found["precision"] == {
        "asked": "fp32",
        "layers": {"fp32": 2},
        "counted_in": "the loaded graph of OpenVINO",
    }


def test_an_engine_of_openvino_runs_by_its_name(model, pictures, capsys):
    words = ("--calibration", str(pictures))
    assert build(model, *words, precision="fp32", backend="openvino") == 0
    name = "brightness-16x24-fp32-openvino"
    capsys.readouterr()
    run = ["run", str(pictures / "pictures"), "-m", name, "-o", "null", "--json"]
    assert main(run) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["model"], found["frames_written"]) == (name, 8)
    path = open_stored(name).path
    path.write_bytes(path.read_bytes() + b"x")
    assert main(run) == 4
    assert "sha256 differs" in capsys.readouterr().err


@needs_rtx
def test_an_engine_that_cannot_run_here_says_so(model, pictures, capsys):
    assert build(model, "--calibration", str(pictures)) == 0
    run = ["run", str(pictures / "pictures"), "-m", "brightness-16x24-fp16-rtx", "-o", "null"]
    assert main(run) == 4
    assert "is an engine for rtx" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--precision", "int8"], "INT8 needs --calibration"),
        (["--backend", "cuda"], "no backend 'cuda' to build for; there are: tensorrt, rtx, open"),
        (["--precision", "bf16"], "has no 'bf16'; it has: fp32, fp16, int8"),
        (["--backend", "openvino"], "has no 'fp16'; it has: fp32, int8"),
        (["--backend", "openvino", "--precision", "fp32", "--batch", "2"], "are for TensorRT"),
        (["--backend", "openvino", "--precision", "fp32", "--scores"], "leave --scores out"),
        (["--backend", "rtx", "--dla"], "a DLA runs fp16 and int8, and --backend tensorrt"),
        (["--dynamic"], "--dynamic needs --batch"),
        (["--size", "17x24"], "not HxW in multiples of 8"),
        (["--precision", "int8", "--calibration", "nowhere"], "neither a folder of pictures nor"),
    ],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_refused_in_one_line(model, capsys, words, message):
    import re

    assert main(["build", str(model), *words]) == 2
    said = capsys.readouterr().err
    assert re.search(message, said)
    assert said.count("\n") == 1


def test_a_set_without_enough_pictures_is_refused(model, tmp_path, capsys):
    few = grey_pictures(tmp_path / "few", 7)
    words = ("--calibration", str(few))
    assert build(model, *words, precision="int8", backend="openvino") == 2
    assert "holds 7 pictures that can be read: at least 8" in capsys.readouterr().err


def test_without_tensorrt_one_line_says_how_to_get_it(model, capsys):
    if find_spec("tensorrt"):
        pytest.skip("TensorRT is installed here")
    assert build(model, backend="tensorrt") == 4
    said = capsys.readouterr().err
    assert "on a Jetson it comes with JetPack" in said
    assert said.count("\n") == 1


def test_unknown_things_about_engines_are_refused(model, capsys):
    assert main(["engines", "polish"]) == 2
    assert main(["engines", "show"]) == 2
    assert main(["engines", "show", "a"]) == 4
    assert main(["engines", "prune", "a"]) == 4
    assert capsys.readouterr().err.count("\n") == 4
