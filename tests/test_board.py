"""A tree of files as an Orin Nano's kernel shows them; the numbers are worked by hand."""

import pytest

from rtseg.board import BoardReading, find_board

ORIN_NANO = {
    "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3\n",
    "proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit\0",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "48531\n",
    "sys/class/thermal/thermal_zone1/type": "gpu-thermal\n",
    "sys/class/thermal/thermal_zone1/temp": "51062\n",
    "sys/class/thermal/thermal_zone2/type": "cv0-thermal\n",
    "sys/class/thermal/thermal_zone2/temp": "-256000\n",
    "sys/class/thermal/thermal_zone3/type": "PMIC-Die\n",
    "sys/class/thermal/thermal_zone3/temp": "100000\n",
    "sys/class/hwmon/hwmon0/name": "pwmfan\n",
    "sys/class/hwmon/hwmon1/name": "ina3221\n",
    "sys/class/hwmon/hwmon1/in1_label": "VDD_IN\n",
    "sys/class/hwmon/hwmon1/in1_input": "5040\n",
    "sys/class/hwmon/hwmon1/curr1_input": "1650\n",
    "sys/class/hwmon/hwmon1/in2_label": "VDD_CPU_GPU_CV\n",
    "sys/class/hwmon/hwmon1/in2_input": "5032\n",
    "sys/class/hwmon/hwmon1/curr2_input": "500\n",
    "sys/class/hwmon/hwmon1/in3_label": "NC\n",
    "sys/class/hwmon/hwmon1/in3_input": "0\n",
    "sys/class/hwmon/hwmon1/curr3_input": "0\n",
    "sys/class/devfreq/17000000.gpu/cur_freq": "624750000\n",
    "sys/class/devfreq/17000000.gpu/device/load": "873\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "729600\n",
    "sys/devices/system/cpu/cpu5/cpufreq/scaling_cur_freq": "1510400\n",
}


def test_an_orin_nano_says_how_warm_it_is_what_it_draws_and_how_fast_it_runs(tmp_path):
    board = find_board(grown(tmp_path, ORIN_NANO))
    reading = board.read()
    assert board.name == "NVIDIA Jetson Orin Nano Developer Kit"
    assert reading.celsius == pytest.approx({"cpu": 48.531, "gpu": 51.062})
    assert reading.hottest == pytest.approx(("gpu", 51.062))
    assert reading.watts == pytest.approx({"VDD_IN": 8.316, "VDD_CPU_GPU_CV": 2.516})
    assert reading.total_watts == pytest.approx(8.316)
    assert reading.gpu_megahertz == 624.75
    assert reading.gpu_load == pytest.approx(0.873)
    assert reading.cpu_megahertz == 1510.4


def test_a_board_without_an_input_rail_draws_the_sum_of_its_rails(tmp_path):
    agx = {
        "proc/sys/kernel/osrelease": "5.15.148-tegra\n",
        "sys/class/hwmon/hwmon3/name": "ina3221\n",
        "sys/class/hwmon/hwmon3/in1_label": "VDD_GPU_SOC\n",
        "sys/class/hwmon/hwmon3/in1_input": "20000\n",
        "sys/class/hwmon/hwmon3/curr1_input": "400\n",
        "sys/class/hwmon/hwmon4/name": "ina3221\n",
        "sys/class/hwmon/hwmon4/in2_label": "VDD_CPU_CV\n",
        "sys/class/hwmon/hwmon4/in2_input": "20000\n",
        "sys/class/hwmon/hwmon4/curr2_input": "150\n",
        "sys/class/devfreq/17000000.ga10b/cur_freq": "306000000\n",
    }
    board = find_board(grown(tmp_path, agx))
    reading = board.read()
    assert board.name == "Jetson"
    assert reading.total_watts == pytest.approx(11.0)
    assert (reading.gpu_megahertz, reading.gpu_load) == (306.0, None)


def test_another_machine_is_no_board(tmp_path):
    pc = {
        "proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
        "sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n",
        "sys/class/thermal/thermal_zone0/temp": "52000\n",
    }
    assert find_board(grown(tmp_path, pc)) is None
    assert find_board(tmp_path / "nothing") is None


def test_a_bare_jetson_knows_nothing_of_itself(tmp_path):
    board = find_board(grown(tmp_path, {"etc/nv_tegra_release": ""}))
    assert board.read() == BoardReading({}, {}, None, None, None)
    assert board.read().hottest is None
    assert board.read().total_watts is None


def test_sensors_that_fall_asleep_or_talk_nonsense_are_left_out(tmp_path):
    board = find_board(grown(tmp_path, ORIN_NANO))
    (tmp_path / "sys/class/thermal/thermal_zone1/temp").unlink()
    (tmp_path / "sys/class/hwmon/hwmon1/curr1_input").write_text("", "ascii")
    (tmp_path / "sys/class/devfreq/17000000.gpu/cur_freq").write_bytes(b"\xff\n")
    reading = board.read()
    assert reading.celsius == pytest.approx({"cpu": 48.531})
    assert reading.watts == pytest.approx({"VDD_CPU_GPU_CV": 2.516})
    assert reading.gpu_megahertz is None


def grown(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root
