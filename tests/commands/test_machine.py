"""What a report says of its machine: files of a Jetson laid out beneath a folder."""

import sys

import pytest

from rtseg.commands.machine import l4t, machine, obstacles

RELEASE = (
    "# R{major} (release), REVISION: {minor}, GCID: 12345678, BOARD: generic, EABI: aarch64, "
    "DATE: Wed Jan  8 01:49:37 UTC 2025\n# KERNEL_VARIANT: oot\n"
)


def jetson(root, major=36, minor="4.3"):
    (root / "etc").mkdir()
    text = RELEASE.format(major=major, minor=minor)
    (root / "etc/nv_tegra_release").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("major", "minor", "system", "jetpack"),
    [
        (35, "6.1", "35.6.1", "5"),
        (36, "4.3", "36.4.3", "6"),
        (38, "2.0", "38.2.0", "7"),
        (39, "2.1", "39.2.1", "7"),
        (32, "7.1", "32.7.1", None),
    ],
)
def test_a_jetsons_system_and_jetpack_are_read(tmp_path, major, minor, system, jetpack):
    found = l4t(jetson(tmp_path, major, minor))
    assert found == {"l4t": system, "jetpack": jetpack}


def test_a_machine_that_is_no_jetson_has_neither(tmp_path):
    assert l4t(tmp_path) == {"l4t": None, "jetpack": None}


def test_a_board_says_its_name_and_a_driver_its_version(tmp_path):
    files = {
        "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 62.50\n",
        "proc/device-tree/model": "NVIDIA Jetson Orin Nano\0",
        "proc/driver/nvidia/version": "NVRM version: 580.95.05\nGCC version: 12\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = machine(jetson(tmp_path))
    assert found["board"] == "NVIDIA Jetson Orin Nano"
    assert found["driver"] == "NVRM version: 580.95.05"
    assert found["l4t"] == "36.4.3"
    assert "BogoMIPS" not in found["cpu"]
    assert found["cores"] >= 1
    assert found["versions"]["numpy"] == sys.modules["numpy"].__version__


def test_on_a_jetson_a_missing_tensorrt_is_looked_for_in_the_system(tmp_path, monkeypatch):
    monkeypatch.setattr("rtseg.commands.machine.find_spec", lambda name: None)
    (line,) = [each for each in obstacles(jetson(tmp_path)) if "'tensorrt' is missing" in each]
    assert "--system-site-packages" in line
    assert "\n" not in line


def test_each_obstacle_is_a_line_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr("rtseg.commands.machine.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = obstacles(tmp_path)
    for words in ("'tensorrt'", "'pycuda'", "'onnx'", "'onnxruntime'", "nvcc"):
        assert sum(words in each for each in found) == 1
    assert not any("system-site-packages" in each for each in found)
