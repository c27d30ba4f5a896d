"""Energy, temperature and clock, where the system has sensors for them: Linux's sysfs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

Clock = Callable[[], int]
Watts = Callable[[], float]

SYSFS = Path("/sys")
_RAPL = "class/powercap/intel-rapl:*"
_INA = "bus/i2c/drivers/ina3221*/*/hwmon/hwmon*"  # as documented in Linux, hwmon/ina3221
_INA_JETPACK_4 = "bus/i2c/drivers/ina3221x/*/iio*device*"
_ALL_OF_A_BOARD = ("VDD_IN", "POM_5V_IN")
"""Rails of a Jetson that feed all the others; where there is none, all rails are added up."""


class Sensors:
    """root: where sysfs is. clock: nanoseconds. Of one thread.

    energy_from: which sensors ``joules`` come from; None where there are none. All of them belong
    to the whole machine, whatever else runs on it.
    """

    def __init__(self, root: Path = SYSFS, *, clock: Clock = time.monotonic_ns) -> None:
        self._root, self._clock = root, clock
        self._joules: Callable[[], float] | None = None
        self.energy_from: str | None = None
        for meter in (_Rapl(root), _Rails(root, clock)):
            if meter.names and self._joules is None:
                self._joules, self.energy_from = meter, ", ".join(meter.names)

    def read(self) -> dict[str, Any]:
        """joules: since some moment in the past. None for what cannot be read here."""
        return {
            "nanos": self._clock(),
            "clock_mhz": self._clock_mhz(),
            "celsius": self._celsius(),
            "joules": None if self._joules is None else self._joules(),
            "rss_mb": _rss_mb(),
        }

    def _clock_mhz(self) -> float | None:
        """The mean of all cores."""
        found = _numbers(self._root.glob("devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq"))
        return sum(found) / len(found) / 1e3 if found else None

    def _celsius(self) -> float | None:
        """The hottest zone."""
        found = _numbers(self._root.glob("class/thermal/thermal_zone*/temp"))
        found = found or _numbers(self._root.glob("class/hwmon/hwmon*/temp1_input"))
        return max(found) / 1e3 if found else None


class _Rapl:
    """Counters of processor packages, which begin anew at their range."""

    def __init__(self, root: Path) -> None:
        zones = [zone for zone in sorted(root.glob(_RAPL)) if _text(zone / "name")[:7] == "package"]
        self._zones = [zone for zone in zones if _number(zone / "energy_uj") is not None]
        self.names = [f"RAPL {_text(zone / 'name')}" for zone in self._zones]
        self._last = [0.0] * len(self._zones)
        self._total = 0.0

    def __call__(self) -> float:
        for index, zone in enumerate(self._zones):
            now = _number(zone / "energy_uj") or self._last[index]
            gone = now - self._last[index]
            if gone < 0:
                gone += _number(zone / "max_energy_range_uj") or 0.0
            self._total += gone / 1e6
            self._last[index] = now
        return self._total


class _Rails:
    """Power of a Jetson's rails, added up: each reading stands for the time since the last one."""

    def __init__(self, root: Path, clock: Clock) -> None:
        rails = dict([*_ina_rails(root), *_ina_rails_of_jetpack_4(root)])
        whole = [name for name in _ALL_OF_A_BOARD if name in rails]
        self._rails = [rails[name] for name in whole[:1] or rails]
        self.names = [f"INA3221 {name}" for name in whole[:1] or rails]
        self._clock, self._last_nanos = clock, clock()
        self._total = 0.0

    def __call__(self) -> float:
        now = self._clock()
        watts = sum(rail() for rail in self._rails)
        self._total += watts * (now - self._last_nanos) / 1e9
        self._last_nanos = now
        return self._total


def _ina_rails(root: Path) -> Iterable[tuple[str, Watts]]:
    """mV and mA of each channel that has a name and is switched on."""
    for label in sorted(root.glob(f"{_INA}/in[123]_label")):
        pair = [label.with_name(f"{kind}{label.name[2]}_input") for kind in ("in", "curr")]
        if len(_numbers(pair)) == len(pair):
            yield _text(label), partial(_product, pair, 1e-6)


def _ina_rails_of_jetpack_4(root: Path) -> Iterable[tuple[str, Watts]]:
    """mW of each channel."""
    for label in sorted(root.glob(f"{_INA_JETPACK_4}/rail_name_[0-9]")):
        power = label.with_name(f"in_power{label.name[-1]}_input")
        if _number(power) is not None:
            yield _text(label), partial(_product, [power], 1e-3)


def _product(paths: Sequence[Path], unit: float) -> float:
    return math.prod(_number(path) or 0.0 for path in paths) * unit


def _rss_mb() -> float | None:
    """Of this process, in 2^20 bytes."""
    return status_mb("VmRSS")


def status_mb(key: str) -> float | None:
    """A line of /proc/self/status, in 2^20 bytes. ``VmHWM`` is the peak of this program alone:
    the kernel's ``ru_maxrss`` begins at the peak of the process that started it.
    """
    for line in _text(Path("/proc/self/status")).splitlines():
        if line.startswith(f"{key}:"):
            return round(int(line.split()[1]) / 1024, 1)
    return None


def _numbers(paths: Iterable[Path]) -> list[float]:
    return [number for number in map(_number, sorted(paths)) if number is not None]


def _number(path: Path) -> float | None:
    with suppress(ValueError):
        return float(_text(path))
    return None


def _text(path: Path) -> str:
    """ "" for what is absent, only root's, or a sensor that does not answer."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
