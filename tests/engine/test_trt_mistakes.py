"""Mistakes planted in the code that drives the GPU, each of which a check must notice."""

import os
import shutil

import pytest
from test_trt import ROOT, check, fakes, with_engine  # noqa: F401 - fixtures

pytestmark = pytest.mark.timeout(1200)  # pycuda is compiled where the cache is empty

MISTAKES = {
    "labels are read before they are there": (
        "trt.py",
        "        self._stream.wait()\n",
        "",
    ),
    "labels are a view of memory that is used again": (
        "trt.py",
        "np.array(self._labels[0], np.uint8)",
        "self._labels[0]",
    ),
    "both slots share one execution context": (
        "trt.py",
        "self._context = self._loaded.context()",
        "self._context = self._loaded.__dict__.setdefault('one', self._loaded.context())",
    ),
    "the engine's input is half as large as it must be": (
        "trt.py",
        "cuda.on_device(INPUTS[kind] * 3 * size[0] * size[1])",
        "cuda.on_device(INPUTS[kind] * 3 * size[0] * size[1] // 2)",
    ),
    "what runs is not waited for before it is taken down": (
        "cuda.py",
        "                self.raw.synchronize()\n        if",
        "                pass\n        if",
    ),
    "the GPU's context is not given back": (
        "cuda.py",
        "        self._context.detach()\n        self._context = None",
        "        self._context = None",
    ),
}

FEW = "1-2 or outlive_the_engine or still_in_flight"


@pytest.mark.shared
@pytest.mark.parametrize("name", MISTAKES)
def test_a_check_notices_that(with_engine, shared, tmp_path, name):  # noqa: F811
    file, right, wrong = MISTAKES[name]
    shutil.copytree(ROOT / "rtseg", tmp_path / "rtseg", ignore=shutil.ignore_patterns("weights"))
    (tmp_path / "rtseg" / "weights").symlink_to(ROOT / "rtseg" / "weights")
    path = tmp_path / "rtseg" / "engine" / file
    source = path.read_text("utf-8")
    assert source.count(right) == 1
    path.write_text(source.replace(right, wrong), "utf-8")
    folders = [str(tmp_path), *with_engine["PYTHONPATH"].split(os.pathsep)[1:]]
    env = with_engine | {"PYTHONPATH": os.pathsep.join(folders)}
    ended = check(env, shared, "-x", "-k", FEW, folder=tmp_path)
    assert ended.returncode == 1 or ended.returncode < 0, ended.stdout[-2000:]
    assert "ImportError" not in ended.stdout
