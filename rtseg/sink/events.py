"""One JSON line per frame: classes in zones, alarms, the free way ahead."""

from __future__ import annotations

from pathlib import Path

from rtseg.errors import UsageError
from rtseg.sink.file import FileSink, sink_error
from rtseg.sink.lines import Lines, StdoutLines, UdpLines, udp_address
from rtseg.sink.rows import JsonRows
from rtseg.types import Picture
from rtseg.zones.watch import Zones, ZoneWatch

STDOUT = "-"


class Events(FileSink):
    """target: a .jsonl file, udp://HOST:PORT, or - for stdout. Raises UsageError for others.

    A file can be read up to the last line at any moment. What UDP cannot send is lost and counted.
    """

    wants_image = False

    def __init__(self, target: str, zones: Zones) -> None:
        super().__init__()
        self._target = target
        self._udp = udp_address(target) if target.startswith("udp://") else None
        self.path = None if self._udp or target == STDOUT else Path(target)
        if self.path is not None and self.path.suffix.lower() != ".jsonl":
            raise UsageError(
                f"cannot write events to {target!r}: name a .jsonl file, udp://HOST:PORT or -"
            )
        self._zones = ZoneWatch(zones)
        self._lines: Lines | None = None

    def open(self) -> None:
        if self.path is not None:
            self._claim(self.path)
            self._lines = JsonRows(self.path)
            self._outputs.append(self.path)
        else:
            self._lines = UdpLines(*self._udp) if self._udp else StdoutLines()

    def write(self, picture: Picture) -> None:
        assert self._lines is not None, "write() belongs inside `with`"
        event = self._zones.event(picture)
        try:
            self._lines.append(event)
        except OSError as error:
            raise sink_error(Path(self._target), error, written=self._written) from error
        self._written += 1

    def close(self) -> None:
        lines, self._lines = self._lines, None
        if lines is None:
            return
        if isinstance(lines, UdpLines) and lines.lost:
            self._warnings.append(
                f"{lines.lost} of {self._written} events could not be sent to {self._target}"
            )
        lines.close()
