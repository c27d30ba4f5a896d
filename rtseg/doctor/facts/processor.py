"""The processor and the memory, and how much of them this process may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from rtseg.doctor.place import Place

CPU = "/sys/devices/system/cpu"
GROUPS = "/sys/fs/cgroup"

FEATURES = (
    *("sse4_2", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16"),
    *("amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm", "bf16"),
)
"""Those that decide how INT8 and bf16 run, by the kernel's names; from asimd on of Arm."""

UNLIMITED = 1 << 60
"""More memory than this is how version 1 of control groups says that there is no limit."""


@dataclass(frozen=True)
class Processor:
    """cores: of the machine, allowed: to this process. quota: of a container, in cores, None
    without one. governors: of all cores. scaling: the kernel's driver of the clock.

    total, available, limit: of memory, in bytes; limit: of a container, None without one.
    """

    name: str
    cores: int
    allowed: int
    quota: float | None
    features: tuple[str, ...]
    governors: tuple[str, ...]
    scaling: str
    total: int
    available: int
    limit: int | None


def read_processor(place: Place) -> Processor:
    told = place.text("/proc/cpuinfo")
    memory = place.text("/proc/meminfo")
    cores = _counted(place.text(f"{CPU}/online")) or len(re.findall(r"^processor\b", told, re.M))
    return Processor(
        name=_field(told, "model name") or _field(told, "Model") or place.architecture,
        cores=cores,
        allowed=_counted(_field(place.text("/proc/self/status"), "Cpus_allowed_list")) or cores,
        quota=_quota(place),
        features=_features(told),
        governors=_governors(place),
        scaling=place.text(f"{CPU}/cpu0/cpufreq/scaling_driver"),
        total=_kibibytes(memory, "MemTotal"),
        available=_kibibytes(memory, "MemAvailable"),
        limit=_limit(place),
    )


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _features(told: str) -> tuple[str, ...]:
    there = set(_field(told, "flags").split()) | set(_field(told, "Features").split())
    return tuple(name for name in FEATURES if name in there)


def _kibibytes(text: str, name: str) -> int:
    return int((_field(text, name).split() or ["0"])[0]) << 10


def _counted(ranges: str) -> int:
    """ "0-3,6" is 5."""
    counted = 0
    for each in filter(None, ranges.split(",")):
        first, _, last = each.partition("-")
        counted += int(last or first) - int(first) + 1
    return counted


def _governors(place: Place) -> tuple[str, ...]:
    files = place.names(f"{CPU}/cpu[0-9]*/cpufreq/scaling_governor")
    return tuple(sorted({place.text(name) for name in files} - {""}))


def _quota(place: Place) -> float | None:
    """The least of this process's control group and those above it."""
    found = []
    for folder in _groups(place, ""):
        told = place.text(f"{folder}/cpu.max").split()
        if len(told) == 2 and told[0].isdecimal():
            found.append(int(told[0]) / int(told[1]))
    for folder in _groups(place, "cpu"):
        quota = place.text(f"{folder}/cpu.cfs_quota_us")
        period = place.text(f"{folder}/cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():
            found.append(int(quota) / int(period))
    return min(found, default=None)


def _limit(place: Place) -> int | None:
    texts = [place.text(f"{folder}/memory.max") for folder in _groups(place, "")]
    texts += [place.text(f"{each}/memory.limit_in_bytes") for each in _groups(place, "memory")]
    found = [int(each) for each in texts if each.isdecimal()]
    return min((each for each in found if each < UNLIMITED), default=None)


def _groups(place: Place, controller: str) -> list[str]:
    """Folders of this process's group, of those above it and of the root, which is all that a
    container sees of its own. controller: of version 1; "" for version 2, which has one tree.
    """
    for line in place.text("/proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controller == controllers or controller in controllers.split(","):
            root = f"{GROUPS}/{controller}".rstrip("/")
            above = [group, *map(str, PurePosixPath(group).parents)]
            return [f"{root}{each}".rstrip("/") for each in dict.fromkeys([*above, "/"])]
    return []
