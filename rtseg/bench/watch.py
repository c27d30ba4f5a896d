"""The sensors, read once a second on a thread of their own while something is measured."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from rtseg.bench.sensors import Sensors

PERIOD_SECONDS = 1.0


class Watch:
    """``with Watch(sensors) as watch: ...``; then ``watch.readings``, from before to after."""

    def __init__(self, sensors: Sensors, *, period_seconds: float = PERIOD_SECONDS) -> None:
        self.readings: list[dict[str, Any]] = []
        self._sensors, self._period = sensors, period_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="rtseg-sensors")

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        self.readings.append(self._sensors.read())
        while not self._over.wait(self._period):
            self.readings.append(self._sensors.read())
        self.readings.append(self._sensors.read())
