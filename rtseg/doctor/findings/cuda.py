"""What follows from pycuda and the CUDA toolkit, where there is a GPU."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.graphics import TOOLKIT, Graphics
from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.facts.packages import Packages
from rtseg.doctor.facts.python import Python
from rtseg.doctor.finding import Finding, fine
from rtseg.doctor.findings.driver import ON_CPU
from rtseg.doctor.place import numbers

CUDA_13, FIRST_SM_OF_13 = 13, 75
"""CUDA 13 compiles for nothing older than Turing: its release notes."""


def pycuda(graphics: Graphics, packages: Packages, python: Python) -> Iterator[Finding]:
    if not graphics.gpu:
        return
    found = packages.loads.get("pycuda.driver")
    install = f"PATH={TOOLKIT}/bin:$PATH {python.pip} install"
    if found is None:
        yield Finding(
            "hint",
            "no-pycuda",
            "pycuda is not installed",
            "it has no wheels: pip compiles it with nvcc and the headers of the CUDA toolkit",
            ON_CPU,
            f"{install} 'rtseg[tensorrt]'",
        )
    elif found.error:
        yield Finding(
            "warning",
            "pycuda-does-not-load",
            "pycuda is installed and cannot be loaded",
            found.error,
            ON_CPU,
            f"{install} --no-cache-dir --force-reinstall --no-deps pycuda",
        )
    else:
        yield fine("pycuda", "pycuda can be loaded")


def toolkit(graphics: Graphics, jetson: Jetson) -> Iterator[Finding]:
    gpu, found = graphics.gpu, graphics.toolkit
    if not gpu:
        return
    if found is None:
        yield Finding(
            "hint",
            "no-nvcc",
            "the CUDA toolkit is not installed",
            f"there is no nvcc, neither on the PATH nor in {TOOLKIT}/bin",
            f"pycuda cannot be compiled; rtseg's kernels only where NVRTC is; {ON_CPU}",
            "sudo apt install nvidia-jetpack"
            if jetson.model
            else "sudo apt install nvidia-cuda-toolkit",
        )
    elif not found.on_path:
        yield Finding(
            "warning",
            "nvcc-not-on-path",
            f"the CUDA toolkit is installed, and PATH does not lead to {found.nvcc}",
            "the toolkit's packages do not put it there",
            "pycuda cannot be compiled; rtseg's kernels are, if NVRTC is found in its place",
            f"export PATH={found.nvcc.rpartition('/')[0]}:$PATH",
        )
    else:
        yield fine("nvcc", f"nvcc of CUDA {found.version or 'an unknown version'}: {found.nvcc}")


def toolkit_fits(graphics: Graphics) -> Iterator[Finding]:
    gpu, found = graphics.gpu, graphics.toolkit
    if not gpu or not found or not found.version:
        return
    made = numbers(found.version)[0]
    if made > numbers(gpu.cuda)[0]:
        yield Finding(
            "warning",
            "nvcc-newer-than-driver",
            f"nvcc is of CUDA {found.version}, the driver speaks {gpu.cuda}",
            f"driver {graphics.driver} is older than the toolkit",
            "the driver may refuse what nvcc compiles: --backend tensorrt fails",
            f"export PATH={TOOLKIT}-{numbers(gpu.cuda)[0]}/bin:$PATH   # or update the driver",
        )
    elif made >= CUDA_13 and gpu.sm < FIRST_SM_OF_13:
        yield Finding(
            "warning",
            "nvcc-lacks-gpu",
            f"nvcc of CUDA {found.version} does not compile for {gpu.name} (SM {gpu.sm})",
            "CUDA 13 begins at SM 75, Turing",
            "rtseg's kernels cannot be compiled: --backend tensorrt fails",
            "sudo apt install cuda-toolkit-12-9 && export PATH=/usr/local/cuda-12.9/bin:$PATH",
        )
    else:
        yield fine("toolkit", "the CUDA toolkit fits driver and GPU")
