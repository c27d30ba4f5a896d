"""What the checks of the TensorRT engine share, a plugin: the fake GPU, the model, real streets.

With CHECKED_ON=fakes in the environment each check starts with a new fake GPU, and ends with a
look at what the driver found wrong and what was not given back.
"""

from __future__ import annotations

import ctypes
import os

import pytest

from rtseg.engine.backends import make_engine
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.preprocess import prepare
from rtseg.source.images import ImageFolder

ON_FAKES = os.environ.get("CHECKED_ON") == "fakes"
ILLEGAL_ADDRESS, OUT_OF_MEMORY = 700, 2


class FakeGpu:
    def __init__(self):
        self._driver = ctypes.CDLL("libcuda.so.1")
        for name in ("fake_findings", "fake_leaks"):
            getattr(self._driver, name).restype = ctypes.c_char_p

    def reset(self, *, seed=0, memory=1 << 30, captures=True, integrated=False):
        size = ctypes.c_size_t(memory)
        self._driver.fake_reset(seed, int(integrated), size, 1, int(captures))

    def fail(self, function, nth, result):
        self._driver.fake_fail(function.encode(), ctypes.c_long(nth), result)

    def calls(self, function):
        return self._driver.fake_calls(function.encode())

    def held(self):
        """What is not given back by now, in words: bytes, streams, graphs ..."""
        return self._driver.fake_leaks().decode()

    def found(self):
        return self._driver.fake_findings().decode() + self.held()


@pytest.fixture(autouse=True)
def gpu():
    if not ON_FAKES:
        yield None
        return
    fake = FakeGpu()
    fake.reset()
    yield fake
    assert fake.found() == ""


@pytest.fixture
def fake(gpu):
    if gpu is None:
        pytest.skip("a real GPU does not fail on request")
    return gpu


@pytest.fixture(scope="module")
def package():
    return find_package(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def frames():
    with ImageFolder(os.environ["STREETS"]) as source:
        return list(source)[::8][:4]


@pytest.fixture(scope="module")
def streets(package, frames):
    return [prepare(frame, package.spec).tensor for frame in frames]


@pytest.fixture(scope="module")
def expected(package, streets):
    with make_engine("openvino", package, "fp32", depth=1) as engine:
        return [infer(engine, tensor) for tensor in streets]


def infer(engine, tensor):
    engine.submit(tensor)
    return engine.collect()


def in_flight(engine, tensors):
    """All labels, with as many tensors in flight as the engine takes."""
    found = []
    for number, tensor in enumerate(tensors):
        engine.submit(tensor)
        if number >= engine.depth - 1:
            found.append(engine.collect())
    while len(found) < len(tensors):
        found.append(engine.collect())
    return found
