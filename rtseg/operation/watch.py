"""What the world outside is shown of one run: two pages for monitors, and its service manager."""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack
from dataclasses import asdict
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING

from rtseg.errors import UsageError
from rtseg.labels import LabelSet
from rtseg.operation.address import Address
from rtseg.operation.endpoint import Endpoint, Page
from rtseg.operation.health import STARTING, STOPPING, Health, StallLimit, failed
from rtseg.operation.service import ServiceManager
from rtseg.pipeline.pipeline import Pipeline
from rtseg.source.connection import Connection

if TYPE_CHECKING:
    from rtseg.operation.metrics import Metrics


class Watch:
    """Entered before anything else of the run is opened, left after everything was closed.

    listen: where /metrics and /healthz are served, "" for nowhere. The service manager is the one
    that the environment names, if it does. One thread enters, follows, beats and leaves; the pages
    are made on a thread of their own.
    """

    def __init__(self, listen: str = "", *, limit: StallLimit | None = None) -> None:
        self.url = ""
        self._limit = limit or StallLimit()
        self._service = ServiceManager(os.environ)
        self._pipeline: Pipeline | None = None
        self._stopping = self._stalled = False
        self._exit = ExitStack()
        self._address = Address.parsed(listen) if listen else None
        self._metrics = _new_metrics() if listen else None

    def __enter__(self) -> Watch:
        if self._address is not None and self._metrics is not None:
            pages = {"/metrics": self._metrics.page, "/healthz": self._health_page}
            self.url = self._exit.enter_context(Endpoint(self._address, pages)).url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._service.stop()
        self._exit.close()

    def follow(
        self,
        pipeline: Pipeline,
        *,
        source: str,
        model: str,
        labels: LabelSet,
        connection: Connection | None = None,
    ) -> None:
        """source: passwords masked. connection: of the source, where it can be lost."""
        self._pipeline = pipeline
        if self._metrics is not None:
            self._metrics.follow(
                source,
                model=model,
                labels=labels,
                stats=lambda: pipeline.stats,
                health=self._health,
                connection=connection,
            )

    def beat(self, *, stopping: bool) -> Health | None:
        """Several times a second. Says it where the frames ceased to flow, or flow again."""
        self._stopping = stopping
        health = self._health()
        if stopping:
            self._service.stop()
        elif health.good and self._pipeline is not None:
            written = self._pipeline.stats.written
            self._service.flow(written.last_nanos, time.monotonic_ns())
        if health.state not in ("flowing", "stalled"):
            return None
        before, self._stalled = self._stalled, health.state == "stalled"
        return health if before != self._stalled else None

    def _health(self) -> Health:
        if self._pipeline is None:
            return STARTING
        if self._pipeline.error is not None:
            return failed(self._pipeline.error)
        if self._stopping:
            return STOPPING
        return self._limit.health(self._pipeline.stats, time.monotonic_ns())

    def _health_page(self) -> Page:
        health = self._health()
        status = HTTPStatus.OK if health.good else HTTPStatus.SERVICE_UNAVAILABLE
        return Page(f"{json.dumps(asdict(health))}\n".encode(), "application/json", status)


def _new_metrics() -> Metrics:
    try:
        from rtseg.operation.metrics import Metrics
    except ImportError as error:
        raise UsageError(
            f"--metrics needs {error.name!r}; install it with: pip install 'rtseg[metrics]'"
        ) from error
    return Metrics()
