"""Mistakes planted in the code that drives the GPU, each of which a check must notice."""

import os
import shutil

import pytest
from test_trt import CHECKS, ROOT, check, fakes, with_engine  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.mutation,
    pytest.mark.timeout(1200),  # pycuda is compiled where the cache is empty
]

MISTAKES = {
    "labels are read before they are there": (
        "slot.py",
        "        self._stream.wait()\n",
        "",
    ),
    "labels are a view of memory that is used again": (
        "slot.py",
        "return np.array(self._labels.host[0], np.uint8)",
        "return self._labels.host[0]",
    ),
    "both slots share one execution context": (
        "slot.py",
        "self._context = self._loaded.context()",
        "self._context = self._loaded.__dict__.setdefault('one', self._loaded.context())",
    ),
    "the engine's input is half as large as it must be": (
        "slot.py",
        "on_device(INPUTS[kind] * 3 * size[0] * size[1])",
        "on_device(INPUTS[kind] * 3 * size[0] * size[1] // 2)",
    ),
    "what runs is not waited for before it is taken down": (
        "cuda.py",
        "                self.raw.synchronize()\n        self.forget",
        "                pass\n        self.forget",
    ),
    "the GPU's context is not given back": (
        "cuda.py",
        "        self._context.detach()\n        self._context = None",
        "        self._context = None",
    ),
    "a copy is put on the stream of another slot": (
        "slot.py",
        "        plan.picture.upload(stream)\n",
        "        plan.picture.upload(self._cuda._streams[0])\n",
    ),
    "the kernel is put on the stream of another slot": (
        "slot.py",
        "self._cuda.launch(plan.prepare, stream)",
        "self._cuda.launch(plan.prepare, self._cuda._streams[0])",
    ),
    "both slots share their picture": (
        "slot.py",
        "picture = self._cuda.exchange((*picture_shape, 3), np.uint8)",
        "picture = self._cuda.__dict__.setdefault(\n"
        "            'p', self._cuda.exchange((*picture_shape, 3), np.uint8)\n        )",
    ),
    "memory for pictures of the size before is kept": (
        "slot.py",
        "            self._cuda.free(self._plan.picture)\n",
        "",
    ),
    "the graph for pictures of the size before is kept": (
        "slot.py",
        "            stream.forget()\n",
        "",
    ),
    "pictures of another size are sampled like those before": (
        "slot.py",
        "self._prepare(picture_shape, source=picture.address)",
        "self.__dict__.setdefault('l', self._prepare(picture_shape, source=picture.address))",
    ),
    "the labels are not copied back": (
        "slot.py",
        "        self._labels.download(stream)\n",
        "",
    ),
    "the end is marked before the work is given": (
        "slot.py",
        "        np.copyto(plan.picture.host, picture)\n",
        "        stream.mark()\n        np.copyto(plan.picture.host, picture)\n"
        "        stream.mark = lambda: None\n",
    ),
    "the picture is copied back before it is painted": (
        "slot.py",
        "            self._cuda.launch(plan.overlay, stream)\n",
        "            plan.picture.download(stream)\n"
        "            self._cuda.launch(plan.overlay, stream)\n            return\n",
    ),
    "pictures are painted that the network has not seen": (
        "slot.py",
        "        self._cuda.launch(plan.prepare, stream)\n",
        "        if plan.overlay is not None:\n"
        "            self._cuda.launch(plan.overlay, stream)\n"
        "        self._cuda.launch(plan.prepare, stream)\n",
    ),
    "both slots are painted with the labels of one": (
        "slot.py",
        "labels=self._labels.address",
        "labels=vars(self._cuda).setdefault('l', self._labels.address)",
    ),
    "the scores are not copied back": (
        "slot.py",
        "            self._scores.download(stream)\n",
        "            pass\n",
    ),
    "streams are never given back": (
        "cuda.py",
        "        while self._streams:\n            self._streams.pop().close()\n",
        "",
    ),
    "the engine outlives the context": (
        "plan.py",
        "        self._engine = None\n        self._runtime = None\n\n    def context",
        "        globals()['kept'] = self._engine\n\n    def context",
    ),
    "device memory is never given back": (
        "cuda.py",
        "        self._memory[int(allocation)] = allocation\n",
        "        globals().setdefault('kept', []).append(allocation)\n",
    ),
    "the graph is never destroyed": (
        "cuda.py",
        "            self._graph.close()\n",
        "            pass\n",
    ),
    "a stream that waits for the default stream": (
        "cuda.py",
        "cuda.Stream(NON_BLOCKING)",
        "cuda.Stream(0)",
    ),
    "a capture that other threads can spoil": (
        "cuda_graph.py",
        "THREAD_LOCAL = 1\n",
        "THREAD_LOCAL = 0\n",
    ),
    "a capture that waits": (
        "slot.py",
        "        if not self._context.execute_async_v3",
        "        stream.wait_for_all()\n        if not self._context.execute_async_v3",
    ),
    "the labels' buffer is a row too short": (
        "slot.py",
        "self._labels = self._cuda.exchange(shape, np.uint8)",
        "self._labels = self._cuda.exchange((1, shape[1] - 1, shape[2]), np.uint8)",
    ),
    "channels in the other order": (
        "slot.py",
        'half=kind == "HALF")\n',
        'half=kind == "HALF", layout="bgr")\n',
    ),
}

FEW = "1-2 or outlive or still_in_flight or one_launch or before_the_context or last_size"
FEW += " or byte_for_byte or scores_are"


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
    files = (*CHECKS, "bright_checks.py")
    ended = check(env, shared, "-x", "-k", FEW, files=files, folder=tmp_path)
    assert ended.returncode == 1 or ended.returncode < 0, ended.stdout[-2000:]
    assert "ImportError" not in ended.stdout
