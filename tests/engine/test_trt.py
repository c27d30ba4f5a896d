"""The TensorRT engine: the checks beside this file and the program, on the fakes or on a GPU.

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
from nvrtc import installed

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKS = ("trt_checks.py", "picture_checks.py")
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
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="session")
def fakes():
    return fake_cuda.environment()


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


def check(env, shared, *words, files=CHECKS, folder=ROOT):
    return checked(env | {"STREETS": str(shared / "images")}, *words, files=files, folder=folder)


def checked(env, *words, files, folder=ROOT):
    words = (*(HERE / each for each in files), "-q", "-p", "no:cacheprovider", *words)
    env = env | {"PYTHONPATH": os.pathsep.join([env["PYTHONPATH"], str(HERE)])}
    return run(sys.executable, "-m", "pytest", "-p", "trt_parts", *words, env=env, folder=folder)


@pytest.mark.shared
@pytest.mark.parametrize("file", CHECKS)
def test_every_check_passes_on_the_fakes(with_engine, shared, file):
    ended = check(with_engine, shared, files=[file])
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_the_gate_runs_what_was_built_where_it_can(fakes):
    ended = checked(fakes, files=["gate_checks.py"])
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_pictures_scores_and_rtx_engines_on_the_fakes(fakes):
    ended = checked(fakes, files=["bright_checks.py"])
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
    ended = check(env, shared, files=(*CHECKS, "bright_checks.py"))
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


@pytest.fixture
def without_nvcc(with_engine, tmp_path):
    """Nothing that was compiled is at hand, and nothing to compile it with."""
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "CUDA_HOME": str(tmp_path)}
    (tmp_path / "bin").mkdir()
    return with_engine | cache | {"PATH": str(tmp_path / "bin")}


@pytest.mark.skipif(not installed(), reason="no NVRTC beside this Python")
def test_without_nvcc_the_kernels_are_compiled_by_nvrtc(without_nvcc, tmp_path):
    words = ("run", "test://road?frames=2", "--backend", "tensorrt", "-o", "null", "--json")
    wheels = tmp_path / "wheels"  # of nvidia alone: what lies beside it would hide the library's
    wheels.mkdir()
    (wheels / "nvidia").symlink_to(installed()[0].parents[2])  # nvidia/cu13/lib/libnvrtc.so.13
    path = os.pathsep.join([without_nvcc["PYTHONPATH"], str(wheels)])
    ended = run(*RTSEG, *words, env=without_nvcc | {"PYTHONPATH": path})
    assert ended.returncode == 0, ended.stderr
    assert len(list(Path(without_nvcc["XDG_CACHE_HOME"]).glob("rtseg/kernels/*.cubin"))) == 1


def test_without_nvcc_and_nvrtc_one_line_says_how_to_get_either(without_nvcc):
    site = "import sys; sys.modules['nvidia'] = None\n"
    folder = Path(without_nvcc["CUDA_HOME"])
    (folder / "sitecustomize.py").write_text(site, "utf-8")
    path = os.pathsep.join([without_nvcc["PYTHONPATH"], str(folder)])
    message = refused(without_nvcc | {"PYTHONPATH": path})
    assert "/usr/local/cuda/bin into PATH" in message
    assert "pip install nvidia-cuda-nvrtc" in message


def test_an_nvcc_that_fails_is_one_line_with_its_reason(without_nvcc):
    nvcc = Path(without_nvcc["PATH"]) / "nvcc"
    nvcc.write_text("#!/bin/sh\necho no g++ >&2\nexit 1\n", "utf-8")
    nvcc.chmod(0o755)
    message = refused(without_nvcc)
    assert "nvcc cannot compile" in message
    assert "no g++" in message


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
