"""``rtseg selftest``, whole: the CPU for real, the GPU on the fakes, and on a GPU if asked."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "engine"))
import fake_cuda
from brightness import brightness_package, grey_pictures

from rtseg.commands import main
from rtseg.commands.selftest import exit_code
from rtseg.commands.trial import NOTHING_FOUND
from rtseg.engine.gpu import find_gpu

ROOT = Path(__file__).parents[2]
REPORT = Path("runs/selftest/selftest.json")

LEAST = {"fp32": 0.999, "fp16": 0.99, "int8": 0.97}
"""Of pixels, by precision; the six greys leave little room between two classes."""

pytestmark = pytest.mark.timeout(1200)  # pycuda is compiled where the cache is empty


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with a model whose labels are known, the same broken, and pictures for them."""
    folder = tmp_path_factory.mktemp("desk")
    brightness_package(folder / "bright")
    shutil.copytree(folder / "bright", folder / "broken")
    with (folder / "broken" / "model.onnx").open("ab") as file:
        file.write(b"\0")
    grey_pictures(folder / "greys", 12)
    return folder


def selftest(folder, env, *words, models="bright"):
    words = ("--models", models, "--source", "greys", "--frames", "8", *words)
    return subprocess.run(
        [sys.executable, "-m", "rtseg", "selftest", *words],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def assert_engine_was_proved(row, store):
    """What must hold of a TensorRT row, on a GPU as on the fakes."""
    assert (row["status"], row["reason"], row["exit_code"]) == ("passed", "", 0)
    assert row["classes"] == 6
    assert row["pictures"] == 12
    assert row["agreement"] >= LEAST[row["precision"]]
    assert all(share > 0.8 for share in row["per_class"].values() if share is not None)
    assert sum(share is not None for share in row["per_class"].values()) == 6
    assert row["reference"].startswith("openvino fp32 ")
    assert row["layers"] == {row["precision"]: 2}
    assert row["engine_fps"] > 0
    assert row["processed_fps"] > 0
    assert 0 < row["engine_ms"]["p50"] <= row["engine_ms"]["max"]
    assert {"preprocess", "inference", "overlay"} <= row["stages_ms"].keys()
    assert row["build"]["said"] == "built"
    assert row["build"]["gate"]["agreement"] >= 0.97
    assert (row["build"]["calibration"] is not None) == (row["precision"] == "int8")
    plan = store / "engines" / row["build"]["engine"] / "engine.plan"
    assert plan.is_file()
    assert row["trtexec"].startswith(f"trtexec --loadEngine={plan} ")


@pytest.fixture(scope="module")
def on_fakes(desk):
    """Two rows of a broken model, then the same of a sound one."""
    words = ("--backends", "tensorrt", "--precisions", "fp16,int8", "--json")
    ended = selftest(desk, fake_cuda.environment(), *words, models="broken,bright")
    return ended, json.loads(ended.stdout)


def test_engines_are_built_proved_and_measured_on_the_fakes(on_fakes, desk):
    engines = on_fakes[1]["rows"][2:]
    assert [each["precision"] for each in engines] == ["fp16", "int8"]
    for each in engines:
        assert_engine_was_proved(each, desk / "runs/selftest")
        assert (each["backend"], each["device"]) == ("tensorrt", "fake GPU")


def test_rows_that_fail_stop_no_others_and_each_says_why_in_one_line(on_fakes):
    ended, report = on_fakes
    broken = report["rows"][:2]
    assert {each["status"] for each in broken} == {"failed"}
    assert all("sha256 differs" in each["reason"] for each in broken)
    assert (ended.returncode, report["exit_code"]) == (4, 4)
    assert ended.stderr.count("\n") == 2
    assert "brightness tensorrt fp16 failed: " in ended.stderr


def test_the_report_is_a_file_that_says_what_it_was_made_on(on_fakes, desk):
    _, report = on_fakes
    assert json.loads((desk / REPORT).read_text("utf-8")) == report
    assert report["machine"]["gpu"] == {"name": "fake GPU", "sm": 86, "cuda": "13.0"}
    keys = {"model", "backend", "precision", "status", *NOTHING_FOUND}
    assert all(each.keys() == keys for each in report["rows"])


def test_a_gpu_that_hangs_ends_its_row(desk):
    env = fake_cuda.environment() | {"FAKE_CUDA_HANGS": "cuEventSynchronize"}
    words = ("--backends", "tensorrt", "--precisions", "fp32", "--silence", "8", "-o", "hangs.json")
    ended = selftest(desk, env, *words)
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.count("\n") == 1
    (hung,) = json.loads((desk / "hangs.json").read_text("utf-8"))["rows"]
    assert (hung["status"], hung["exit_code"]) == ("failed", 1)
    assert "said nothing for 8 s" in hung["reason"]
    assert "--silence" in hung["reason"]


def test_engines_are_kept_only_if_asked_for(desk, tmp_path):
    env = fake_cuda.environment() | {"RTSEG_HOME": str(tmp_path)}
    words = ("--backends", "tensorrt", "--precisions", "fp32", "--keep", "-o", "kept.json")
    assert not (tmp_path / "engines").exists()
    ended = selftest(desk, env, *words)
    assert ended.returncode == 0, ended.stderr
    assert "passed" in ended.stdout
    (row,) = json.loads((desk / "kept.json").read_text("utf-8"))["rows"]
    assert_engine_was_proved(row, tmp_path)


@pytest.mark.gpu
def test_every_precision_is_built_proved_and_measured_on_a_gpu(desk, tmp_path):
    pytest.importorskip("tensorrt")
    pytest.importorskip("pycuda.driver")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = selftest(desk, env, "--backends", "tensorrt", "-o", str(tmp_path / "gpu.json"))
    assert ended.returncode == 0, ended.stderr
    for each in json.loads((tmp_path / "gpu.json").read_text("utf-8"))["rows"]:
        assert_engine_was_proved(each, desk / "runs/selftest")


def test_the_shipped_model_is_proved_on_this_cpu_and_too_high_a_bar_is_exit_5(
    tmp_path, monkeypatch, capsys
):
    """INT8 and FP32 agree on 98 to 99 % of pixels, two runtimes in FP32 on nearly all."""
    monkeypatch.chdir(tmp_path)
    words = ("--backends", "openvino", "--frames", "8", "--min-agreement", "0.996")
    assert main(["selftest", *words, "-o", "report.json"]) == 5
    told = capsys.readouterr()
    assert "openvino int8 disagrees: labels agree on" in told.err
    assert told.err.count("\n") == 1
    report = json.loads(Path("report.json").read_text("utf-8"))
    full, small = report["rows"]
    assert (full["status"], small["status"]) == ("passed", "disagrees")
    assert full["reference"].startswith("onnxruntime fp32")
    assert full["classes"] >= 5
    assert full["agreement"] > 0.999
    assert 0.95 < small["agreement"] < 0.996
    assert full["processed_fps"] > 0
    assert small["processed_fps"] is None
    assert f"{100 * small['agreement']:.1f}" in told.out


@pytest.fixture
def here(desk, monkeypatch):
    monkeypatch.chdir(desk)
    return ("--models", "bright", "--source", "greys", "--frames", "8")


def test_without_a_gpu_the_cpu_is_proved_all_the_same(here, capsys):
    if find_gpu():
        pytest.skip("there is a GPU here")
    assert main(["selftest", *here, "-o", "none.json"]) == 4
    told = capsys.readouterr()
    assert "no NVIDIA GPU, or no driver" in told.err
    report = json.loads(Path("none.json").read_text("utf-8"))
    assert [each["status"] for each in report["rows"]] == ["passed", *["not run"] * 3]
    assert "no NVIDIA GPU" in report["rows"][3]["reason"]
    assert told.err.count("TensorRT cannot run here: ") == told.err.count("\n")


@pytest.mark.parametrize(
    ("lacking", "remedy"),
    [("pycuda", "pip install 'rtseg[tensorrt]'"), ("tensorrt", "comes with JetPack")],
)
def test_what_is_missing_beside_the_driver_is_one_line_and_exit_4(desk, lacking, remedy):
    env = fake_cuda.environment()
    root, doubles, pycuda = env["PYTHONPATH"].split(os.pathsep)
    left = doubles if lacking == "pycuda" else pycuda
    words = ("--backends", "tensorrt", "-o", "lacking.json")
    ended = selftest(desk, env | {"PYTHONPATH": os.pathsep.join((root, left))}, *words)
    assert ended.returncode == 4
    assert ended.stderr.count("\n") == 1
    assert f"{lacking!r} is missing" in ended.stderr
    assert remedy in ended.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--backends", "cuda"), 2, "--backends has no 'cuda'; expected some of openvino,tens"),
        (("--precisions", "fp8"), 2, "--precisions has no 'fp8'"),
        (("--precisions", ","), 2, "--precisions is empty"),
        (("--backends", "openvino", "--precisions", "fp16"), 2, "no row is left of fp16 and open"),
        (("--keep",), 2, "--keep with INT8 needs --calibration"),
        (("--calibration", "nowhere"), 2, "neither a folder of pictures nor a set"),
        (("--models", "nothing"), 4, "no model named 'nothing'"),
        (("--source", "nowhere.mp4"), 3, "nowhere.mp4"),
        (("--source", "test://road?live=1"), 2, "live"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_before_anything_is_written(
    here, tmp_path, monkeypatch, capsys, words, code, message
):
    output = tmp_path / "new" / "report.json"
    assert main(["selftest", *here, *words, "-o", str(output)]) == code
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not output.parent.exists()


def test_wrong_labels_outweigh_whatever_else_went_wrong():
    rows = [{"status": "passed", "exit_code": 0}]
    assert exit_code(rows) == 0
    rows.append({"status": "failed", "exit_code": 1})
    assert exit_code(rows) == 1
    rows.append({"status": "not run", "exit_code": 4})
    assert exit_code(rows) == 1
    rows.append({"status": "disagrees", "exit_code": 5})
    assert exit_code(rows) == 5
