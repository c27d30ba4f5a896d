"""Pictures of any size given to the TensorRT engine: it must resize them as the CPU does."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from trt_parts import OUT_OF_MEMORY, in_flight, infer

from rtseg.engine.backends import make_engine
from rtseg.errors import EngineError
from rtseg.pipeline.segment import prepared_for, segment
from rtseg.preprocess import prepare
from rtseg.types import Frame

SIZES = (  # of pictures; the network's is 352x480
    (720, 1280),
    (1081, 1443),  # averaged by three, and then by a little
    (117, 203),
    (352, 480),
    (705, 962),  # averaged by two, with a row and two columns left over
)


def framed(picture):
    return Frame(picture, 0, Fraction(0), 0)


def resized(frame, size):
    return framed(cv2.resize(frame.picture, size[::-1], interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def pictures(frames):
    """Of every size in turn, one after the other."""
    return [resized(frames[n % len(frames)], size) for n, size in enumerate(SIZES)]


@pytest.fixture(scope="module")
def by_the_cpu(package, pictures):
    """What the same engine says of pictures that the CPU has resized."""
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        tensors = [prepare(frame, package.spec).tensor for frame in pictures]
        return [infer(engine, tensor) for tensor in tensors]


def labels_of(package, frames, *, depth):
    with make_engine("tensorrt", package, "fp32", depth=depth) as engine:
        return in_flight(engine, [prepared_for(engine, frame).tensor for frame in frames])


def assert_equal(found, expected):
    assert len(np.unique(np.stack(expected))) >= 5
    np.testing.assert_array_equal(np.stack(found), np.stack(expected))


@pytest.mark.parametrize(("seed", "depth"), [(0, 1), (3, 2), (2, 3)])
def test_labels_are_those_of_pictures_that_the_cpu_resized(
    gpu, package, pictures, by_the_cpu, seed, depth
):
    if gpu:
        gpu.reset(seed=seed)
    assert_equal(labels_of(package, pictures, depth=depth), by_the_cpu)


@pytest.mark.parametrize(("seed", "depth"), [(0, 1), (3, 2)])
def test_an_integrated_gpu_resizes_them_where_they_lie(
    fake, package, pictures, by_the_cpu, seed, depth
):
    fake.reset(seed=seed, integrated=True)
    assert_equal(labels_of(package, pictures, depth=depth), by_the_cpu)
    assert fake.calls("cuMemcpyHtoDAsync_v2") == 0


def test_without_graphs_sizes_may_change_too(fake, package, pictures, by_the_cpu):
    fake.reset(captures=False)
    assert_equal(labels_of(package, pictures, depth=2), by_the_cpu)


def test_one_frame_takes_the_same_road(package, pictures, by_the_cpu):
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        assert_equal([segment(frame, engine).labels for frame in pictures], by_the_cpu)


def test_a_picture_need_not_lie_in_one_piece(package, pictures, by_the_cpu):
    wide = np.zeros((720, 2 * 1280, 3), np.uint8)
    apart = wide[:, ::2, ::-1]
    apart[...] = pictures[0].picture
    assert not apart.flags.c_contiguous
    found = labels_of(package, [framed(apart)], depth=1)
    np.testing.assert_array_equal(found[0], by_the_cpu[0])


def test_pictures_of_one_size_are_launches_of_one_graph_for_each_slot(fake, package, pictures):
    with make_engine("tensorrt", package, "fp32", depth=2) as engine:
        in_flight(engine, [pictures[0].picture[None]] * 4)
        assert fake.calls("cuGraphLaunch") == 4
        assert fake.calls("cuGraphInstantiateWithFlags") == 2 * 2  # for (h, w) and for (H, W)


@pytest.mark.parametrize("integrated", [False, True])
def test_memory_is_held_for_the_last_size_only(fake, package, pictures, integrated):
    fake.reset(integrated=integrated)
    tensors = [frame.picture[None] for frame in pictures[:2]]
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        infer(engine, tensors[0])
        small = fake.held()
        infer(engine, tensors[1])
        assert pinned_bytes(fake.held()) - pinned_bytes(small) == 3 * (1081 * 1443 - 720 * 1280)
        infer(engine, tensors[0])
        assert fake.held() == small


def pinned_bytes(held):
    return next(int(each.split()[0]) for each in held.split(";") if "pinned" in each)


@pytest.mark.parametrize("function", ["cuMemHostAlloc", "cuMemAlloc_v2"])
def test_a_size_there_is_no_memory_for_is_one_line_and_the_one_before_still_runs(
    fake, package, pictures, by_the_cpu, function
):
    with make_engine("tensorrt", package, "fp32", depth=2) as engine:
        found = in_flight(engine, [pictures[0].picture[None]] * 2)
        before = fake.held()
        for _ in range(2):
            fake.fail(function, 1, OUT_OF_MEMORY)
            with pytest.raises(EngineError, match="memory") as caught:
                engine.submit(pictures[1].picture[None])
            assert "\n" not in str(caught.value)
        fake.fail("none", 0, 0)
        found += in_flight(engine, [pictures[0].picture[None]] * 2)
        assert fake.held() == before
    assert_equal(found, [by_the_cpu[0]] * 4)


@pytest.mark.parametrize("function", ["cuStreamBeginCapture_v2", "cuGraphInstantiateWithFlags"])
def test_a_size_that_cannot_be_recorded_runs_step_by_step(
    fake, package, pictures, by_the_cpu, function
):
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        fake.fail(function, 1, OUT_OF_MEMORY)
        found = [infer(engine, frame.picture[None]) for frame in pictures]
        assert fake.calls("cuGraphLaunch") == 0
        fake.fail("none", 0, 0)
    assert_equal(found, by_the_cpu)


def test_a_size_that_no_kernel_takes_is_one_line(package, pictures, by_the_cpu):
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        with pytest.raises(EngineError, match="1 to 16384 pixels"):
            engine.submit(np.zeros((1, 16385, 1, 3), np.uint8))
        np.testing.assert_array_equal(infer(engine, pictures[0].picture[None]), by_the_cpu[0])


def test_an_engine_closes_quietly_in_the_middle_of_a_new_size(package, pictures):
    with make_engine("tensorrt", package, "fp32", depth=2) as engine:
        for frame in pictures[:2]:
            engine.submit(frame.picture[None])
