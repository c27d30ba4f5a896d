"""The road of `rtseg run`, seen from inside: CPU time, page faults and memory, frame by frame.

python benchmarks/road.py CLIP [--output null|video] [--look overlay] [--frames 300] [--warm-up 60]
                          [--model NAME] [--mode offline|live] [--slow 1.0] [--count-allocations]

Short clips are repeated. --slow 3: each inference takes three times as long as it does. Prints one
JSON object: fps and cpu_ms per frame after the warm-up, what each thread took of it, latency from
capture to the last sink, drops, resident memory, and page faults per frame. With
--count-allocations every allocation above 64 KiB is a mapping of its own, which costs at least 16
faults when it is written: a median below 16 says that there is none per frame.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from rtseg.commands.job import Painter
from rtseg.commands.memory import keep_freed_memory
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
    look, marks = Look(wanted.look), Marks()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        again = Again(wanted.clip)
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
    report = marks.report(after=wanted.warm_up)
    summary = road.stats.summary()
    inference = report["latency_ms"] | {"engine_p50": summary.stages["inference"].p50}
    period = float(1000 / source.info.fps)
    return report | {
        "latency_ms": inference | {"period": period},
        "dropped": summary.dropped,
        "stages_ms": {name: each.p50 for name, each in summary.stages.items()},
    }


@dataclass(frozen=True)
class Mark:
    """clock, cpu: seconds. threads: CPU seconds by name. faults: minor ones until here."""

    clock: float
    cpu: float
    threads: dict[str, float]
    faults: int
    rss_mb: float
    latency_ms: float


class Marks:
    """A sink behind the others: what was spent until each frame left them."""

    wants_image = False
    outputs: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.threads: dict[str, threading.Thread] = {}
        self._all: list[Mark] = []
        self._spent: dict[str, float] = {}

    def __enter__(self) -> Marks:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def write(self, picture: Picture) -> None:
        captured = picture.segmentation.frame.captured_nanos
        alive = {name: each for name, each in self.threads.items() if each.is_alive()}
        self._spent = self._spent | {name: _cpu_of(each) for name, each in alive.items()}
        self._all.append(
            Mark(
                time.perf_counter(),
                time.process_time(),
                self._spent,
                resource.getrusage(resource.RUSAGE_SELF).ru_minflt,
                _resident_mb(),
                (time.monotonic_ns() - captured) / 1e6,
            )
        )

    def report(self, *, after: int) -> dict[str, Any]:
        if len(self._all) < after + 2:
            sys.exit(f"{len(self._all)} frames came, {after} are warm-up: ask for more")
        kept = self._all[after:]
        steps, first, last = len(kept) - 1, kept[0], kept[-1]
        seconds, cpu = last.clock - first.clock, last.cpu - first.cpu
        faults = np.diff([mark.faults for mark in kept])
        latencies = [mark.latency_ms for mark in kept]
        each = {
            name: 1e3 * (last.threads[name] - first.threads[name]) / steps for name in first.threads
        }
        return {
            "frames": len(kept),
            "warm_up": after,
            "fps": steps / seconds,
            "cpu_ms": 1e3 * cpu / steps,
            "cpu_cores": cpu / seconds,
            "threads_cpu_ms": each | {"of libraries": 1e3 * cpu / steps - sum(each.values())},
            "latency_ms": dict(
                zip(("p50", "p99", "max"), np.percentile(latencies, (50, 99, 100)), strict=True)
            ),
            "faults": {"median": statistics.median(faults.tolist()), "mean": float(faults.mean())},
            "rss_mb": {"first": first.rss_mb, "last": last.rss_mb},
            "ms_by_tenth": _by_tenth(kept),
        }


def _by_tenth(marks: list[Mark]) -> list[float]:
    """CPU milliseconds per frame of each tenth of the run."""
    at = np.linspace(0, len(marks) - 1, 11).astype(int)
    cpu = [marks[place].cpu for place in at]
    return (1e3 * np.diff(cpu) / np.maximum(1, np.diff(at))).tolist()


def _cpu_of(thread: threading.Thread) -> float:
    assert thread.ident is not None
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Again:
    """A clip, over and over, as one that never ends."""

    warnings: tuple[str, ...] = ()

    def __init__(self, clip: Path) -> None:
        self._clip = clip

    def __enter__(self) -> Again:
        with VideoFile(self._clip) as source:
            self.info: SourceInfo = source.info
        return self

    def __exit__(self, *_: object) -> None:
        """Each round closes what it opened."""

    def __iter__(self) -> Iterator[Frame]:
        numbers, began = count(), Fraction(0)
        while True:
            with VideoFile(self._clip) as source:
                pts = Fraction(0)
                for frame in source:
                    pts = began + frame.pts
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
    parser.add_argument("--warm-up", type=int, default=60)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--mode", choices=("offline", "live"), default="offline")
    parser.add_argument("--slow", type=float, default=1.0, help="times that an inference takes")
    parser.add_argument("--count-allocations", action="store_true")
    return parser


if __name__ == "__main__":
    main()
