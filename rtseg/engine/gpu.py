"""Which NVIDIA GPU this machine has, asked of the driver itself; no package is needed for it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from rtseg.errors import EngineError

DRIVER = "libcuda.so.1"
_MAJOR, _MINOR = 75, 76
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of cuda.h."""


@dataclass(frozen=True)
class Gpu:
    """sm: compute capability, ten times the major plus the minor. cuda: what the driver speaks."""

    name: str
    sm: int
    cuda: str


def find_gpu(driver: str = DRIVER) -> Gpu | None:
    """The first one; None without a driver or a device. Makes no context."""
    try:
        cuda = ctypes.CDLL(driver)
    except OSError:
        return None
    device, version = ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(device), 0):
        return None
    name = ctypes.create_string_buffer(256)
    cuda.cuDeviceGetName(name, len(name), device)
    cuda.cuDriverGetVersion(ctypes.byref(version))
    major, minor = (_attribute(cuda, which, device) for which in (_MAJOR, _MINOR))
    spoken = f"{version.value // 1000}.{version.value % 1000 // 10}"
    return Gpu(name.value.decode(errors="replace"), 10 * major + minor, spoken)


def cuda_refusal(driver: str = DRIVER) -> int | None:
    """What cuInit answers instead of success, a CUresult of cuda.h; 0 for success.

    None without a driver.
    """
    try:
        return int(ctypes.CDLL(driver).cuInit(0))
    except OSError:
        return None


def the_gpu() -> Gpu:
    """Raises EngineError where there is none."""
    found = find_gpu()
    if found is None:
        raise EngineError(
            f"found no NVIDIA GPU, or no driver for one ({DRIVER}): install the driver, or use "
            "--backend openvino"
        )
    return found


def _attribute(cuda: ctypes.CDLL, which: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    cuda.cuDeviceGetAttribute(ctypes.byref(value), which, device)
    return value.value
