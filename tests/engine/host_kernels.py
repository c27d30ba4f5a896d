"""frame.cu compiled for the CPU, launched with the very argument buffer that a GPU would get."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np

from rtseg.engine import kernels

CUDA = Path(__file__).parent / "cuda"
FLAGS = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-ffp-contract=off"]
FAULTS = {
    1: "no kernel of that name",
    2: "the arguments have another size than the kernel's parameters",
    3: "the address sanitizer objects",
}


def compile_for_host(library: Path, *flags: str) -> Path:
    frame = library.with_suffix(".cu")
    frame.write_text(kernels.source(), encoding="utf-8")
    define = f'-DFRAME="{frame}"'
    command = ["g++", *FLAGS, *flags, define, str(CUDA / "host.cpp"), "-o", str(library)]
    subprocess.run(command, check=True)
    return library


def compile_variants_for_host(library: Path, sources: dict[str, str], *flags: str) -> Path:
    """Each with an entry of its name; together, because most of the time goes into headers."""
    lines = ['#include "shim.h"', "#include <sanitizer/asan_interface.h>", "#include <tuple>"]
    for name, source in sources.items():
        frame = library.with_name(f"{name}.cu")
        frame.write_text(source.replace('extern "C" ', ""), encoding="utf-8")
        lines += [f'#define FRAME "{frame}"', f"#define LAUNCH {name}"]
        lines += [f"namespace with_{name} {{", '#include "host.cpp"', "}"]
        lines += ["#undef FRAME", "#undef LAUNCH"]
    every = library.with_suffix(".cpp")
    every.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shared = [flag for flag in FLAGS if not flag.startswith("-W")]
    command = ["g++", *shared, *flags, f"-I{CUDA}", str(every), "-o", str(library)]
    subprocess.run(command, check=True)
    return library


class HostKernels:
    def __init__(self, library: Path, entry: str = "launch_on_host") -> None:
        self._launch = ctypes.CDLL(str(library))[entry]

    def launch(self, launch: kernels.Launch) -> None:
        grid, block = ((ctypes.c_uint * 3)(*size) for size in (launch.grid, launch.block))
        packed = launch.packed()
        kernel = launch.kernel.encode()
        fault = self._launch(kernel, grid, block, packed, ctypes.c_size_t(len(packed)))
        assert fault == 0, FAULTS[fault]

    def prepare(self, spec, pixels, shape, *, half=False, chroma=None, **options):
        """(1, 3, h, w), surrounded by marks that must not be overwritten."""
        size = 3 * spec.height * spec.width
        memory = np.full(size + 64, 7, np.float16 if half else np.float32)
        memory[32:-32] = np.nan
        if chroma is not None:
            options["chroma"] = chroma.ctypes.data
        self.launch(
            kernels.prepare_launch(
                spec,
                shape,
                source=pixels.ctypes.data,
                target=memory[32:].ctypes.data,
                half=half,
                **options,
            )
        )
        assert (memory[:32] == 7).all()
        assert (memory[-32:] == 7).all()
        return memory[32:-32].reshape(1, 3, spec.height, spec.width)

    def overlay(self, spec, pixels, shape, *, labels, weights, target, **options):
        self.launch(
            kernels.overlay_launch(
                spec,
                shape,
                labels.shape,
                source=pixels.ctypes.data,
                target=target.ctypes.data,
                labels=labels.ctypes.data,
                weights=weights.ctypes.data,
                **options,
            )
        )


def pitched(picture, pitch):
    """The bytes of rows that are pitch bytes apart, with noise in the gaps and none at the end."""
    rows = picture.reshape(len(picture), -1)
    noise = np.random.default_rng(9).integers(0, 256, (len(rows), pitch), np.uint8)
    noise[:, : rows.shape[1]] = rows
    return noise.ravel()[: pitch * (len(rows) - 1) + rows.shape[1]].copy()
