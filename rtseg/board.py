"""Temperature, power and clocks of a Jetson, from the files of its kernel; no tool, no rights.

Where things are: thermal zones in /sys/class/thermal (milli-degrees), the INA3221 power monitors
among /sys/class/hwmon (milli-volt, milli-ampere; kernel documentation, hwmon/ina3221), the GPU in
/sys/class/devfreq (hertz; NVIDIA's ``load`` in thousandths), the CPU in its cpufreq (kilohertz).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GPU_NAMES = ("gpu", "ga10b", "gv11b", "gp10b")
"""Parts of the GPU's devfreq name: by its role, or by chip on older kernels."""

WHOLE_BOARD = "VDD_IN"
"""The rail that feeds everything else on Orin Nano and NX; AGX boards have no such."""


@dataclass(frozen=True)
class BoardReading:
    """celsius: by thermal zone. watts: by rail. gpu_load: 0..1. None, or empty, where absent."""

    celsius: dict[str, float]
    watts: dict[str, float]
    gpu_megahertz: float | None
    gpu_load: float | None
    cpu_megahertz: float | None

    @property
    def hottest(self) -> tuple[str, float] | None:
        """Zone and degrees Celsius."""
        return max(self.celsius.items(), key=lambda each: each[1], default=None)

    @property
    def total_watts(self) -> float | None:
        """What the board draws: its input rail, or the sum of the rails where it has none."""
        if not self.watts:
            return None
        return self.watts.get(WHOLE_BOARD, sum(self.watts.values()))


@dataclass(frozen=True)
class Board:
    """Paths that were found once. ``read`` opens some ten files, each answered by the kernel from
    its sensors, which may take milliseconds: once a second is enough, and not between two frames.
    """

    name: str
    zones: dict[str, Path]
    rails: dict[str, tuple[Path, Path]]
    gpu: Path | None
    cpus: tuple[Path, ...]

    def read(self) -> BoardReading:
        """Never raises: a sensor that is asleep or gone is left out."""
        millidegrees = {name: _number(path) for name, path in self.zones.items()}
        power = {name: (_number(volt), _number(amp)) for name, (volt, amp) in self.rails.items()}
        hertz = _number(self.gpu / "cur_freq") if self.gpu else None
        load = _number(self.gpu / "device" / "load") if self.gpu else None
        kilohertz = [each for each in map(_number, self.cpus) if each is not None]
        return BoardReading(
            # An engine that is switched off answers with an error, or with -256 degrees.
            celsius={
                name: each / 1e3 for name, each in millidegrees.items() if each and each > -100_000
            },
            watts={
                name: volt * amp / 1e6
                for name, (volt, amp) in power.items()
                if volt is not None and amp is not None
            },
            gpu_megahertz=None if hertz is None else hertz / 1e6,
            gpu_load=None if load is None else load / 1e3,
            cpu_megahertz=max(kilohertz) / 1e3 if kilohertz else None,
        )


def find_board(root: Path = Path("/")) -> Board | None:
    """None where the machine is no Jetson. root: of the file system, for a tree of another one."""
    if not _is_jetson(root):
        return None
    return Board(
        name=_text(root / "proc/device-tree/model") or "Jetson",
        zones=_zones(root / "sys/class/thermal"),
        rails=_rails(root / "sys/class/hwmon"),
        gpu=_gpu(root / "sys/class/devfreq"),
        cpus=tuple(sorted(root.glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq"))),
    )


def _is_jetson(root: Path) -> bool:
    release = _text(root / "proc/sys/kernel/osrelease") or ""
    return (root / "etc/nv_tegra_release").exists() or release.endswith("-tegra")


def _zones(thermal: Path) -> dict[str, Path]:
    """``cpu-thermal`` is called ``cpu``. PMIC-Die is left out: it always says 100 degrees."""
    zones = {}
    for folder in sorted(thermal.glob("thermal_zone*")):
        kind = _text(folder / "type")
        if kind and "pmic" not in kind.lower():
            zones[kind.lower().removesuffix("-thermal").removesuffix("-therm")] = folder / "temp"
    return zones


def _rails(hwmon: Path) -> dict[str, tuple[Path, Path]]:
    """Voltage and current of each channel of the monitors that is connected to something."""
    rails = {}
    for folder in sorted(hwmon.glob("hwmon*")):
        if _text(folder / "name") != "ina3221":
            continue
        for channel in (1, 2, 3):
            label = _text(folder / f"in{channel}_label")
            if label and label != "NC":
                volt, amp = folder / f"in{channel}_input", folder / f"curr{channel}_input"
                rails[label] = (volt, amp)
    return rails


def _gpu(devfreq: Path) -> Path | None:
    devices = sorted(devfreq.glob("*"))
    return next((each for each in devices if any(name in each.name for name in GPU_NAMES)), None)


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return None


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text("ascii"))
    except (OSError, ValueError):
        return None
