"""frame.cu through NVIDIA's own compilers, which need no GPU."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from cubin import kernels_of
from nvrtc import Nvrtc, installed

from rtseg.engine import kernels
from rtseg.engine.kernels import overlay_launch, prepare_launch
from rtseg.types import ModelSpec

ARCHITECTURES = {75, 80, 86, 87, 89, 90, 100, 110, 120}
ONLY_IN_CUDA_12 = {72, 101}
STRUCTS = {
    "Sampling": kernels.SAMPLING,
    "Levels": kernels.LEVELS,
    "Conversion": kernels.CONVERSION,
    "Stretch": kernels.STRETCH,
    "Blending": kernels.BLENDING,
}
NVCC = which("nvcc") or which("/usr/local/cuda/bin/nvcc")

needs_nvcc = pytest.mark.skipif(NVCC is None, reason="no nvcc on this machine")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder of cubins and PTX, and what ptxas said, from one run for all architectures."""
    folder = tmp_path_factory.mktemp("nvcc")
    source = folder / "frame.cu"
    source.write_text(kernels.source() + "".join(map(layout_table, STRUCTS)), encoding="utf-8")
    codes = [f"-gencode=arch=compute_{sm},code=sm_{sm}" for sm in sorted(ARCHITECTURES)]
    options = ["--threads=2", "--keep", f"--keep-dir={folder}", "-Xptxas=-v"]
    command = [NVCC, "-fatbin", *options, *codes, str(source), "-o", str(folder / "frame.fatbin")]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return folder, ended.stderr + ended.stdout


def layout_table(struct):
    """C that makes the compiler write the offset of every field, and the size of all, into PTX."""
    offsets = [f"__builtin_offsetof({struct}, {name})" for name in STRUCTS[struct].names]
    values = ", ".join([*offsets, f"sizeof({struct})"])
    return f'\nextern "C" __device__ const unsigned layout_of_{struct}[] = {{{values}}};'


def launches():
    spec = ModelSpec(352, 480, "rgb", (0.0,) * 3, (1.0,) * 3, "camvid11")
    shape = (720, 1280)
    for layout in ("rgb", "nv12"):
        for half in (False, True):
            yield prepare_launch(spec, shape, source=1, target=2, layout=layout, half=half)
    yield overlay_launch(spec, shape, (44, 60), source=1, target=2, labels=3, weights=4)


def packing(launch):
    """(offset, bytes) of every argument in the packed buffer, worked from the bytes themselves."""
    found, place = [], 0
    for argument in launch.arguments:
        place = launch.packed().index(argument.tobytes(), place)
        found.append((place, argument.nbytes))
        place += argument.nbytes
    assert place == len(launch.packed())
    return found


def check(cubin):
    found = kernels_of(cubin)
    assert found.keys() == {launch.kernel for launch in launches()}
    for launch in launches():
        kernel = found[launch.kernel]
        assert kernel.stack == 0, "registers were spilled to memory"
        assert 0 < kernel.registers <= 64, "blocks of 256 no longer fill a multiprocessor"
        assert kernel.parameters == packing(launch)


@needs_nvcc
def test_nvcc_spills_nothing_and_agrees_on_every_parameter(compiled):
    folder, said = compiled
    cubins = {path.stem: path for path in folder.glob("*.cubin")}
    assert len(cubins) == len(ARCHITECTURES)
    for path in cubins.values():
        check(path.read_bytes())
    spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", said)
    assert len(spills) == len(ARCHITECTURES) * len(list(launches()))
    assert set(spills) == {("0", "0")}
    assert "warning" not in said


@needs_nvcc
def test_the_registers_that_ptxas_reports_are_those_read_from_the_cubins(compiled):
    folder, said = compiled
    reported = re.findall(
        r"entry function '(\w+)' for 'sm_(\d+)'.*?Used (\d+) reg", said, re.DOTALL
    )
    assert len(reported) == len(ARCHITECTURES) * len(list(launches()))
    for name, sm, registers in reported:
        (path,) = folder.glob(f"*_{sm}.cubin")
        assert kernels_of(path.read_bytes())[name].registers == int(registers)


@needs_nvcc
@pytest.mark.parametrize("struct", STRUCTS)
def test_the_compiler_puts_every_field_where_python_packs_it(compiled, struct):
    folder, _ = compiled
    ptx = next(folder.glob("*.ptx")).read_text(encoding="utf-8")
    pattern = rf"\.b8 layout_of_{struct}\[(\d+)\] = \{{([\d, ]+)\}}"
    ((size, table),) = re.findall(pattern, ptx)
    values = [int(byte) for byte in table.split(",")]
    memory = np.zeros(int(size), np.uint8)  # the PTX leaves zeros at the end out
    memory[: len(values)] = values
    dtype = STRUCTS[struct]
    expected = [*(dtype.fields[name][1] for name in dtype.names), dtype.itemsize]
    assert memory.view("<u4").tolist() == expected


@pytest.mark.parametrize("library", installed() or [None], ids=lambda path: path and path.name)
def test_nvrtc_spills_nothing_and_agrees_on_every_parameter(library):
    if library is None:
        pytest.skip("no NVRTC beside this Python: pip install nvidia-cuda-nvrtc")
    compiler = Nvrtc(Path(library))
    wanted = (ARCHITECTURES | ONLY_IN_CUDA_12) & set(compiler.architectures())
    assert len(wanted) >= len(ARCHITECTURES) - 1  # 110 is CUDA 13's name for CUDA 12's 101
    for sm in wanted:
        check(compiler.cubin(kernels.source(), sm))
