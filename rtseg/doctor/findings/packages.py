"""What follows from the packages that the main job needs."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.packages import OPENCVS, Packages
from rtseg.doctor.facts.python import Python
from rtseg.doctor.finding import Finding, fine
from rtseg.doctor.loading import BASE
from rtseg.doctor.place import numbers

REQUIREMENTS = {
    "numpy": "numpy>=1.23",
    "cv2": "opencv-python-headless>=4.8",
    "av": "av>=15,<20",
    "openvino": "openvino>=2024.4",
    "numba": "numba>=0.59",
}
"""By the name that is imported: those of pyproject.toml."""

NUMPY_1 = ("numpy.core.multiarray", "numpy.core.umath", "NumPy 1.x", "_ARRAY_API")
"""What modules say that were compiled for numpy 1 and find numpy 2."""

NEEDS_NUMPY_1 = {"pycuda": (2024, 1, 1), "tensorrt": (10,)}
"""The first version of each that was made for numpy 2: inducer/pycuda#450; TensorRT's 8.x bindings
were made before there was one."""


def loading(packages: Packages, python: Python) -> Iterator[Finding]:
    pip = python.pip
    for name in BASE:
        found = packages.loads.get(name)
        if found is None:
            continue
        if found.error:
            command = _mend(name, found.error, pip)
            yield Finding(
                "error",
                "package-does-not-load",
                f"{name} cannot be loaded",
                found.error,
                "rtseg run does not start",
                command,
            )
        else:
            yield from _version(name, found.version, pip)


def opencvs(packages: Packages, python: Python) -> Iterator[Finding]:
    found = packages.versions(OPENCVS)
    if len(found) < 2:
        yield fine("opencv", "one OpenCV at most was installed by pip")
        return
    pip = python.pip
    yield Finding(
        "warning",
        "several-opencvs",
        f"{len(found)} packages of OpenCV are installed",
        f"{' and '.join(found)} write into the same folder, the last one wins",
        "an OpenCV of mixed files; the viewer may end with: could not load the Qt platform plugin",
        f"{pip} uninstall -y {' '.join(found)} && {pip} install '{REQUIREMENTS['cv2']}'",
    )


def numpy_2(packages: Packages, python: Python) -> Iterator[Finding]:
    numpy = packages.versions(("numpy",)).get("numpy", "")
    old = {
        name: each.version
        for name, each in packages.installed.items()
        if name in NEEDS_NUMPY_1 and numbers(each.version) < NEEDS_NUMPY_1[name]
    }
    if numbers(numpy) < (2,) or not old:
        yield fine("numpy", f"numpy {numpy or 'of the system'}")
        return
    names = " and ".join(f"{name} {version}" for name, version in old.items())
    yield Finding(
        "warning",
        "numpy-too-new",
        f"numpy {numpy} is too new for {names}",
        "it was compiled for numpy 1, or uses names that numpy 2 has no longer",
        "--backend tensorrt fails while it loads, or crashes",
        f"{python.pip} install 'numpy>=1.23,<2'",
    )


def _mend(name: str, error: str, pip: str) -> str:
    wanted = REQUIREMENTS[name]
    if any(words in error for words in NUMPY_1):
        return f"{pip} install 'numpy>=1.23,<2'"
    if "libGL.so.1" in error or "libgthread" in error:
        return f"{pip} uninstall -y {' '.join(OPENCVS)} && {pip} install '{wanted}'"
    if error.startswith("No module named"):
        return f"{pip} install '{wanted}'"
    return f"{pip} install --force-reinstall --no-deps '{wanted}'"


def _version(name: str, version: str, pip: str) -> Iterator[Finding]:
    wanted = REQUIREMENTS[name]
    _, _, bounds = wanted.partition(">=")
    least, _, most = bounds.partition(",<")
    here = numbers(version)
    if here and here < numbers(least):
        yield Finding(
            "warning",
            "package-too-old",
            f"{name} {version} is older than {least}",
            "something installed another version after rtseg",
            "what rtseg calls may be missing there",
            f"{pip} install '{wanted}'",
        )
    elif most and here >= numbers(most):
        yield Finding(
            "warning",
            "package-too-new",
            f"{name} {version} is newer than rtseg knows (below {most})",
            "something installed another version after rtseg",
            "what rtseg calls may be gone there",
            f"{pip} install '{wanted}'",
        )
    else:
        yield fine("package", f"{name} {version}")
