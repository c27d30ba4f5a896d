"""Kernels compiled at run time by the NVRTC that NVIDIA's wheels put beside this Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from cubin import kernels_of
from nvrtc import installed

from rtseg.engine.gpu import Gpu
from rtseg.engine.kernels import source
from rtseg.engine.nvrtc import cubin, find_nvrtc
from rtseg.errors import EngineError

KERNELS = {
    "prepare_packed_fp32",
    "prepare_packed_fp16",
    "prepare_nv12_fp32",
    "prepare_nv12_fp16",
    "overlay",
}

needs_nvrtc = pytest.mark.skipif(
    not installed(), reason="no NVRTC beside this Python: pip install nvidia-cuda-nvrtc"
)


def gpu(sm=86, cuda="13.0"):
    return Gpu("a GPU", sm, cuda)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "no toolkit"))
    return tmp_path / "rtseg" / "kernels"


def kept(cache):
    return {path.name: path for path in cache.iterdir()}


@needs_nvrtc
def test_all_kernels_are_compiled_for_the_gpu_and_kept(cache):
    made = cubin(source(), gpu())
    assert kernels_of(made).keys() == KERNELS
    (path,) = kept(cache).values()
    assert path.read_bytes() == made


@needs_nvrtc
def test_what_was_kept_is_taken_for_the_same_gpu_and_source_only(cache):
    cubin(source(), gpu())
    (path,) = kept(cache).values()
    path.write_bytes(b"kept")
    assert cubin(source(), gpu()) == b"kept"
    assert cubin(source(), gpu(sm=89)) != b"kept"
    assert cubin(source() + "\n", gpu()) != b"kept"
    assert len(kept(cache)) == 3


@needs_nvrtc
def test_a_cache_that_cannot_be_written_is_none(cache):
    cache.parent.write_text("a file where the folder should be")
    assert kernels_of(cubin(source(), gpu())).keys() == KERNELS


@needs_nvrtc
def test_a_source_or_gpu_that_it_refuses_is_one_line_with_the_compiler_s_reason(cache):
    reason = r"NVRTC 1\d\.\d+ .* SM86: frame.cu\(1\): error: "
    with pytest.raises(EngineError, match=reason) as caught:
        cubin("nonsense", gpu())
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError, match=r"SM30: .*gpu-architecture"):
        cubin(source(), gpu(sm=30))
    assert not cache.exists()


@needs_nvrtc
@pytest.mark.parametrize("library", installed(), ids=lambda path: path.name)
def test_no_nvrtc_is_taken_that_is_newer_than_the_driver(library):
    major = int(library.name.rpartition(".")[2])
    found = find_nvrtc(gpu(cuda=f"{major}.9"))
    assert found is not None
    assert Path(found._name) == library


def test_without_any_one_line_names_both_compilers_and_the_wheel_for_the_driver():
    with pytest.raises(EngineError, match=r"nvcc or NVRTC: .*nvidia-cuda-nvrtc-cu11$") as caught:
        cubin(source(), gpu(cuda="11.4"))
    assert "\n" not in str(caught.value)
