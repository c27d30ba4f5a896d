"""What follows from NVIDIA's GPU and its driver."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.graphics import Graphics
from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.facts.system import System
from rtseg.doctor.finding import Finding, fine

ON_CPU = "TensorRT engines cannot run; --backend auto takes OpenVINO, on the CPU"

UBUNTU, DEBIAN = "sudo ubuntu-drivers install", "sudo apt install nvidia-driver"

STUB, NO_DEVICE, MISMATCH = 34, 100, 803
"""CUresult of cuda.h: a stub of the library, no device, a library and a module that differ."""


def driver(graphics: Graphics, jetson: Jetson, system: System) -> Iterator[Finding]:
    present = graphics.cards or graphics.driver or jetson.model
    if graphics.gpu:
        gpu = graphics.gpu
        words = f"{gpu.name} (SM {gpu.sm}), driver {graphics.driver or 'unknown'}, CUDA {gpu.cuda}"
        yield fine("gpu", words)
    elif graphics.visible in ("", "-1"):
        yield Finding(
            "hint",
            "gpu-hidden",
            f"CUDA_VISIBLE_DEVICES={graphics.visible} hides every GPU",
            "the variable is set in this environment",
            ON_CPU,
            "unset CUDA_VISIBLE_DEVICES",
        )
    elif not present:
        yield fine("gpu", "no NVIDIA GPU: OpenVINO runs on the CPU")
    elif system.container and graphics.refusal is None:
        yield _without_gpu(system, jetson)
    elif graphics.refusal is None:
        yield _no_driver(system, jetson)
    else:
        yield _refused(graphics, graphics.refusal or NO_DEVICE)


def nodes(graphics: Graphics, jetson: Jetson) -> Iterator[Finding]:
    if not graphics.closed:
        yield fine("gpu-permission", "nothing of a GPU is closed to this user")
        return
    yield Finding(
        "warning",
        "gpu-permission",
        f"this user may not use the GPU: {' '.join(graphics.closed)}",
        "the device nodes belong to another group",
        ON_CPU,
        "sudo usermod -aG video,render $USER   # then log in again"
        if jetson.model
        else f"ls -l {' '.join(graphics.closed)}; sudo chmod a+rw {' '.join(graphics.closed)}",
    )


def _without_gpu(system: System, jetson: Jetson) -> Finding:
    flag = "--runtime nvidia" if jetson.model else "--gpus all"
    return Finding(
        "hint",
        "container-without-gpu",
        "the machine has an NVIDIA GPU, this container does not get it",
        f"the driver's library is not there: {system.container} was started without the GPU",
        ON_CPU,
        f"docker run {flag} ...   # with the NVIDIA Container Toolkit installed on the host",
    )


def _no_driver(system: System, jetson: Jetson) -> Finding:
    command = UBUNTU if "Ubuntu" in system.name else DEBIAN
    return Finding(
        "warning",
        "no-driver",
        f"the driver of {jetson.model or 'the NVIDIA card'} is not installed",
        "libcuda.so.1 cannot be loaded",
        ON_CPU,
        "sudo apt install --reinstall nvidia-l4t-cuda" if jetson.model else command,
    )


def _refused(graphics: Graphics, refusal: int) -> Finding:
    why = {
        STUB: (
            "the library found is a stub, for linking only",
            "env | grep LD_LIBRARY_PATH   # take the folder .../stubs out of it",
        ),
        NO_DEVICE: ("it sees no device", "sudo dmesg | grep -iE 'nvrm|nvidia' | tail"),
        MISMATCH: ("its library and its kernel module have different versions", "sudo reboot"),
    }
    unknown = ("cuda.h tells what that means", "sudo modprobe nvidia-uvm; nvidia-smi")
    if graphics.closed:
        unknown = ("this user may not open its device nodes", "ls -l /dev/nvidia*")
    cause, command = why.get(refusal, unknown)
    return Finding(
        "warning",
        "driver-refuses",
        f"the NVIDIA driver does not start (cuInit: {refusal})",
        cause,
        ON_CPU,
        command,
    )
