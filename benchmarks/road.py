"""The road of `rtseg run`, seen from inside: CPU time, page faults and memory, frame by frame.

python benchmarks/road.py CLIP [--output null|video] [--look overlay] [--frames 300] [--warm-up 60]
                          [--model NAME] [--mode offline|live] [--fps N] [--slow 1.0]
                          [--count-allocations]

Short clips are repeated. --fps: in place of the clip's own. --slow 3: each inference takes three
times as long as it does. Prints one JSON object: fps and cpu_ms per frame after the warm-up, what
each thread took of it, latency from capture to the last sink, drops, resident memory, and page
faults per frame. With --count-allocations every allocation above 64 KiB is a mapping of its own,
which costs at least 16 faults when it is written: a median below 16 says that there is none.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rtseg.commands.memory import keep_freed_memory
from rtseg.commands.painter import Painter
from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.overlay import Look
from rtseg.pipeline.lineup import depth_for
from rtseg.pipeline.pipeline import Pipeline
from rtseg.sink.base import Sink
from rtseg.sink.null import Null
from rtseg.sink.planes import Films
from rtseg.sink.video import OverlayVideo
from rtseg.smoothing import Smoothing
from rtseg.source.base import SourceInfo
from rtseg.source.paced import Paced
from rtseg.source.video import VideoFile
from rtseg.types import Frame, LabelMap, Picture

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE = 64 << 10


def main() -> None:
    wanted = _parser().parse_args()
    if wanted.count_allocations:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
    else:
        keep_freed_memory()
    print(json.dumps(drive(wanted)))


def drive(wanted: argparse.Namespace) -> dict[str, Any]:
    package, live = find_package(wanted.model), wanted.mode == "live"
    depth = depth_for(Smoothing(), live=live)
    engine = Slowed(make_engine("auto", package, depth=depth), wanted.slow)
    look, marks = Look(wanted.look), Marks(warm_up=wanted.warm_up)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        again = Again(wanted.clip, wanted.fps)
        source = stack.enter_context(Paced(again) if live else again)
        video = OverlayVideo(Path(folder, "road.mp4"), fps=source.info.fps)
        sinks: list[Sink] = [video if wanted.output == "video" else Null(), marks]
        films = Films() if look.mode in {"overlay", "mask"} else None
        road = Pipeline(
            source,
            engine,
            sinks,
            render=Painter(package.labels, look, films),
            limit=wanted.warm_up + wanted.frames,
        )
        with road:
            marks.threads = {thread.name: thread for thread in threading.enumerate()}
            road.join()
    report = marks.report(part=wanted.part)
    summary = road.stats.summary()
    inference = report["latency_ms"] | {"engine_p50": summary.stages["inference"].p50}
    period = float(1000 / source.info.fps)
    return report | {
        "latency_ms": inference | {"period": period},
        "dropped": summary.dropped,
        "stages_ms": {name: each.p50 for name, each in summary.stages.items()},
    }


class Marks:
    """A sink behind the others: what was spent until each frame left them.

    Four numbers a frame, so that a long run measures the road's memory and not its own.
    """

    wants_image = False
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, *, warm_up: int) -> None:
        self.threads: dict[str, threading.Thread] = {}
        self._warm_up = warm_up
        self._clock, self._cpu, self._latency = array("d"), array("d"), array("d")
        self._faults = array("q")
        self._spent: dict[str, float] = {}
        self._before: dict[str, float] = {}
        self._rss_mb = 0.0

    def __enter__(self) -> Marks:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def write(self, picture: Picture) -> None:
        captured = picture.segmentation.frame.captured_nanos
        for name, thread in self.threads.items():
            if thread.is_alive():
                self._spent[name] = _cpu_of(thread)
        if len(self._clock) == self._warm_up:
            self._before, self._rss_mb = dict(self._spent), _resident_mb()
        self._clock.append(time.perf_counter())
        self._cpu.append(time.process_time())
        self._latency.append((time.monotonic_ns() - captured) / 1e6)
        self._faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

    def report(self, *, part: int) -> dict[str, Any]:
        if len(self._clock) < self._warm_up + 2:
            sys.exit(f"{len(self._clock)} frames came, {self._warm_up} are warm-up: ask for more")
        clock, cpu = self._clock[self._warm_up :], self._cpu[self._warm_up :]
        steps, seconds, spent = len(clock) - 1, clock[-1] - clock[0], cpu[-1] - cpu[0]
        faults = np.diff(self._faults[self._warm_up :])
        latencies = np.percentile(self._latency[self._warm_up :], (50, 99, 100)).tolist()
        threads = {
            name: 1e3 * (self._spent[name] - before) / steps
            for name, before in self._before.items()
        }
        return {
            "frames": len(clock),
            "warm_up": self._warm_up,
            "fps": steps / seconds,
            "cpu_ms": 1e3 * spent / steps,
            "cpu_cores": spent / seconds,
            "threads_cpu_ms": threads | {"libraries": 1e3 * spent / steps - sum(threads.values())},
            "latency_ms": dict(zip(("p50", "p99", "max"), latencies, strict=True)),
            "faults": {"median": float(np.median(faults)), "mean": float(faults.mean())},
            "rss_mb": {"first": self._rss_mb, "last": _resident_mb()},
            "cpu_ms_by_part": _by_part(cpu, part),
        }


def _by_part(cpu: Sequence[float], length: int) -> list[float]:
    """CPU milliseconds per frame of each stretch of so many frames; what is left over is not."""
    return [1e3 * (after - before) / length for before, after in pairwise(cpu[::length])]


def _cpu_of(thread: threading.Thread) -> float:
    assert thread.ident is not None
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Again:
    """A clip, over and over, as one that never ends."""

    warnings: tuple[str, ...] = ()

    def __init__(self, clip: Path, fps: Fraction | None) -> None:
        """fps: in place of its own."""
        self._clip, self._fps = clip, fps

    def __enter__(self) -> Again:
        with VideoFile(self._clip) as source:
            self._speed = self._fps / source.info.fps if self._fps else Fraction(1)
            self.info: SourceInfo = replace(source.info, fps=self._fps or source.info.fps)
        return self

    def __exit__(self, *_: object) -> None:
        """Each round closes what it opened."""

    def __iter__(self) -> Iterator[Frame]:
        numbers, began = count(), Fraction(0)
        while True:
            with VideoFile(self._clip) as source:
                pts = Fraction(0)
                for frame in source:
                    pts = began + frame.pts / self._speed
                    yield replace(frame, index=next(numbers), pts=pts)
            began = pts + 1 / self.info.fps


class Slowed:
    """An engine whose inferences take ``times`` as long, asleep: what a weaker machine does."""

    def __init__(self, engine: Engine, times: float) -> None:
        self._engine, self._times = engine, times

    def __enter__(self) -> Slowed:
        self._engine.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._engine.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def submit(self, tensor: Any) -> None:
        self._submitted = time.perf_counter()
        self._engine.submit(tensor)

    def collect(self) -> LabelMap:
        labels = self._engine.collect()
        took = time.perf_counter() - self._submitted
        time.sleep((self._times - 1) * took)
        return labels


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--output", choices=("null", "video"), default="video")
    parser.add_argument("--look", default="overlay")
    parser.add_argument("--frames", type=int, default=300, help="after the warm-up")
    parser.add_argument("--part", type=int, default=60, help="frames of which CPU time is told")
    parser.add_argument("--warm-up", type=int, default=60)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--mode", choices=("offline", "live"), default="offline")
    parser.add_argument("--fps", type=Fraction, help="of the clip, in place of its own")
    parser.add_argument("--slow", type=float, default=1.0, help="times that an inference takes")
    parser.add_argument("--count-allocations", action="store_true")
    return parser


if __name__ == "__main__":
    main()
