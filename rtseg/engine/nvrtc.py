"""NVRTC, NVIDIA's compiler as a library: for kernels where there is no nvcc.

It comes with the CUDA toolkit, which puts it where the loader or CUDA_HOME finds it, or with one
of NVIDIA's wheels; its C API is called through ctypes.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import platformdirs

from rtseg.engine.gpu import Gpu
from rtseg.errors import EngineError

TOOLKIT = "/usr/local/cuda"


def cubin(source: str, gpu: Gpu) -> bytes:
    """The kernels of ``source`` compiled for this GPU, kept in the user's cache for the next time.

    Raises EngineError without an NVRTC that this driver understands, or where it refuses.
    """
    library = find_nvrtc(gpu)
    if library is None:
        raise EngineError(
            f"the CUDA kernels need a compiler, nvcc or NVRTC: put {TOOLKIT}/bin into PATH, or: "
            f"pip install {_wheel(gpu)}"
        )
    compiler = Nvrtc(library)
    place = _place(f"{compiler.version} {gpu.sm} {source}")
    with suppress(OSError):
        return place.read_bytes()
    made = compiler.cubin(source, gpu.sm)
    with suppress(OSError):
        _keep(place, made)
    return made


def find_nvrtc(gpu: Gpu) -> ctypes.CDLL | None:
    """The newest that is not newer than the driver, which could not load what it makes."""
    newest = int(gpu.cuda.partition(".")[0])
    names = [*(f"libnvrtc.so.{major}" for major in range(newest, 11, -1)), "libnvrtc.so.11.2"]
    for name in names:
        for folder in _folders():
            with suppress(OSError):
                return ctypes.CDLL(os.path.join(folder, name))
    return None


class Nvrtc:
    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._library.nvrtcGetErrorString.restype = ctypes.c_char_p

    @property
    def version(self) -> str:
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        return f"{major.value}.{minor.value}"

    def cubin(self, source: str, sm: int) -> bytes:
        """Raises EngineError with the first error that the compiler names."""
        program = ctypes.c_void_p()
        created = (ctypes.byref(program), source.encode(), b"frame.cu", 0, None, None)
        self._call("nvrtcCreateProgram", *created)
        try:
            options = (ctypes.c_char_p * 2)(f"--gpu-architecture=sm_{sm}".encode(), b"--std=c++17")
            if self._library.nvrtcCompileProgram(program, len(options), options):
                raise EngineError(
                    f"NVRTC {self.version} cannot compile the CUDA kernels for SM{sm}: "
                    f"{self._complaint(program)}; use the nvcc of a CUDA toolkit for this GPU"
                )
            return self._read("nvrtcGetCUBIN", program)
        finally:
            self._call("nvrtcDestroyProgram", ctypes.byref(program))

    def _complaint(self, program: ctypes.c_void_p) -> str:
        log = self._read("nvrtcGetProgramLog", program).rstrip(b"\0").decode(errors="replace")
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        return next((line for line in lines if "error" in line), "no reason given")

    def _read(self, name: str, program: ctypes.c_void_p) -> bytes:
        size = ctypes.c_size_t()
        self._call(f"{name}Size", program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        self._call(name, program, text)
        return text.raw

    def _call(self, name: str, *arguments: Any) -> None:
        if result := getattr(self._library, name)(*arguments):
            words = self._library.nvrtcGetErrorString(result) or b"no reason given"
            raise EngineError(f"{name} failed: {words.decode()}; install NVRTC again")


def _folders() -> Iterator[str]:
    """The toolkit's, the wheels', and at last wherever the loader looks by itself."""
    yield os.path.join(os.environ.get("CUDA_HOME") or TOOLKIT, "lib64")
    spec = find_spec("nvidia")
    for wheels in (spec.submodule_search_locations if spec else None) or ():
        yield from sorted(str(folder) for folder in Path(wheels).glob("*/lib"))
    yield ""


def _wheel(gpu: Gpu) -> str:
    """By the names of PyPI, where CUDA's major is left out from 13 on."""
    major = int(gpu.cuda.partition(".")[0])
    return "nvidia-cuda-nvrtc" if major > 12 else f"nvidia-cuda-nvrtc-cu{major}"


def _place(key: str) -> Path:
    name = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.cubin"
    return Path(platformdirs.user_cache_dir("rtseg")) / "kernels" / name


def _keep(place: Path, made: bytes) -> None:
    """Whole or not at all: another process may be doing the same."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, delete=False) as part:
        part.write(made)
    os.replace(part.name, place)
