"""A fake libcuda.so.1 and a pycuda linked with it, built once for each machine into its cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import pytest
from host_kernels import CUDA, compile_for_host

from rtseg.engine import kernels

CACHE = Path(platformdirs.user_cache_dir("rtseg")) / "fake-cuda"
ROOT = Path(os.environ.get("CUDA_HOME", "/usr/local/cuda"))
PYCUDA = "pycuda==2026.1"
NEEDED_BY_PYCUDA = ("pytools", "mako", "siphash24", "typing_extensions", "markupsafe")

HEADER = ROOT / "include" / "cuda.h"


def environment() -> dict[str, str]:
    """Of a process for which libcuda, pycuda and TensorRT are ours."""
    here = Path(__file__).parent
    folders = (here.parents[1], here / "doubles", pycuda())
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "LD_LIBRARY_PATH": str(driver()),
        "CHECKED_ON": "fakes",
    }


def driver() -> Path:
    """The folder of libcuda.so.1 and kernels.so, which has frame.cu compiled for the CPU."""
    for tool in ("g++", "nvcc"):
        if not shutil.which(tool):
            pytest.skip(f"no {tool}: the fake CUDA driver cannot be built or fed")
    if not HEADER.is_file():
        pytest.skip(f"no {HEADER}: the fake CUDA driver cannot be built")
    sources = sorted([*CUDA.glob("*.*"), *(CUDA / "driver").iterdir()])
    digest = hashlib.sha256(kernels.source().encode() + HEADER.read_bytes())
    for source in sources:
        digest.update(source.read_bytes())
    return _cached(CACHE / f"driver-{digest.hexdigest()[:16]}", _build_driver)


def pycuda() -> Path:
    """A folder for PYTHONPATH. Takes minutes where the cache is empty."""
    version = f"{PYCUDA.replace('==', '-')}-cp{sys.version_info[0]}{sys.version_info[1]}"
    return _cached(CACHE / version, _build_pycuda)


def _cached(folder: Path, build: object) -> Path:
    with _lock(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            part = folder.with_name(f"{folder.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            build(part)
            part.rename(folder)
    return folder


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build_driver(folder: Path) -> None:
    declared = set(re.findall(r"CUresult\s+CUDAAPI\s+(cu\w+)\(", HEADER.read_text("utf-8")))
    versioned = re.findall(
        r"#\s*define\s+(cu\w+)\s+(?:__CUDA_API_P\w+\()?(cu\w+)\)?", HEADER.read_text("utf-8")
    )
    names = sorted(declared | {name for pair in versioned for name in pair} | PROFILER)
    refusals = [
        f'__attribute__((weak)) int {name}(void) {{ return fake_refuse("{name}"); }}\n'
        for name in names
    ]
    code = "extern int fake_refuse(const char *function);\n" + "".join(refusals)
    (folder / "refusals.c").write_text(code, encoding="utf-8")
    library = folder / "libcuda.so.1"
    _run("gcc", "-w", "-c", "-fPIC", folder / "refusals.c", "-o", folder / "refusals.o")
    flags = ["-std=c++17", "-O1", "-shared", "-fPIC", f"-I{ROOT / 'include'}"]
    objects = [*sorted((CUDA / "driver").glob("*.cpp")), folder / "refusals.o"]
    _run("g++", *flags, "-Wl,-soname,libcuda.so.1", *objects, "-ldl", "-o", library)
    (folder / "libcuda.so").symlink_to(library.name)
    compile_for_host(folder / "kernels.so", "-O2")


PROFILER = {"cuProfilerStart", "cuProfilerStop", "cuProfilerInitialize"}
"""pycuda links these; they are declared in another header."""


def _build_pycuda(folder: Path) -> None:
    libraries = driver()
    pip = (sys.executable, "-m", "pip")
    work = folder / "work"
    download = ["download", "-q", "--no-deps", "--no-build-isolation", "--no-binary", "pycuda"]
    try:
        _run(*pip, *download, "-d", work, PYCUDA)
        with tarfile.open(next(work.glob("*.tar.gz"))) as archive:
            archive.extractall(work, filter="data")
        source = next(path for path in work.iterdir() if path.is_dir())
        configure = [f"--cuda-root={ROOT}", "--no-cuda-enable-curand"]
        places = [f"--cudadrv-lib-dir={libraries}"]
        _run(sys.executable, "configure.py", *configure, *places, cwd=source)
        flags = ["install", "-q", "--no-deps", "--no-build-isolation", "--target", folder]
        _run(*pip, *flags, source, *NEEDED_BY_PYCUDA)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{PYCUDA} cannot be built here: {(error.stderr or '').strip()[-300:]}")
    shutil.rmtree(work)


def _run(*words: object, cwd: Path | None = None) -> None:
    subprocess.run(
        [str(word) for word in words], cwd=cwd, check=True, capture_output=True, text=True
    )
