"""Zones and free space of one stream of label maps: an event a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rtseg.labels import LabelSet
from rtseg.types import Picture
from rtseg.zones.free_space import FreeSpace, Rays
from rtseg.zones.zone import Alarm, Zone, ZoneShares


@dataclass(frozen=True)
class Zones:
    """All that a zones file describes, in the ids of ``labels``."""

    labels: LabelSet
    zones: tuple[Zone, ...]
    free_space: FreeSpace | None


class ZoneWatch:
    """Every picture, in order, to ``event``. One thread."""

    def __init__(self, wanted: Zones) -> None:
        self._wanted = wanted
        self._shares = [ZoneShares(zone.polygon) for zone in wanted.zones]
        self._alarms = [[Alarm(rule) for rule in zone.rules] for zone in wanted.zones]
        self._rays = None if wanted.free_space is None else Rays(wanted.free_space)
        self._held: list[str] = []

    def event(self, picture: Picture) -> dict[str, Any]:
        """What docs/zones.md says of a line; ready for JSON."""
        segmentation = picture.segmentation
        frame = segmentation.frame
        said: dict[str, Any] = {
            "frame": frame.index,
            "pts_s": round(float(frame.pts), 6),
            "captured_nanos": frame.captured_nanos,
            **self._zones(picture),
        }
        if self._rays is not None and self._wanted.free_space is not None:
            height, width, _ = frame.picture.shape
            profile = self._rays(segmentation.labels, (height, width))
            degrees = list(self._wanted.free_space.degrees)
            said["free_space"] = {"degrees": degrees, **profile.facts}
        if picture.faults is not None:
            said["health"] = list(picture.faults)
        return said

    def _zones(self, picture: Picture) -> dict[str, Any]:
        """Shares of every zone, and the alarms that hold, begin and end with this frame."""
        segmentation, names = picture.segmentation, self._wanted.labels.names
        said: dict[str, dict[str, float]] = {}
        held: list[str] = []
        for zone, measure, alarms in zip(
            self._wanted.zones, self._shares, self._alarms, strict=True
        ):
            shares = measure(segmentation.labels)
            said[zone.name] = {
                name: round(share, 6)
                for name, share in zip(names, shares.tolist(), strict=False)
                if share > 0
            }
            held += [
                each.rule.name for each in alarms if each.update(shares, segmentation.frame.pts)
            ]
        before, self._held = self._held, held
        return {
            "zones": said,
            "alarms": held,
            "began": [name for name in held if name not in before],
            "ended": [name for name in before if name not in held],
        }
