"""What the TensorRT engine must do, on a GPU as on the fakes; ``test_trt.py`` runs this file."""

from __future__ import annotations

import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from trt_parts import ILLEGAL_ADDRESS, OUT_OF_MEMORY, in_flight, infer

from rtseg.engine import cuda
from rtseg.engine.backends import choose_backend, make_engine
from rtseg.errors import EngineError


def assert_same(found, expected):
    """0.999: two runtimes round differently where two classes are equally likely."""
    assert len(np.unique(np.stack(expected))) >= 5
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.shape, ours.dtype) == (theirs.shape, np.uint8)
        assert (ours == theirs).mean() >= 0.999


@pytest.mark.parametrize(("seed", "depth"), [(0, 1), (0, 2), (1, 2), (2, 3), (3, 3), (4, 2)])
def test_labels_are_those_of_openvino_whatever_runs_when(
    gpu, package, streets, expected, seed, depth
):
    if gpu:
        gpu.reset(seed=seed)
    with make_engine("tensorrt", package, "fp32", depth=depth) as engine:
        found = in_flight(engine, streets)
    assert_same(found, expected)


def test_each_tensor_is_one_launch_of_a_recorded_graph(fake, package, streets, expected):
    with make_engine("tensorrt", package, "fp32") as engine:
        before = fake.calls("cuMemcpyHtoDAsync_v2")
        found = in_flight(engine, streets)
        assert fake.calls("cuGraphLaunch") == len(streets)
        assert fake.calls("cuMemcpyHtoDAsync_v2") == before
    assert_same(found, expected)


def test_without_graphs_every_step_is_enqueued(fake, package, streets, expected):
    fake.reset(captures=False)
    with make_engine("tensorrt", package, "fp32") as engine:
        found = in_flight(engine, streets)
        assert fake.calls("cuGraphLaunch") == 0
    assert_same(found, expected)


@pytest.mark.parametrize("seed", [0, 1])
def test_an_integrated_gpu_computes_in_the_host_s_memory(fake, package, streets, expected, seed):
    fake.reset(integrated=True, seed=seed)
    with make_engine("tensorrt", package, "fp32") as engine:
        found = in_flight(engine, streets)
    assert fake.calls("cuMemcpyHtoDAsync_v2") == fake.calls("cuMemcpyDtoHAsync_v2") == 0
    assert_same(found, expected)


def test_another_thread_is_refused_in_one_line(gpu, package, streets):
    """The GPU's context belongs to the thread that opened the engine."""
    with (
        ThreadPoolExecutor(1) as pool,
        make_engine("tensorrt", package, "fp32", depth=1) as engine,
        pytest.raises(EngineError, match="invalid device context") as caught,
    ):
        pool.submit(engine.submit, streets[0]).result()
    assert "\n" not in str(caught.value)
    if gpu:
        assert gpu.found() == "cuGraphLaunch: no context in this thread\n"
        gpu.reset()


def test_the_labels_belong_to_the_caller_and_outlive_the_engine(package, streets):
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        first = infer(engine, streets[0])
        kept = first.copy()
        infer(engine, streets[1])
    np.testing.assert_array_equal(first, kept)
    assert first.flags.writeable


def test_an_engine_closes_quietly_with_tensors_still_in_flight(package, streets):
    with make_engine("tensorrt", package, "fp32") as engine:
        for tensor in streets[: engine.depth]:
            engine.submit(tensor)


def test_an_engine_opens_again(package, streets, expected):
    engine = make_engine("tensorrt", package, "fp32", depth=1)
    for _ in range(2):
        with engine:
            assert_same([infer(engine, tensor) for tensor in streets], expected)


def test_it_says_what_runs_on_what(package):
    engine = make_engine("tensorrt", package, "fp32")
    info = engine.info
    assert (info.backend, info.precision) == ("tensorrt", "fp32")
    assert info.device
    assert info.precisions["fp32"] > 10


@pytest.mark.parametrize(
    ("function", "calls"),
    [
        ("cuMemAlloc_v2", range(1, 12)),
        ("cuMemHostAlloc", range(1, 5)),
        ("cuStreamCreate", range(1, 3)),
        ("cuEventCreate", range(1, 3)),
    ],
)
def test_each_allocation_may_fail_and_nothing_is_left(fake, package, function, calls):
    for nth in calls:
        fake.reset()
        fake.fail(function, nth, OUT_OF_MEMORY)
        with pytest.raises(EngineError) as caught, make_engine("tensorrt", package, "fp32"):
            pass
        assert "memory" in str(caught.value)
        assert "\n" not in str(caught.value)
        assert fake.found() == "", f"{function} number {nth}"


def test_there_are_no_more_allocations_than_those_that_failed(fake, package):
    with make_engine("tensorrt", package, "fp32"):
        made = {name: fake.calls(name) for name in ("cuMemAlloc_v2", "cuMemHostAlloc")}
    assert made == {"cuMemAlloc_v2": 11, "cuMemHostAlloc": 4}


@pytest.mark.parametrize(
    "function",
    [
        "cuInit",
        "cuDevicePrimaryCtxRetain",
        "cuCtxPushCurrent_v2",
        "cuModuleLoadDataEx",
        "cuModuleGetFunction",
        "cuMemcpyHtoDAsync_v2",
        "cuLaunchKernel",
        "cuStreamSynchronize",
        "cuEventRecord",
        "cuEventSynchronize",
    ],
)
def test_a_driver_that_objects_is_one_line(fake, package, streets, function):
    made = make_engine("tensorrt", package, "fp32")
    fake.fail(function, 1, 1)
    with pytest.raises(EngineError) as caught, made as engine:
        infer(engine, streets[0])
    assert "\n" not in str(caught.value)
    assert fake.found() == ""


def test_a_gpu_that_is_lost_in_the_middle_is_one_line(fake, package, streets):
    with make_engine("tensorrt", package, "fp32", depth=1) as engine:
        infer(engine, streets[0])
        fake.fail("cuEventSynchronize", 1, ILLEGAL_ADDRESS)
        engine.submit(streets[1])
        with pytest.raises(EngineError, match="illegal memory access") as caught:
            engine.collect()
    assert "\n" not in str(caught.value)
    fake.reset()  # a lost GPU takes nothing back


def test_auto_takes_the_engine_that_was_built(package):
    assert choose_backend("auto", package) == "tensorrt"


def test_auto_reads_the_engine_once_to_check_it(package):
    opened = []

    def note(event, arguments):
        if event == "open" and str(arguments[0]).endswith("engine.plan"):
            opened.append(arguments[0])

    sys.addaudithook(note)
    assert make_engine("auto", package, "fp32", depth=1).info.backend == "tensorrt"
    assert len(opened) == 1


def test_auto_takes_openvino_for_a_precision_that_was_not_built(package):
    assert choose_backend("auto", package, "int8") == "openvino"
    assert choose_backend("auto", package, "bf16") == "openvino"


def test_an_engine_that_was_not_built_is_one_line_that_says_how(package):
    with pytest.raises(EngineError, match=r"rtseg build roadlite-camvid .*--precision int8"):
        make_engine("tensorrt", package, "int8")


def test_two_engines_in_one_thread_share_the_gpu(package, streets, expected):
    with (
        make_engine("tensorrt", package, "fp32", depth=1) as one,
        make_engine("tensorrt", package, "fp32", depth=1) as other,
    ):
        one.submit(streets[0])
        other.submit(streets[1])
        found = [one.collect(), other.collect()]
    assert_same(found, expected[:2])


def test_memory_is_given_back_before_the_context(package):
    with cuda.Cuda() as gpu:
        gpu.on_device(1000)
        gpu.pinned((10,), np.uint8)
        gpu.stream()


def unknown_call(gpu):
    ctypes.CDLL("libcuda.so.1").cuMemcpy(0, 0, 1)


def host_memory_changed_under_a_copy(gpu):
    stream, pinned = gpu.stream(), gpu.pinned((16,), np.uint8)
    stream.upload(gpu.on_device(16), pinned)
    pinned[0] = 1
    stream.wait_for_all()


def streams_that_nothing_orders(gpu):
    address, pinned = gpu.on_device(16), gpu.pinned((16,), np.uint8)
    first, second = gpu.stream(), gpu.stream()
    first.upload(address, pinned)
    second.download(gpu.pinned((16,), np.uint8), address)


def copy_beyond_the_end(gpu):
    with pytest.raises(EngineError, match="invalid argument"):
        gpu.stream().upload(gpu.on_device(8), gpu.pinned((16,), np.uint8))


@pytest.mark.parametrize(
    ("misuse", "found"),
    [
        (unknown_call, "cuMemcpy is not a call that rtseg makes"),
        (host_memory_changed_under_a_copy, "the host touched pinned memory while"),
        (streams_that_nothing_orders, "nothing orders it behind"),
        (copy_beyond_the_end, "not inside a live allocation"),
    ],
)
def test_the_fake_driver_notices_misuse(fake, misuse, found):
    with cuda.Cuda() as gpu:
        misuse(gpu)
    assert found in fake.found()
    fake.reset()
