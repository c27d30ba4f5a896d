import pytest

from rtseg.doctor.facts.jetson import Jetson, read_jetson

ORIN_NANO = {
    "/etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, "
    "EABI: aarch64, DATE: Wed Jan  8 01:49:37 UTC 2025\n# KERNEL_VARIANT: oot\n",
    "/proc/device-tree/model": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit\0",
    "/etc/nvpmodel.conf": "# < POWER_MODEL ID=9 NAME=COMMENT >\n< POWER_MODEL ID=0 NAME=15W >\n"
    "CPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=25W >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n",
    "/var/lib/nvpmodel/status": "pmode:0001",
    "/sys/class/devfreq/17000000.gpu/min_freq": "306000000\n",
    "/sys/class/devfreq/17000000.gpu/max_freq": "1020000000\n",
}


def test_an_orin_nano_with_jetpack_6(laid_out):
    assert read_jetson(laid_out(ORIN_NANO)) == Jetson(
        model="NVIDIA Jetson Orin Nano Engineering Reference Developer Kit",
        linux="36.4.3",
        jetpack="6.2",
        mode="25W",
        modes=((0, "15W"), (1, "25W"), (2, "MAXN_SUPER")),
        locked=False,
    )


def test_clocks_are_locked_where_the_least_is_the_most(laid_out):
    files = ORIN_NANO | {"/sys/class/devfreq/17000000.gpu/min_freq": "1020000000\n"}
    assert read_jetson(laid_out(files)).locked is True


@pytest.mark.parametrize(
    ("release", "linux", "jetpack"),
    [
        ("# R35 (release), REVISION: 4.1, GCID: 1", "35.4.1", "5"),
        ("# R36 (release), REVISION: 3.0, GCID: 1", "36.3.0", "6.0"),
        ("# R36 (release), REVISION: 4.0, GCID: 1", "36.4.0", "6.1"),
        ("# R36 (release), REVISION: 4.7, GCID: 1", "36.4.7", "6.2.1"),
        ("# R36 (release), REVISION: 5.0, GCID: 1", "36.5.0", "6.2.2"),
        ("# R38 (release), REVISION: 2.2, GCID: 1", "38.2.2", "7.0"),
        ("# R38 (release), REVISION: 4.0, GCID: 1", "38.4.0", "7.1"),
        ("# R39 (release), REVISION: 2.0, GCID: 1", "39.2.0", "7.2"),
        ("# R39 (release), REVISION: 3.0, GCID: 1", "39.3.0", "7.2.2 or newer"),
        ("something else", "", ""),
    ],
)
def test_jetson_linux_tells_the_jetpack(laid_out, release, linux, jetpack):
    found = read_jetson(laid_out({"/etc/nv_tegra_release": release}))
    assert (found.model, found.linux, found.jetpack) == ("Jetson", linux, jetpack)


def test_a_container_on_a_jetson_is_told_by_its_kernel(laid_out):
    found = read_jetson(laid_out({"/proc/sys/kernel/osrelease": "5.15.148-tegra\n"}))
    assert found == Jetson("Jetson")


def test_another_machine_is_no_jetson(laid_out):
    files = {"/proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0"}
    assert read_jetson(laid_out(files)) == Jetson("")
