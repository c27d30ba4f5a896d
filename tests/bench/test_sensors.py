import pytest

from rtseg.bench.sensors import Sensors, status_mb
from rtseg.bench.watch import Watch


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


RAPL = "class/powercap/intel-rapl:0"
INA = "bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1"


def test_without_sensors_nothing_is_invented(tmp_path):
    sensors = Sensors(tmp_path)
    read = sensors.read()
    assert sensors.energy_from is None
    assert [read[key] for key in ("clock_mhz", "celsius", "joules")] == [None] * 3
    assert read["rss_mb"] > 1


def test_the_packages_of_a_processor_are_added_up_and_their_parts_are_not(tmp_path):
    write(
        tmp_path,
        {
            f"{RAPL}/name": "package-0",
            f"{RAPL}/energy_uj": 1_000_000,
            "class/powercap/intel-rapl:0:0/name": "core",
            "class/powercap/intel-rapl:0:0/energy_uj": 7,
            "class/powercap/intel-rapl:1/name": "package-1",
            "class/powercap/intel-rapl:1/energy_uj": 2_000_000,
            "class/powercap/intel-rapl:2/name": "psys",
            "class/powercap/intel-rapl:2/energy_uj": 9_000_000,
        },
    )
    sensors = Sensors(tmp_path)
    before = sensors.read()["joules"]
    write(tmp_path, {f"{RAPL}/energy_uj": 4_000_000})
    assert sensors.energy_from == "RAPL package-0, RAPL package-1"
    assert sensors.read()["joules"] - before == pytest.approx(3)


def test_a_counter_that_begins_anew_goes_on(tmp_path):
    write(
        tmp_path,
        {
            f"{RAPL}/name": "package-0",
            f"{RAPL}/energy_uj": 9_000_000,
            f"{RAPL}/max_energy_range_uj": 10_000_000,
        },
    )
    sensors = Sensors(tmp_path)
    before = sensors.read()["joules"]
    write(tmp_path, {f"{RAPL}/energy_uj": 500_000})
    assert sensors.read()["joules"] - before == pytest.approx(1.5)


def jetson(root):
    """5 V and 2 A into the board, of which the GPU gets 1 A."""
    rails = {1: ("VDD_IN", 5000, 2000), 2: ("VDD_CPU_GPU_CV", 5000, 1000)}
    for channel, (label, millivolts, milliamperes) in rails.items():
        write(
            root,
            {
                f"{INA}/in{channel}_label": label,
                f"{INA}/in{channel}_input": millivolts,
                f"{INA}/curr{channel}_input": milliamperes,
            },
        )


def test_the_rail_that_feeds_a_board_is_not_counted_twice(tmp_path):
    jetson(tmp_path)
    seconds = iter([0, 1, 1, 3, 3])  # at the start, then twice a reading
    sensors = Sensors(tmp_path, clock=lambda: next(seconds) * 10**9)
    assert sensors.energy_from == "INA3221 VDD_IN"
    assert sensors.read()["joules"] == pytest.approx(10 * 1)
    assert sensors.read()["joules"] == pytest.approx(10 * 3)


def test_the_rails_of_jetpack_4_are_found_and_added_up(tmp_path):
    folder = "bus/i2c/drivers/ina3221x/1-0040/iio:device0"
    write(
        tmp_path,
        {
            f"{folder}/rail_name_0": "GPU",
            f"{folder}/in_power0_input": 3000,
            f"{folder}/rail_name_1": "CPU",
            f"{folder}/in_power1_input": 1000,
        },
    )
    assert Sensors(tmp_path).energy_from == "INA3221 GPU, INA3221 CPU"


def test_the_hottest_zone_and_the_mean_clock(tmp_path):
    cpu = "devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq"
    write(
        tmp_path,
        {
            "class/thermal/thermal_zone0/temp": 41_000,
            "class/thermal/thermal_zone1/temp": 63_500,
            cpu.format(0): 3_000_000,
            cpu.format(1): 1_000_000,
        },
    )
    read = Sensors(tmp_path).read()
    assert (read["celsius"], read["clock_mhz"]) == (63.5, 2000)


def test_a_sensor_that_does_not_answer_is_no_sensor(tmp_path):
    write(tmp_path, {"class/thermal/thermal_zone0/temp": "", f"{RAPL}/name": "package-0"})
    sensors = Sensors(tmp_path)
    assert sensors.energy_from is None
    assert sensors.read()["celsius"] is None


def test_the_watch_reads_from_before_to_after(tmp_path):
    with Watch(Sensors(tmp_path), period_seconds=60) as watch:
        pass
    assert len(watch.readings) == 2
    assert watch.readings[0]["nanos"] < watch.readings[1]["nanos"]


def test_the_peak_of_memory_is_at_least_what_is_used_now():
    assert status_mb("VmHWM") >= status_mb("VmRSS") > 1
