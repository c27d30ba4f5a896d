from __future__ import annotations

from dataclasses import replace
from shutil import which

import numpy as np
import pytest
from host_kernels import HostKernels, compile_for_host
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_checks import CHECKS, close, network, noise, normalised, on_cpu

from rtseg.engine.kernels import Content, Launch, fitted, overlay_launch, palette, prepare_launch
from rtseg.errors import EngineError
from rtseg.labels import CAMVID
from rtseg.overlay import Look, weights
from rtseg.source.images import ImageFolder

SPEC = network((352, 480))
SHAPE = (720, 1280)


@pytest.fixture(scope="session")
def host_kernels(tmp_path_factory):
    if which("g++") is None:
        pytest.skip("no g++ on this machine")
    library = tmp_path_factory.mktemp("kernels") / "frame.so"
    return HostKernels(compile_for_host(library, "-O2"))


@pytest.mark.parametrize("check", CHECKS)
def test_the_kernels_pass(host_kernels, check):
    CHECKS[check](host_kernels)


sides = st.integers(1, 150)


@settings(max_examples=80, deadline=None)
@given(st.tuples(sides, sides), st.tuples(sides, sides), st.integers(0, 2**32 - 1))
def test_pictures_of_any_size_are_prepared_as_on_the_cpu(host_kernels, shape, size, seed):
    picture, spec = noise((*shape, 3), seed), network(size)
    close(host_kernels.prepare(spec, picture, shape), normalised(on_cpu(picture, spec)))


@pytest.mark.shared
def test_real_pictures_are_prepared_as_on_the_cpu(host_kernels, shared):
    with ImageFolder(str(shared / "images")) as source:
        pictures = [frame.picture for frame in source][::8]
    for picture in pictures:
        found = host_kernels.prepare(SPEC, picture, picture.shape[:2])
        close(found, normalised(on_cpu(picture, SPEC)))


def test_a_launch_covers_the_network_and_packs_every_argument_in_order():
    launch = prepare_launch(replace(SPEC, width=481), SHAPE, source=16, target=32, pitch=4096)
    assert launch.kernel == "prepare_packed_fp32"
    assert (launch.grid, launch.block) == ((16, 44, 1), (32, 8, 1))
    packed = launch.packed()
    assert np.frombuffer(packed[:16], np.uint64).tolist() == [16, 32]
    whole = [4096, 2, 360, 640, 352, 481, 0, 0, 352, 481, 1]
    assert np.frombuffer(packed[16:60], np.int32).tolist() == whole
    assert np.frombuffer(packed[60:64], np.float32) == 0.25
    assert len(packed) == 16 + 48 + 28


def test_an_address_behind_a_struct_is_aligned():
    launch = Launch("any", (1, 1, 1), (1, 1, 1), (np.int32(1), np.uint64(2)))
    assert launch.packed() == bytes([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])


def test_chroma_lies_behind_the_luma_unless_an_address_says_otherwise():
    launch = prepare_launch(SPEC, SHAPE, source=4096, target=8, layout="nv12", half=True)
    assert launch.kernel == "prepare_nv12_fp16"
    assert launch.arguments[:3] == (4096, 4096 + 720 * 1280, 8)
    other = prepare_launch(SPEC, SHAPE, source=4096, target=8, layout="nv12", chroma=64)
    assert other.arguments[:3] == (4096, 64, 8)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((720, 1280), Content(41, 0, 270, 480)),
        ((1280, 720), Content(0, 141, 352, 198)),
        ((352, 480), Content(0, 0, 352, 480)),
        ((1, 16384), Content(175, 0, 1, 480)),
    ],
)
def test_a_letterbox_keeps_proportions_and_centres(shape, expected):
    assert fitted(SPEC, shape, "letterbox") == expected


def test_a_palette_is_in_the_order_of_the_picture():
    keep, add = weights(CAMVID, Look())
    table = palette(keep, add, layout="bgr")
    assert table.shape == (256, 4)
    assert table[3].tolist() == [128, 128 * 128 + 128, 64 * 128 + 128, 128 * 128 + 128]  # road
    assert table[1].tolist() == [128, 128, 128, 128 * 128 + 128]  # building: (128, 0, 0)
    assert table[255].tolist() == [256, 128, 128, 128]


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((0, 5), {}, "0x5 .* 1 to 16384"),
        ((5, 16385), {}, "5x16385 .* 1 to 16384"),
        ((5, 7), {"pitch": 20}, "7 rgb pixels takes 21 bytes, not 20"),
        ((5, 7), {"pitch": 7, "layout": "nv12"}, "7 nv12 pixels takes 8 bytes, not 7"),
    ],
)
def test_a_picture_that_the_kernels_cannot_read_is_refused(shape, options, message):
    with pytest.raises(EngineError, match=message):
        prepare_launch(SPEC, shape, source=1, target=2, **options)


def test_a_network_far_too_small_for_the_picture_is_refused():
    with pytest.raises(EngineError, match="2048 times"):
        prepare_launch(network((1, 1)), (16384, 16384), source=1, target=2)


def test_labels_that_need_more_than_32_bits_are_refused():
    with pytest.raises(EngineError, match="32 bits"):
        overlay_launch(
            network((16381, 16381)),
            (16384, 9973),
            (16369, 16369),
            source=1,
            target=1,
            labels=2,
            weights=3,
            fit="letterbox",
        )
