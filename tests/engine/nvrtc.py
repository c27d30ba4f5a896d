"""Every NVRTC that PyPI's nvidia-cuda-nvrtc wheels have put beside this Python, through ctypes."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path


def installed() -> list[Path]:
    spec = find_spec("nvidia")
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or [] for path in Path(folder).rglob("libnvrtc.so.*")]
    return sorted(path for path in found if "alt" not in path.name)


class Nvrtc:
    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))

    def architectures(self) -> list[int]:
        count = ctypes.c_int()
        self._call("nvrtcGetNumSupportedArchs", ctypes.byref(count))
        numbers = (ctypes.c_int * count.value)()
        self._call("nvrtcGetSupportedArchs", numbers)
        return list(numbers)

    def cubin(self, source: str, sm: int) -> bytes:
        program = ctypes.c_void_p()
        create = (ctypes.byref(program), source.encode(), b"frame.cu", 0, None, None)
        self._call("nvrtcCreateProgram", *create)
        try:
            options = [f"--gpu-architecture=sm_{sm}".encode(), b"--std=c++17"]
            array = (ctypes.c_char_p * len(options))(*options)
            self._call("nvrtcCompileProgram", program, len(options), array)
            size = ctypes.c_size_t()
            self._call("nvrtcGetCUBINSize", program, ctypes.byref(size))
            cubin = ctypes.create_string_buffer(size.value)
            self._call("nvrtcGetCUBIN", program, cubin)
            return cubin.raw
        finally:
            self._call("nvrtcDestroyProgram", ctypes.byref(program))

    def _call(self, name: str, *arguments: object) -> None:
        result = self._library[name](*arguments)
        assert result == 0, f"{name} returned {result}"
