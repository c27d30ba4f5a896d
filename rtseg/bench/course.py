"""One round of measuring, in this process: the whole road of a frame, then the engine alone."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any

from rtseg.bench.recording import TENSORS, Arriving, Recorder, Recording
from rtseg.bench.sensors import Sensors, status_mb
from rtseg.bench.watch import Watch
from rtseg.engine.base import Engine
from rtseg.errors import SourceError
from rtseg.pipeline.inference import warm_up
from rtseg.pipeline.pace import inferred
from rtseg.pipeline.pipeline import Pipeline, Render
from rtseg.pipeline.segment import prepared_for
from rtseg.sink.base import Sink
from rtseg.source.base import Source
from rtseg.types import Tensor

ENGINE_SHARE = 0.25
"""Of the seconds of the whole road, for the engine alone after it."""


class Course:
    """The source is open, the engine is not. sinks: what else gets the pictures.

    warm_up: frames before those that count. seconds: to measure after them, or until the source
    ends. ``finish`` and ``stop`` may be called from any thread, also from a signal handler.
    """

    def __init__(
        self,
        source: Source,
        engine: Engine,
        *,
        render: Render,
        seconds: float,
        warm_up: int,
        sinks: Sequence[Sink] = (),
        sensors: Sensors | None = None,
    ) -> None:
        self._source, self._engine = source, engine
        self._seconds, self._warm_up = seconds, warm_up
        self._sensors = sensors or Sensors()
        self._over = threading.Event()
        self._recorder = Recorder(
            partial(prepared_for, engine), warm_up=warm_up, seconds=seconds, enough=self._enough
        )
        self._arriving = Arriving(source)
        road = [*sinks, self._recorder]
        self.pipeline = Pipeline(self._arriving, engine, road, render=render)

    def finish(self) -> None:
        self._over.set()
        self.pipeline.finish()

    def stop(self) -> None:
        self._over.set()
        self.pipeline.stop()

    def whole_road(self) -> Recording:
        """Raises what ended the run, where that was no plain end."""
        with Watch(self._sensors) as watch, self.pipeline as pipeline:
            pipeline.join()
        counts = self._counts()
        alone: dict[str, list[int]] = {}
        if self._recorder.tensors and not self._over.is_set():
            alone = self._engine_alone(self._recorder.tensors, self._seconds * ENGINE_SHARE)
        return Recording(
            self._facts(),
            counts,
            self._warm_up,
            frames=self._recorder.columns,
            stages=pipeline.stats.stage_nanos,
            engine=alone,
            arrivals=self._arriving.columns,
            readings=watch.readings,
        )

    def engine_only(self) -> Recording:
        """Pictures of the source, prepared beforehand. Raises SourceError where it has none."""
        frames = islice(self._source, TENSORS)
        tensors = [prepared_for(self._engine, frame).tensor for frame in frames]
        if not tensors:
            raise SourceError(f"{self._source.info.name} gave no frame: choose another source")
        with Watch(self._sensors) as watch:
            alone = self._engine_alone(tensors, self._seconds)
        counts = {"peak_rss_mb": status_mb("VmHWM")}
        return Recording(
            self._facts(), counts, self._warm_up, engine=alone, readings=watch.readings
        )

    def _engine_alone(self, tensors: Sequence[Tensor], seconds: float) -> dict[str, list[int]]:
        """As many tensors in flight as the engine takes, none of them waited for before."""
        submitted, collected = array("q"), array("q")
        enough = math.inf
        with self._engine as engine:
            warm_up(engine, tensors[0].shape[1:3])
            with closing(inferred(engine, tensors)) as taken:
                for submitted_nanos, collected_nanos in taken:
                    if self._over.is_set():
                        break
                    submitted.append(submitted_nanos)
                    collected.append(collected_nanos)
                    if len(collected) == self._warm_up + 1:
                        enough = collected_nanos + round(seconds * 1e9)
                    if collected_nanos >= enough:
                        break
        return {"submitted_nanos": submitted.tolist(), "collected_nanos": collected.tolist()}

    def _enough(self) -> None:
        self.pipeline.finish()

    def _counts(self) -> dict[str, Any]:
        summary = self.pipeline.stats.summary()
        return {
            "frames_read": summary.frames_read,
            "dropped": summary.dropped,
            "first_frame_seconds": summary.first_frame_seconds,
            "peak_rss_mb": status_mb("VmHWM"),
        }

    def _facts(self) -> dict[str, Any]:
        info, spec, source = self._engine.info, self._engine.spec, self._source.info
        return {
            "model": info.model,
            "backend": info.backend,
            "precision": info.precision,
            "precisions": info.precisions,
            "device": info.device,
            "version": info.version,
            "network": [spec.height, spec.width],
            "in_flight": self._engine.depth,
            "source": source.name,
            "picture": [source.height, source.width],
            "source_fps": float(source.fps),
            "mode": "live" if source.live else "offline",
            "energy_from": self._sensors.energy_from,
            "warnings": list(self._source.warnings),
        }
