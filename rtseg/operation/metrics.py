"""A run's numbers as Prometheus reads them; what each means stands in docs/operation.md.

The only place that imports prometheus_client.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from rtseg import __version__
from rtseg.labels import LabelSet
from rtseg.operation.endpoint import Page
from rtseg.operation.health import Health
from rtseg.source.connection import Connection, Grade
from rtseg.stats import NANOS_PER_SECOND, RunStats, Seen

NEWEST = 256
"""Frames over which latencies and stages are taken."""

_WINDOW_NANOS = 5 * NANOS_PER_SECOND
_ALWAYS = {"late": 0, "source": 0}
"""Causes that are shown before they occur: the first increase of what was not there is none."""


class Metrics:
    """Numbers of the process, and of the run once there is one. Any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def follow(
        self,
        source: str,
        *,
        model: str,
        labels: LabelSet,
        stats: Callable[[], RunStats],
        health: Callable[[], Health],
        connection: Connection | None = None,
    ) -> None:
        """source: the run's, passwords masked. stats, health: as they are when they are asked."""
        self._registry.register(_RunCollector(source, model, labels, stats, health, connection))

    def page(self) -> Page:
        return Page(generate_latest(self._registry), CONTENT_TYPE_LATEST)


@dataclass(frozen=True, eq=False)
class _RunCollector(Collector):
    source: str
    model: str
    labels: LabelSet
    stats: Callable[[], RunStats]
    health: Callable[[], Health]
    connection: Connection | None

    def collect(self) -> Iterator[Metric]:
        stats, now = self.stats(), time.monotonic_ns()
        yield self._info()
        good = float(self.health().good)
        yield self._gauge("healthy", "1 while frames flow, as /healthz says.", good)
        yield from self._rates(stats, now)
        yield from self._counts(stats)
        if stats.written.count:
            yield from self._times(stats, now)
        if self.connection is not None:
            yield from self._losses(self.connection, now)
        yield self._classes(stats.seen)

    def _info(self) -> Metric:
        labels = {"source": self.source, "model": self.model, "version": __version__}
        family = GaugeMetricFamily("rtseg_info", "What runs, as labels.", labels=list(labels))
        family.add_metric(list(labels.values()), 1)
        return family

    def _rates(self, stats: RunStats, now: int) -> Iterator[Metric]:
        for name, meter, words in (
            ("capture", stats.captured, "Frames that arrived, a second, of the last 5 s."),
            ("processed", stats.processed, "Frames that the network saw, of the last 5 s."),
            ("written", stats.written, "Frames that left the last sink, of the last 5 s."),
        ):
            yield self._gauge(f"{name}_fps", words, meter.fps_now(now, window_nanos=_WINDOW_NANOS))

    def _counts(self, stats: RunStats) -> Iterator[Metric]:
        for name, meter, words in (
            ("captured", stats.captured, "Frames that arrived."),
            ("processed", stats.processed, "Frames that the network saw."),
            ("written", stats.written, "Frames that left the last sink."),
        ):
            family = CounterMetricFamily(f"rtseg_{name}_frames_total", words, labels=["source"])
            family.add_metric([self.source], meter.count)
            yield family
        family = CounterMetricFamily(
            "rtseg_dropped_total", "Frames that were lost.", labels=["source", "cause"]
        )
        for cause, count in {**_ALWAYS, **stats.dropped}.items():
            family.add_metric([self.source, cause], count)
        yield family

    def _times(self, stats: RunStats, now: int) -> Iterator[Metric]:
        age = (now - stats.written.last_nanos) / NANOS_PER_SECOND
        yield self._gauge("last_frame_age_seconds", "Since a frame left the last sink.", age)
        family = GaugeMetricFamily(
            "rtseg_stage_seconds",
            f"Median work for a frame, of the newest {NEWEST}.",
            labels=["source", "stage"],
        )
        for stage, millis in stats.stages_of_last(NEWEST).items():
            family.add_metric([self.source, stage], millis / 1e3)
        yield family
        family = GaugeMetricFamily(
            "rtseg_latency_seconds",
            f"From a frame's capture to its leaving the last sink, of the newest {NEWEST}.",
            labels=["source", "quantile"],
        )
        of = stats.latency_of_last(NEWEST)
        for quantile, millis in (("0.5", of.p50), ("0.95", of.p95), ("0.99", of.p99)):
            family.add_metric([self.source, quantile], millis / 1e3)
        yield family

    def _losses(self, connection: Connection, now: int) -> Iterator[Metric]:
        for name, count, words in (
            ("reconnects", connection.reconnects, "Times that a lost source came back."),
            ("stalls", connection.stalls, "Pauses in the frames that ended no connection."),
        ):
            family = CounterMetricFamily(f"rtseg_{name}_total", words, labels=["source"])
            family.add_metric([self.source], count)
            yield family
        grades = GaugeMetricFamily(
            "rtseg_connection_grade", "1 for that of the last hour.", labels=["source", "grade"]
        )
        grade = connection.grade(now)
        for each in get_args(Grade):
            grades.add_metric([self.source, each], float(each == grade))
        yield grades

    def _classes(self, seen: Seen) -> Metric:
        family = SummaryMetricFamily(
            "rtseg_class_fraction", "Share of the picture, 0..1.", labels=["source", "class"]
        )
        names = self.labels.names
        for name, share in zip(names, seen.shares[: len(names)].tolist(), strict=True):
            family.add_metric([self.source, name], seen.frames, share)
        return family

    def _gauge(self, name: str, words: str, value: float) -> Metric:
        family = GaugeMetricFamily(f"rtseg_{name}", words, labels=["source"])
        family.add_metric([self.source], value)
        return family
