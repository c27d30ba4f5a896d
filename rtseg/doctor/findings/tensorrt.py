"""What follows from TensorRT, JetPack, driver and Python together."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.graphics import Graphics, SystemTensorRt
from rtseg.doctor.facts.jetson import Jetson
from rtseg.doctor.facts.packages import TENSORRTS, Packages
from rtseg.doctor.facts.python import APT, Python
from rtseg.doctor.finding import Finding, fine
from rtseg.doctor.findings.driver import ON_CPU, UBUNTU
from rtseg.doctor.findings.python import LEAST, see_apt
from rtseg.doctor.place import numbers

JETSON_LINUX_OF_11, FIRST_OF_JETPACK = (39, 2, 2), (11, 4, 1)
"""TensorRT 11.4.1 is the first of pip that supports JetPack, from 7.2.2 on: its release notes."""

STRONGLY_TYPED = (10,)
"""Before it, precision is a matter of flags: a path of rtseg that was never executed."""

FIRST_DRIVER = {11: "450", 12: "525", 13: "580"}
"""Of each major version of CUDA, on desktops: NVIDIA's CUDA release notes."""

CHOICES = {12: "'tensorrt-cu12==10.*'", 13: "tensorrt"}
"""What pip is to install, by the CUDA that the driver speaks. For an older one there is nothing:
the driver is to be newer."""


def on_jetson(
    *, jetson: Jetson, graphics: Graphics, packages: Packages, python: Python
) -> Iterator[Finding]:
    if not jetson.model:
        return
    pip_made = _of_pip(packages)
    version = max(pip_made.values(), key=numbers, default="")
    fits = numbers(jetson.linux) >= JETSON_LINUX_OF_11 and numbers(version) >= FIRST_OF_JETPACK
    if pip_made and not fits:
        yield _pip_on_jetson(jetson, pip_made, python)
    if pip_made and fits:
        yield fine("tensorrt", f"TensorRT {version} of pip, on JetPack {jetson.jetpack}")
    elif not graphics.tensorrts:
        yield Finding(
            "warning",
            "jetson-without-tensorrt",
            "TensorRT is not installed",
            f"JetPack {jetson.jetpack} brings it by apt, and its Python package was left out",
            ON_CPU,
            "sudo apt install python3-libnvinfer",
        )
    else:
        yield from _of_apt(jetson, graphics.tensorrts, python)


def on_desktop(
    *, jetson: Jetson, graphics: Graphics, packages: Packages, python: Python
) -> Iterator[Finding]:
    gpu = graphics.gpu
    if jetson.model or not gpu:
        return
    pip, made = python.pip, _of_pip(packages)
    spoken, wanted = numbers(gpu.cuda)[0], _cuda_of(made)
    choice = CHOICES.get(min(spoken, max(CHOICES)))
    install = f"{pip} install {choice}" if choice else UBUNTU
    if not made and not (graphics.tensorrts and python.sees_apt):
        yield Finding(
            "hint",
            "no-tensorrt",
            f"TensorRT is not installed, so the {gpu.name} is not used",
            "rtseg does not require it: each driver needs another one",
            ON_CPU,
            install,
        )
    elif made and wanted > spoken:
        yield Finding(
            "warning",
            "driver-older-than-tensorrt",
            f"TensorRT {max(made.values(), key=numbers)} is made for CUDA {wanted}, the driver "
            f"speaks {gpu.cuda}",
            f"driver {graphics.driver} is older than {FIRST_DRIVER[wanted]}",
            f"it fails with CUDA error 35; {ON_CPU}",
            f"{pip} uninstall -y {' '.join(made)} && {install}",
        )
    else:
        yield fine("tensorrt", "TensorRT fits the driver")


def loads(graphics: Graphics, packages: Packages, python: Python) -> Iterator[Finding]:
    """Without a GPU it need not."""
    found = packages.loads.get("tensorrt")
    if found is None or not graphics.gpu:
        return
    pip = python.pip
    if found.error:
        mend = f"{pip} install --force-reinstall {' '.join(_of_pip(packages))}"
        yield Finding(
            "warning",
            "tensorrt-does-not-load",
            "TensorRT is installed and cannot be loaded",
            found.error,
            ON_CPU,
            mend if _of_pip(packages) else "sudo apt install --reinstall python3-libnvinfer",
        )
    elif numbers(found.version) < STRONGLY_TYPED:
        yield Finding(
            "hint",
            "tensorrt-8",
            f"TensorRT {found.version} is supported as best effort",
            "it knows no strongly typed networks; rtseg's path for it was never executed",
            "FP16 and INT8 engines may fail to build, or run in FP32",
            "rtseg build roadlite-camvid --precision fp32",
        )
    else:
        yield fine("tensorrt-loads", f"TensorRT {found.version} can be loaded")


def _of_pip(packages: Packages) -> dict[str, str]:
    """Versions by name, without what apt installed."""
    return {
        name: each.version
        for name, each in packages.installed.items()
        if name in TENSORRTS and not APT.match(each.folder)
    }


def _cuda_of(made: dict[str, str]) -> int:
    """From 11 on TensorRT is made for CUDA 13 where its name does not say another."""
    named = [cuda for cuda in (11, 12, 13) if any(f"-cu{cuda}" in name for name in made)]
    newest = max(map(numbers, made.values()), default=(0,))[0]
    return max(named, default=13 if newest >= 11 else 12)


def _pip_on_jetson(jetson: Jetson, made: dict[str, str], python: Python) -> Finding:
    version = max(made.values(), key=numbers)
    return Finding(
        "warning",
        "tensorrt-of-pip-on-jetson",
        f"TensorRT {version} of pip does not run on JetPack {jetson.jetpack}",
        "pip's TensorRT supports Jetsons from 11.4.1 and JetPack 7.2.2 on; it installs elsewhere "
        "too, and hides the one of JetPack",
        f"building and running engines fails; {ON_CPU}",
        f"{python.pip} uninstall -y {' '.join(made)}",
    )


def _of_apt(
    jetson: Jetson, tensorrts: tuple[SystemTensorRt, ...], python: Python
) -> Iterator[Finding]:
    here = ".".join(map(str, numbers(python.version)[:2]))
    fitting = [each for each in tensorrts if each.python in ("", here)]
    there = fitting or list(tensorrts)
    if not fitting:
        yield _another_python(jetson, there[0], here)
    elif python.sees_apt:
        yield fine("tensorrt", f"TensorRT {there[0].version} of JetPack {jetson.jetpack}")
    elif python.base == "/usr":
        yield Finding(
            "warning",
            "environment-hides-tensorrt",
            "this virtual environment does not see JetPack's TensorRT",
            f"it was made without --system-site-packages: {python.prefix}",
            ON_CPU,
            see_apt(python),
        )
    else:
        yield Finding(
            "warning",
            "python-hides-tensorrt",
            "this Python is not JetPack's and does not see its TensorRT",
            f"it comes from {python.base} (conda, pyenv, uv or built by hand)",
            ON_CPU,
            f"{see_apt(python)} && .venv/bin/pip install 'rtseg[tensorrt]'",
        )


def _another_python(jetson: Jetson, tensorrt: SystemTensorRt, here: str) -> Finding:
    usable = numbers(tensorrt.python) >= LEAST
    return Finding(
        "warning",
        "tensorrt-for-another-python",
        f"JetPack {jetson.jetpack}'s TensorRT {tensorrt.version} is for Python "
        f"{tensorrt.python}, this is {here}",
        "its package is compiled for that one"
        + ("" if usable else ", and rtseg needs Python 3.10 or newer"),
        ON_CPU if usable else f"{ON_CPU}; with JetPack 6 or newer it would be another matter",
        f"/usr/bin/python{tensorrt.python} -m venv --system-site-packages .venv && .venv/bin/pip "
        "install 'rtseg[tensorrt]'"
        if usable
        else "rtseg run VIDEO -o out.mp4 --backend openvino",
    )
