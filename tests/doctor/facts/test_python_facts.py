import platform
import sys
from dataclasses import replace

from rtseg import __version__
from rtseg.doctor.facts.python import read_python


def test_this_interpreter(laid_out):
    found = read_python(laid_out({}))
    assert found.version == platform.python_version()
    assert (found.executable, found.prefix) == (sys.executable, sys.prefix)
    assert found.rtseg == __version__
    assert (found.sees_apt, found.managed) == (False, False)


def test_packages_of_apt_are_seen_by_their_folder(laid_out):
    packages = ("/home/anna/.venv/lib/python3.10/site-packages", "/usr/lib/python3/dist-packages")
    assert read_python(laid_out({}, packages=packages)).sees_apt is True
    for folder in (packages[0], "/usr/local/lib/python3.10/dist-packages"):
        assert read_python(laid_out({}, packages=(folder,))).sees_apt is False


def test_a_python_that_pip_should_keep_off(laid_out):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    marker = f"{sys.base_prefix}/lib/python{version}/EXTERNALLY-MANAGED"
    assert read_python(laid_out({marker: "[externally-managed]\n"})).managed is True


def test_pip_is_that_of_this_interpreter_whatever_its_path_holds(laid_out):
    found = replace(read_python(laid_out({})), executable="/home/a b/bin/python")
    assert found.pip == "'/home/a b/bin/python' -m pip"
