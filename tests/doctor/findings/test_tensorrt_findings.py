import pytest
from machines import (
    APT,
    PIP,
    SITE,
    bad,
    changed,
    desktop,
    installed,
    jetpack_6,
    jetpack_7,
    jetson,
    loads,
    only,
    with_packages,
    without_packages,
)

from rtseg.doctor.facts.graphics import SystemTensorRt, Toolkit
from rtseg.doctor.loading import Load
from rtseg.engine.gpu import Gpu

ELEVEN = {"tensorrt": "11.4.0", "tensorrt_cu13": "11.4.0", "tensorrt_cu13_libs": "11.4.0"}
UNKNOWN = Toolkit("/usr/bin/nvcc", "", True)
SYSTEM = "/usr/bin/python3 -m venv --system-site-packages .venv"


def with_eleven(machine):
    return loads(with_packages(machine, **ELEVEN), tensorrt=Load("11.4.0"))


def test_tensorrt_11_of_pip_on_jetpack_6():
    found = only(with_eleven(jetpack_6()), "tensorrt-of-pip-on-jetson")
    assert "11.4.0" in found.title
    assert "JetPack 6.2" in found.title
    assert found.command == f"{PIP} uninstall -y tensorrt tensorrt-cu13 tensorrt-cu13-libs"


def test_what_pip_installed_as_root_is_not_of_apt():
    as_root = installed("/usr/local/lib/python3.10/dist-packages", tensorrt="11.4.0")
    packages = jetpack_6().packages
    machine = changed(jetpack_6(), "packages", installed=packages.installed | as_root)
    only(machine, "tensorrt-of-pip-on-jetson")


def test_tensorrt_of_pip_needs_both_versions_on_a_jetson():
    newer = changed(jetpack_7(), "jetson", linux="39.2.2", jetpack="7.2.2 or newer")
    only(with_eleven(newer), "tensorrt-of-pip-on-jetson")
    right = dict.fromkeys(ELEVEN, "11.4.1")
    assert bad(loads(with_packages(newer, **right), tensorrt=Load("11.4.1"))) == {}
    only(with_packages(jetpack_7(), **right), "tensorrt-of-pip-on-jetson")


def test_a_jetson_without_tensorrt():
    machine = without_packages(changed(jetpack_6(), "graphics", tensorrts=()), "tensorrt")
    found = only(machine, "jetson-without-tensorrt")
    assert found.command == "sudo apt install python3-libnvinfer"


def test_an_environment_that_hides_jetpacks_tensorrt():
    found = only(changed(jetpack_6(), "python", sees_apt=False), "environment-hides-tensorrt")
    assert found.command.startswith("sed -i")
    assert found.command.endswith("/home/anna/.venv/pyvenv.cfg")


def test_a_python_of_conda_hides_it_too():
    machine = changed(jetpack_6(), "python", sees_apt=False, base="/home/anna/miniforge3")
    found = only(machine, "python-hides-tensorrt")
    assert found.command.startswith(SYSTEM)
    assert "miniforge3" in found.cause


def test_jetpack_5_has_its_tensorrt_for_a_python_that_is_too_old():
    machine = jetson("5", "35.4.1", "8.5.2", python="3.8", cuda="11.4")
    machine = changed(machine, "python", version="3.10.12", sees_apt=False)
    machine = without_packages(machine, "tensorrt")
    left = {name: each for name, each in machine.packages.loads.items() if name != "tensorrt"}
    found = only(changed(machine, "packages", loads=left), "tensorrt-for-another-python")
    assert "for Python 3.8, this is 3.10" in found.title
    assert "--backend openvino" in found.command


def test_jetpack_6_with_another_python_than_its_own():
    machine = changed(jetpack_6(), "python", version="3.12.1", sees_apt=False)
    found = only(machine, "tensorrt-for-another-python")
    assert found.command.startswith("/usr/bin/python3.10 -m venv --system-site-packages")


def test_tensorrt_8_of_jetpack_6_0_is_best_effort():
    machine = with_packages(jetson("6.0", "36.3.0", "8.6.2", cuda="12.2"), numpy="1.26.4")
    only(machine, "tensorrt-8", "hint")


@pytest.mark.parametrize(
    ("cuda", "command"),
    [
        ("11.8", "sudo ubuntu-drivers install"),
        ("12.4", f"{PIP} install 'tensorrt-cu12==10.*'"),
        ("13.0", f"{PIP} install tensorrt"),
        ("14.1", f"{PIP} install tensorrt"),
    ],
)
def test_a_desktop_without_tensorrt_is_told_which_one_its_driver_can_run(cuda, command):
    machine = without_packages(desktop(), "tensorrt-cu12", "tensorrt-cu12-libs")
    machine = changed(machine, "graphics", gpu=Gpu("NVIDIA L4", 89, cuda), toolkit=UNKNOWN)
    assert only(machine, "no-tensorrt", "hint").command == command


@pytest.mark.parametrize(
    "made", [ELEVEN, {"tensorrt": "11.0.0", "tensorrt_bindings": "11.0.0"}], ids=["cu13", "plain"]
)
def test_a_driver_older_than_the_cuda_that_tensorrt_is_made_for(made):
    machine = without_packages(desktop(), "tensorrt-cu12", "tensorrt-cu12-libs")
    found = only(with_packages(machine, **made), "driver-older-than-tensorrt")
    assert "CUDA 13" in found.title
    assert "older than 580" in found.cause
    assert "error 35" in found.consequence
    names = " ".join(name.replace("_", "-") for name in made)
    assert found.command == f"{PIP} uninstall -y {names} && {PIP} install 'tensorrt-cu12==10.*'"


def test_tensorrt_that_does_not_load():
    broken = Load(error="libnvinfer.so.10: cannot open shared object file")
    found = only(loads(desktop(), tensorrt=broken), "tensorrt-does-not-load")
    assert found.cause == broken.error
    assert found.command == f"{PIP} install --force-reinstall tensorrt-cu12 tensorrt-cu12-libs"
    found = only(loads(jetpack_6(), tensorrt=broken), "tensorrt-does-not-load")
    assert found.command == "sudo apt install --reinstall python3-libnvinfer"


def test_tensorrt_of_apt_serves_a_desktop_that_sees_it():
    machine = without_packages(desktop(), "tensorrt-cu12", "tensorrt-cu12-libs")
    machine = changed(machine, "graphics", tensorrts=(SystemTensorRt("10.13.3", "3.10"),))
    assert bad(machine).keys() == {"no-tensorrt"}
    assert bad(changed(machine, "python", sees_apt=True)) == {}


def test_packages_of_apt_are_not_those_of_pip():
    assert installed(APT, tensorrt="10.3.0")["tensorrt"].folder != SITE
    assert bad(jetpack_6()) == {}
