"""Whatever a camera and a network do: does a run end in time, add up, and leave playable files?

python benchmarks/chaos.py --runs 1000

Every run draws its faults, mode, sinks, length and picture size from its seed, and sends a drawn
road through the pipeline of ``rtseg run``: the real sources, threads and sinks, and an engine that
labels by brightness, so that a run takes a moment. Some are broken off in the middle, gently or at
once. ``--only SEED`` repeats one. Exit code 5 if any fails.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from rtseg.engine.base import EngineInfo
from rtseg.labels import LABEL_SETS
from rtseg.overlay import Look, render
from rtseg.pipeline.pipeline import Pipeline
from rtseg.sink.base import Sink
from rtseg.sink.images import ImageSequence
from rtseg.sink.labels_video import LabelVideo
from rtseg.sink.masks import MaskFolder
from rtseg.sink.statistics import Statistics
from rtseg.sink.video import OverlayVideo
from rtseg.source.base import Source, SourceInfo
from rtseg.source.chaos import Chaos, Faults
from rtseg.source.paced import Paced
from rtseg.stats import RunStats
from rtseg.types import Frame, LabelMap, ModelSpec, Rgb, Segmentation, Tensor

BOUND_SECONDS = 30.0
LABELS = "camvid11"
FAULTS = ("drop", "stall", "corrupt", "resize", "reorder", "clock", "dup")
MODES = ("offline", "live", "live with an age limit")
SINKS = ("video", "labels", "masks", "pictures", "statistics")
ENDS = ("itself", "finish", "stop")


@dataclass(frozen=True)
class Plan:
    seed: int
    faults: Faults
    mode: str
    sinks: tuple[str, ...]
    end: str
    frames: int
    size: tuple[int, int]

    @classmethod
    def of(cls, seed: int) -> Plan:
        chance = random.Random(seed)
        hit = chance.sample(FAULTS, chance.randint(1, len(FAULTS)))
        likely: dict[str, Any] = {fault: chance.choice((0.05, 0.2, 0.5)) for fault in hit}
        likely["stall"] = min(likely.get("stall", 0.0), 0.05)
        return cls(
            seed,
            Faults(**likely, stall_seconds=0.1, seed=seed),
            mode=chance.choice(MODES),
            sinks=tuple(chance.sample(SINKS, chance.randint(1, 2))),
            end=chance.choices(ENDS, (8, 1, 1))[0],
            frames=chance.randint(1, 25),
            size=chance.choice(((48, 64), (47, 65), (90, 160))),
        )


class Drive:
    """So many different pictures, 100 a second; not live by itself."""

    warnings = ()

    def __init__(self, frames: int, size: tuple[int, int]) -> None:
        self._frames, self._size = frames, size
        self.info = SourceInfo("drive", *size, fps=Fraction(100), live=False, frames=frames)

    def __enter__(self) -> Drive:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Frame]:
        height, width = self._size
        ramp = np.linspace(0, 255, width, dtype=np.uint8)
        for index in range(self._frames):
            row = np.roll(ramp, 3 * index)
            picture = np.repeat(np.tile(row, (height, 1))[..., None], 3, axis=2)
            yield Frame(picture, index, Fraction(index, 100), time.monotonic_ns())


class BrightnessEngine:
    """The label is the brightness in eleven steps. slow_seconds: per frame."""

    takes_pictures = False
    depth = 1

    def __init__(self, *, slow_seconds: float) -> None:
        self.spec = ModelSpec(32, 64, "rgb", (0.0,) * 3, (1.0,) * 3, LABELS)
        self.info = EngineInfo("brightness", "test", "fp32", {}, "cpu", "1")
        self._slow_seconds = slow_seconds
        self._flying: deque[Tensor] = deque()

    def __enter__(self) -> BrightnessEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, tensor: Tensor) -> None:
        self._flying.append(tensor)

    def collect(self) -> LabelMap:
        time.sleep(self._slow_seconds)
        return np.asarray(self._flying.popleft()[0, ..., 0] // 24, np.uint8)


def run(plan: Plan, folder: Path) -> list[str]:
    """What is wrong with it; nothing, if all is well."""
    source: Source = Chaos(Drive(plan.frames, plan.size), plan.faults)
    if plan.mode != "offline":
        source = source.around(Paced)
    began = time.monotonic()
    sinks = [_sink(name, folder) for name in plan.sinks]
    with source:
        pipeline = Pipeline(
            source,
            BrightnessEngine(slow_seconds=0.004 * (plan.seed % 4)),
            sinks,
            render=_painted,
            max_age_nanos=40_000_000 if "age" in plan.mode else None,
        )
        with pipeline:
            if plan.end != "itself":
                pipeline.wait(0.005 * plan.frames)
                {"finish": pipeline.finish, "stop": pipeline.stop}[plan.end]()
            ended = pipeline.wait(BOUND_SECONDS)
            if not ended:
                pipeline.stop()
            pipeline.join()
    wrong = [] if ended else [f"did not end within {BOUND_SECONDS:g} s"]
    wrong += _sums(plan, pipeline.stats)
    for sink in sinks:
        wrong += [each for path in sink.outputs for each in _unplayable(path)]
    if time.monotonic() - began > BOUND_SECONDS:
        wrong.append(f"took {time.monotonic() - began:.1f} s")
    return wrong


def _sink(name: str, folder: Path) -> Sink:
    labels = LABEL_SETS[LABELS]
    if name == "video":
        return OverlayVideo(folder / "o.mp4", fps=Fraction(100), preset="ultrafast")
    if name == "labels":
        return LabelVideo(folder / "l.mkv", fps=Fraction(100))
    if name == "masks":
        return MaskFolder(folder / "masks", labels, name_of=lambda index: f"{index:06d}")
    if name == "pictures":
        return ImageSequence.numbered(folder / "p_%06d.png")
    return Statistics(folder / "s.csv", labels)


def _painted(segmentation: Segmentation, stats: RunStats) -> Rgb:
    return render(segmentation, LABEL_SETS[LABELS], Look())


def _compile() -> None:
    """The overlay's kernel, which takes seconds once and would count against the first run."""
    frame = next(iter(Drive(1, (48, 64))))
    _painted(Segmentation(frame, np.zeros((32, 64), np.uint8)), RunStats(0))


def _sums(plan: Plan, stats: RunStats) -> list[str]:
    summary = stats.summary()
    dropped, wrong = summary.dropped, []
    lost = sum(count for cause, count in dropped.items() if cause != "source")
    if summary.frames_read != summary.frames_written + lost:
        wrong.append(f"{summary.frames_read} read, {summary.frames_written} written, {dropped}")
    if "unfinished" in dropped and plan.end != "stop":
        wrong.append(f"{dropped['unfinished']} frames were lost on their way")
    if min(dropped.values(), default=1) < 1:
        wrong.append(f"no count below 1 is expected: {dropped}")
    if plan.mode == "offline" and {"late", "stale"} & dropped.keys():
        wrong.append(f"offline mode drops nothing by its age: {dropped}")
    if plan.end == "itself":
        expected = plan.frames + dropped.get("duplicate", 0) - dropped.get("source", 0)
        missing_at_the_end = expected - summary.frames_read
        if not 0 <= missing_at_the_end <= plan.frames * bool(plan.faults.drop):
            wrong.append(f"{plan.frames} frames were given, {summary.frames_read} read: {dropped}")
    return wrong


def _unplayable(path: Path) -> list[str]:
    if path.suffix in (".mp4", ".mkv"):
        with av.open(str(path)) as container:
            frames = list(container.decode(video=0))
        times = [frame.pts for frame in frames]
        return [] if frames and times == sorted(set(times)) else [f"{path.name} does not play"]
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    pictures = [each for each in files if each.suffix == ".png"]
    return [f"{each} is no picture" for each in pictures if cv2.imread(str(each)) is None]


def runs(seeds: Sequence[int]) -> Counter[str]:
    """How many there were of each kind; raises AssertionError for the first that fails."""
    seen: Counter[str] = Counter()
    _compile()
    for seed in seeds:
        plan = Plan.of(seed)
        with tempfile.TemporaryDirectory() as folder:
            wrong = run(plan, Path(folder))
        assert not wrong, f"seed {seed}: {'; '.join(wrong)}; {plan}"
        hit = [fault for fault in FAULTS if getattr(plan.faults, fault)]
        seen.update(["runs", *hit, plan.mode, f"ended by {plan.end}", *plan.sinks])
        if seen["runs"] % 50 == 0:
            print(f"{seen['runs']} runs", file=sys.stderr, flush=True)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description="Seeded runs with faults.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--only", type=int, help="this seed alone")
    wanted = parser.parse_args()
    last = wanted.first + wanted.runs
    seeds = range(wanted.first, last) if wanted.only is None else [wanted.only]
    began = time.monotonic()
    try:
        seen = runs(seeds)
    except AssertionError as error:
        print(error)
        sys.exit(5)
    print(f"all well, in {time.monotonic() - began:.0f} s: {dict(seen)}")


if __name__ == "__main__":
    main()
