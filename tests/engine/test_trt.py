"""The TensorRT engine: ``trt_checks.py`` and the program, on the fakes, and on a GPU if asked.

The fakes replace libraries of the whole process, so whatever uses them is a process of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import fake_cuda
import pytest
from brightness import brightness_package, grey_pictures

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKS, GATE_CHECKS = HERE / "trt_checks.py", HERE / "gate_checks.py"
CLIP = "lanedet_seattlestreet1_640x360.mp4"
RTSEG = (sys.executable, "-m", "rtseg")

pytestmark = pytest.mark.timeout(1200)  # pycuda is compiled where the cache is empty


def run(*words, env, folder=ROOT):
    return subprocess.run(
        [*map(str, words)],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.fixture(scope="session")
def fakes():
    """The environment in which libcuda, pycuda and TensorRT are ours."""
    driver = fake_cuda.driver()
    folders = (ROOT, HERE / "doubles", fake_cuda.pycuda())
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "LD_LIBRARY_PATH": str(driver),
        "CHECKED_ON": "fakes",
    }


@pytest.fixture(scope="session")
def with_engine(fakes, tmp_path_factory):
    """The same with an engine of the default model in the store, made by ``rtseg build``."""
    env = fakes | {"RTSEG_HOME": str(tmp_path_factory.mktemp("home"))}
    build(env)
    return env


def build(env):
    words = ("build", "roadlite-camvid", "--backend", "tensorrt", "--precision", "fp32", "--json")
    ended = run(*RTSEG, *words, env=env)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["report"]["executed"] is True


def check(env, shared, *words, folder=ROOT):
    words = ("-q", "-p", "no:cacheprovider", *words)
    env = env | {"STREETS": str(shared / "images")}
    return run(sys.executable, "-m", "pytest", CHECKS, *words, env=env, folder=folder)


@pytest.mark.shared
def test_every_check_passes_on_the_fakes(with_engine, shared):
    ended = check(with_engine, shared)
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_the_gate_runs_what_was_built_where_it_can(fakes):
    words = ("-q", "-p", "no:cacheprovider", GATE_CHECKS)
    ended = run(sys.executable, "-m", "pytest", *words, env=fakes)
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_without_pycuda_the_gate_runs_the_onnx_file_and_says_so(fakes, tmp_path):
    folders = fakes["PYTHONPATH"].split(os.pathsep)[:2]
    env = fakes | {"PYTHONPATH": os.pathsep.join(folders), "RTSEG_HOME": str(tmp_path)}
    model, pictures = brightness_package(tmp_path / "model"), grey_pictures(tmp_path / "pictures")
    words = ("build", model.folder, "--precision", "fp32", "--calibration", pictures, "--json")
    ended = run(*RTSEG, *words, env=env)
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)["report"]
    assert report["executed"] is False
    assert report["words"].startswith("gated as ONNX in ONNX Runtime")


@pytest.mark.gpu
@pytest.mark.shared
def test_every_check_passes_on_a_gpu(shared, tmp_path):
    pytest.importorskip("tensorrt")
    pytest.importorskip("pycuda.driver")
    env = os.environ | {"PYTHONPATH": str(ROOT), "RTSEG_HOME": str(tmp_path)}
    build(env)
    ended = check(env, shared)
    assert ended.returncode == 0, ended.stdout[-3000:]


@pytest.mark.shared
def test_a_real_clip_runs_through_the_program_and_nothing_is_left(with_engine, shared, tmp_path):
    report = tmp_path / "report"
    env = with_engine | {"FAKE_CUDA_REPORT": str(report), "FAKE_CUDA_SEED": "5"}
    clip = shared / "videos" / CLIP
    words = ("run", clip, "--backend", "tensorrt", "--limit", "4", "-o", "null", "--json")
    ended = run(*RTSEG, *words, env=env)
    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout)
    assert result["backend"] == "tensorrt"
    assert "fake GPU" in ended.stdout
    assert report.read_text().splitlines()[0].endswith("calls")
    assert len(report.read_text().splitlines()) == 1


@pytest.mark.shared
def test_auto_runs_on_tensorrt_where_it_can(with_engine, shared):
    words = ("run", shared / "videos" / CLIP, "--limit", "2", "-o", "null", "--json")
    ended = run(*RTSEG, *words, env=with_engine)
    assert json.loads(ended.stdout)["backend"] == "tensorrt"


def refused(env):
    words = ("run", "test://road?frames=2", "--backend", "tensorrt", "-o", "null")
    ended = run(*RTSEG, *words, env=env)
    assert ended.returncode == 4, ended.stderr
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_without_a_driver_one_line_says_so():
    message = refused(os.environ | {"PYTHONPATH": str(ROOT), "LD_LIBRARY_PATH": ""})
    assert "no NVIDIA GPU" in message
    assert "--backend openvino" in message


def test_without_pycuda_or_tensorrt_one_line_says_how_to_get_it(fakes):
    folders = fakes["PYTHONPATH"].split(os.pathsep)
    without_pycuda = fakes | {"PYTHONPATH": os.pathsep.join(folders[:2])}
    assert "pip install 'rtseg[tensorrt]'" in refused(without_pycuda)
    without_tensorrt = fakes | {"PYTHONPATH": os.pathsep.join([folders[0], folders[2]])}
    assert "JetPack" in refused(without_tensorrt)


def test_without_an_engine_one_line_says_how_to_build_it(fakes, tmp_path):
    message = refused(fakes | {"RTSEG_HOME": str(tmp_path)})
    assert "rtseg build roadlite-camvid --backend tensorrt" in message
