"""Cameras, and what GStreamer there is beside OpenCV's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtseg.doctor.place import READ_WRITE, Place

VIDEO = "video"
"""The group that owns cameras on Debian and Ubuntu."""


@dataclass(frozen=True)
class Camera:
    """device: /dev/videoN. name: as its driver says it. permitted: to read and write it."""

    device: str
    name: str
    permitted: bool


@dataclass(frozen=True)
class Cameras:
    """devices: one of each camera; the nodes for its metadata are left out. hidden: those that the
    kernel has and /dev lacks. user: who asks; joined: whether the group's file names that user.
    gst_launch: whether GStreamer's own tools are there.
    """

    devices: tuple[Camera, ...]
    hidden: tuple[str, ...]
    user: str
    joined: bool
    gst_launch: bool


def read_cameras(place: Place) -> Cameras:
    nodes = sorted(place.names("/dev/video[0-9]*"), key=_number)
    known = [f"/dev/{name.rpartition('/')[2]}" for name in _known(place)]
    user = place.environment.get("USER") or place.environment.get("LOGNAME", "")
    return Cameras(
        devices=tuple(_camera(place, node) for node in nodes if _captures(place, node)),
        hidden=tuple(sorted(set(known) - set(nodes), key=_number)),
        user=user,
        joined=user in _members(place),
        gst_launch=any(
            place.path(f"{folder}/gst-launch-1.0").is_file()
            for folder in place.environment.get("PATH", "").split(":")
            if folder.startswith("/")
        ),
    )


def _number(node: str) -> int:
    return int((re.findall(r"\d+", node) or ["0"])[-1])


def _known(place: Place) -> list[str]:
    return place.names("/sys/class/video4linux/video[0-9]*")


def _captures(place: Place, node: str) -> bool:
    """A USB camera has a second node, with index 1, that gives metadata and no pictures."""
    index = place.text(f"/sys/class/video4linux/{node.rpartition('/')[2]}/index")
    return index in ("", "0")


def _camera(place: Place, node: str) -> Camera:
    name = place.text(f"/sys/class/video4linux/{node.rpartition('/')[2]}/name")
    return Camera(node, name, place.permits(place.path(node), READ_WRITE))


def _members(place: Place) -> list[str]:
    for line in place.text("/etc/group").splitlines():
        name, _, rest = line.partition(":")
        if name == VIDEO:
            return rest.rpartition(":")[2].split(",")
    return []
