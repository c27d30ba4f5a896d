import subprocess

import pytest
from machines import PIP, bad, bare, changed, only

from rtseg.doctor.findings.python import see_apt, seeing_pip


def test_all_is_well_on_a_bare_machine_but_the_viewer_that_nobody_asked_for():
    assert bad(bare()).keys() == {"no-viewer"}


def test_a_python_before_3_10_stops_everything():
    machine = changed(bare(), "python", version="3.9.18")
    assert "python3.10 -m venv" in only(machine, "python-too-old", "error").command


@pytest.mark.parametrize("version", ["3.13.0", "3.14.2"])
def test_a_python_that_no_test_ran_on_is_a_hint(version):
    machine = changed(bare(), "python", version=version)
    assert "python3.12" in only(machine, "python-untested", "hint").command


def test_the_systems_own_python_is_a_hint():
    machine = changed(bare(), "python", prefix="/usr", managed=True)
    only(machine, "python-is-the-systems", "hint")
    assert bad(changed(machine, "python", managed=False)).keys() == {"no-viewer"}


def test_code_of_another_version_than_the_one_installed():
    found = only(changed(bare(), "python", rtseg="0.2.0"), "rtseg-versions-differ")
    assert "0.2.0" in found.title
    assert found.command == f"{PIP} install --editable ."


@pytest.mark.parametrize(
    ("how", "command", "pip"),
    [
        ({"sees_apt": True}, "true", PIP),
        (
            {},
            "sed -i 's/^include-system-site-packages = false/include-system-site-packages = true/' "
            "/home/anna/.venv/pyvenv.cfg",
            PIP,
        ),
        (
            {"base": "/opt/conda"},
            "/usr/bin/python3 -m venv --system-site-packages .venv && .venv/bin/pip install rtseg",
            ".venv/bin/pip",
        ),
    ],
)
def test_the_way_to_see_packages_of_apt(how, command, pip):
    python = changed(bare(), "python", **how).python
    assert see_apt(python) == command
    assert seeing_pip(python) == pip


def test_the_way_to_see_packages_of_apt_really_changes_an_environments_settings(tmp_path):
    settings = tmp_path / "pyvenv.cfg"
    settings.write_text("home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.10\n")
    python = changed(bare(), "python", prefix=str(tmp_path)).python
    subprocess.run(see_apt(python), shell=True, check=True)
    assert "include-system-site-packages = true\n" in settings.read_text("utf-8")
