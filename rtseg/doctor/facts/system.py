"""The operating system, and whether it is a container's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtseg.doctor.place import Place


@dataclass(frozen=True)
class System:
    """container: the name of what runs it, "" outside of one."""

    name: str
    kernel: str
    architecture: str
    container: str


def read_system(place: Place) -> System:
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)', place.text("/etc/os-release"), re.MULTILINE))
    return System(
        name=release.get("PRETTY_NAME", ""),
        kernel=place.text("/proc/sys/kernel/osrelease"),
        architecture=place.architecture,
        container=_container(place),
    )


def _container(place: Place) -> str:
    if place.path("/.dockerenv").exists():
        return "docker"
    if place.path("/run/.containerenv").exists():
        return "podman"
    return place.text("/run/systemd/container") or place.environment.get("container", "")
