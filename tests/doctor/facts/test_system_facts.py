import pytest

from rtseg.doctor.facts.system import System, read_system

UBUNTU = 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\n'


def test_the_system_is_named_as_it_names_itself(laid_out):
    files = {"/etc/os-release": UBUNTU, "/proc/sys/kernel/osrelease": "5.15.148-tegra\n"}
    found = read_system(laid_out(files, architecture="aarch64"))
    assert found == System("Ubuntu 22.04.5 LTS", "5.15.148-tegra", "aarch64", "")


@pytest.mark.parametrize(
    ("files", "environment", "container"),
    [
        ({"/.dockerenv": ""}, {}, "docker"),
        ({"/run/.containerenv": ""}, {}, "podman"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, {}, "systemd-nspawn"),
        ({}, {"container": "lxc"}, "lxc"),
        ({}, {}, ""),
    ],
)
def test_a_container_is_told_by_what_runs_it(laid_out, files, environment, container):
    assert read_system(laid_out(files, environment)).container == container


def test_a_machine_without_any_file_is_read_too(laid_out):
    assert read_system(laid_out({})) == System("", "", "x86_64", "")
