import re
from pathlib import Path

import pytest
from machines import PIP, bad, bare, desktop, loads, only, with_packages

from rtseg.doctor.findings.packages import REQUIREMENTS
from rtseg.doctor.loading import BASE, Load

ALL = "opencv-python-headless opencv-python opencv-contrib-python opencv-contrib-python-headless"


def test_the_requirements_are_those_of_the_project():
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    stated = re.findall(r'^  "([^"]+)",$', project[: project.index("]\n\n[project.opt")], re.M)
    assert set(REQUIREMENTS.values()) <= set(stated)
    assert REQUIREMENTS.keys() == set(BASE)


@pytest.mark.parametrize(
    ("name", "error", "command"),
    [
        ("av", "No module named 'av'", f"{PIP} install 'av>=15,<20'"),
        ("numba", "numpy.core.multiarray failed to import", f"{PIP} install 'numpy>=1.23,<2'"),
        (
            "cv2",
            "libGL.so.1: cannot open shared object file: No such file or directory",
            f"{PIP} uninstall -y {ALL} && {PIP} install 'opencv-python-headless>=4.8'",
        ),
        (
            "openvino",
            "loading it ends the process by SIGILL",
            f"{PIP} install --force-reinstall --no-deps 'openvino>=2024.4'",
        ),
    ],
)
def test_a_package_that_does_not_load_stops_the_main_job(name, error, command):
    found = only(loads(bare(), **{name: Load(error=error)}), "package-does-not-load", "error")
    assert name in found.title
    assert found.cause == error
    assert found.command == command


@pytest.mark.parametrize(
    ("name", "version", "key"),
    [
        ("cv2", "4.7.0", "package-too-old"),
        ("av", "14.4.0", "package-too-old"),
        ("av", "20.0.0", "package-too-new"),
        ("openvino", "2023.3.0", "package-too-old"),
    ],
)
def test_another_version_than_was_asked_for(name, version, key):
    machine = bare()
    other = Load(version, says=machine.packages.loads[name].says)
    found = only(loads(machine, **{name: other}), key)
    assert found.command == f"{PIP} install '{REQUIREMENTS[name]}'"


def test_two_opencvs_in_one_folder():
    found = only(with_packages(bare(), opencv_python="4.12.0"), "several-opencvs")
    both = "opencv-python-headless opencv-python"
    assert (
        found.command == f"{PIP} uninstall -y {both} && {PIP} install 'opencv-python-headless>=4.8'"
    )


def test_numpy_2_with_a_pycuda_made_for_numpy_1():
    found = only(with_packages(desktop(), pycuda="2024.1"), "numpy-too-new")
    assert "pycuda 2024.1" in found.title
    assert found.command == f"{PIP} install 'numpy>=1.23,<2'"
    assert bad(with_packages(desktop(), pycuda="2024.1", numpy="1.26.4")) == {}


def test_numpy_2_with_tensorrt_8():
    found = bad(with_packages(desktop(), tensorrt="8.6.1"))
    assert "tensorrt 8.6.1" in found["numpy-too-new"].title
