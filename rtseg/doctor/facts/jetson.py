"""A Jetson: which one, which JetPack, which power mode."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtseg.doctor.place import Place, numbers

RELEASE = "/etc/nv_tegra_release"

JETPACKS = (
    ((39, 2, 2), "7.2.2 or newer"),
    ((39, 2, 1), "7.2.1"),
    ((39, 2), "7.2"),
    ((38, 4), "7.1"),
    ((38, 2), "7.0"),
    ((36, 5), "6.2.2"),
    ((36, 4, 4), "6.2.1"),
    ((36, 4, 3), "6.2"),
    ((36, 4), "6.1"),
    ((36, 2), "6.0"),
    ((35, 1), "5"),
    ((32, 1), "4"),
)
"""The first Jetson Linux of each JetPack, newest first: NVIDIA's archives of both."""


@dataclass(frozen=True)
class Jetson:
    """model: "" where this is no Jetson. linux: version of Jetson Linux. jetpack: "" if unknown.

    mode: of power, as nvpmodel calls it; modes: number and name of each. locked: whether
    jetson_clocks holds the GPU at its highest clock, None if nothing tells.
    """

    model: str
    linux: str = ""
    jetpack: str = ""
    mode: str = ""
    modes: tuple[tuple[int, str], ...] = ()
    locked: bool | None = None


def read_jetson(place: Place) -> Jetson:
    release = place.text(RELEASE)
    model = place.text("/proc/device-tree/model")
    tegra = "-tegra" in place.text("/proc/sys/kernel/osrelease") or "Jetson" in model
    if not release and not tegra:
        return Jetson("")
    linux = linux_version(release)
    mode, modes = _power(place)
    return Jetson(model or "Jetson", linux, _jetpack(linux), mode, modes, _locked(place))


def linux_version(release: str) -> str:
    """ "# R36 (release), REVISION: 4.3, ..." is 36.4.3; "" for other words."""
    found = re.match(r"# R(\d+) \(release\), REVISION: ([\d.]+)", release)
    return f"{found[1]}.{found[2]}" if found else ""


def _jetpack(linux: str) -> str:
    version = numbers(linux)
    return next((name for first, name in JETPACKS if version >= first), "")


def _power(place: Place) -> tuple[str, tuple[tuple[int, str], ...]]:
    """nvpmodel's own two files; asking the program needs root on some releases."""
    told = re.findall(
        r"^<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)", place.text("/etc/nvpmodel.conf"), re.MULTILINE
    )
    modes = tuple((int(number), name) for number, name in told)
    now = re.search(r"pmode:(\d+)", place.text("/var/lib/nvpmodel/status"))
    return (dict(modes).get(int(now[1]), "") if now else ""), modes


def _locked(place: Place) -> bool | None:
    for name in place.names("/sys/class/devfreq/*gp*/max_freq"):
        least = place.text(name.replace("max_freq", "min_freq"))
        return least == place.text(name)
    return None
