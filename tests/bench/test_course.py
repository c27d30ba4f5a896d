import time
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from slow_road import SPEC, SlowEngine, SlowSink, SlowSource

from rtseg.bench.card import card
from rtseg.bench.cells import Cell
from rtseg.bench.course import Course
from rtseg.bench.figures import Figures
from rtseg.bench.intervals import ratio_interval
from rtseg.bench.recording import Recorder
from rtseg.bench.sensors import Sensors
from rtseg.errors import SourceError
from rtseg.preprocess import prepare
from rtseg.stats import RunStats
from rtseg.types import Frame, Picture, Segmentation

SLOW = 0.02
"""Seconds: far more than anything else in this road takes."""


def course(source, engine, tmp_path, *, seconds=60.0, warm_up=2, sinks=()):
    def render(segmentation, stats):
        return segmentation.frame.picture

    return Course(
        source,
        engine,
        render=render,
        seconds=seconds,
        warm_up=warm_up,
        sinks=sinks,
        sensors=Sensors(tmp_path),
    )


@pytest.mark.parametrize("slow", ["capture", "inference", "sinks"])
def test_a_stage_that_is_slowed_down_shows_in_its_own_row(slow, tmp_path):
    pause = dict.fromkeys(("capture", "inference", "sinks"), 0.0) | {slow: SLOW}
    sink = SlowSink(pause=pause["sinks"])
    run = course(
        SlowSource(22, pause=pause["capture"]),
        SlowEngine(pause=pause["inference"]),
        tmp_path,
        seconds=0.1,
        sinks=[sink],
    )
    found = card(Cell("slow"), [Figures(run.whole_road())])
    medians = {name: each["p50"] for name, each in found["stages_ms"].items()}
    assert max(medians, key=medians.get) == slow
    assert medians[slow] >= 1000 * SLOW
    assert sum(medians.values()) < 1.5 * medians[slow]
    assert found["processed_fps"]["median"] <= 1 / SLOW
    assert sink.images > 3


def test_the_engine_alone_is_measured_after_the_road_and_knows_nothing_of_it(tmp_path):
    run = course(
        SlowSource(200, pause=SLOW), SlowEngine(pause=SLOW / 4), tmp_path, seconds=0.4, warm_up=1
    )
    figures = Figures(run.whole_road())
    assert figures.processed_fps < 1 / SLOW
    assert 1.5 * figures.processed_fps < figures.engine_fps <= 4 / SLOW


def test_a_run_ends_after_its_seconds_and_counts_them_from_the_warm_up(tmp_path):
    run = course(SlowSource(10**6, pause=0.005), SlowEngine(), tmp_path, seconds=0.3, warm_up=10)
    recording = run.whole_road()
    moments = recording.frames["done_nanos"]
    assert recording.warm_up == 10
    assert (moments[-1] - moments[10]) / 1e9 == pytest.approx(0.3, abs=0.25)
    assert recording.counts["dropped"] == {}
    assert recording.frames["frame"] == list(range(len(moments)))


def test_what_a_live_source_gave_and_nobody_took_is_counted(tmp_path):
    source = SlowSource(60, pause=0.005, live=True)
    run = course(source, SlowEngine(pause=4 * SLOW), tmp_path, seconds=4, warm_up=1)
    recording = run.whole_road()
    figures = Figures(recording)
    done = len(recording.frames["frame"])
    assert recording.counts["dropped"] == {"late": 60 - done}
    assert recording.facts["mode"] == "live"
    assert figures.capture_fps > 2 * figures.processed_fps
    missed, frames = figures.deadline
    assert missed >= int(figures.lost.sum()) > 0
    assert frames == int(figures.lost.sum()) + len(figures.frames["frame"])


def test_two_benchmarks_of_the_same_thing_agree_within_their_interval(tmp_path):
    def three_rounds():
        runs = [
            course(SlowSource(15), SlowEngine(pause=SLOW), tmp_path, seconds=0.05) for _ in range(3)
        ]
        return [Figures(run.whole_road()).processed_fps for run in runs]

    interval = ratio_interval(three_rounds(), three_rounds())
    assert interval.coverage == pytest.approx(0.9)
    assert interval.low < 1.1
    assert interval.high > 0.9


def test_finish_ends_a_run_early_and_keeps_what_there_is(tmp_path):
    class Leaving(SlowSink):
        def write(self, picture):
            if picture.segmentation.frame.index == 5:
                run.finish()

    run = course(SlowSource(10**6), SlowEngine(), tmp_path, sinks=[Leaving()])
    recording = run.whole_road()
    assert 6 <= len(recording.frames["frame"]) < 100
    assert recording.engine == {}


def test_the_engine_alone_without_a_road(tmp_path):
    run = course(SlowSource(3), SlowEngine(pause=0.005, depth=2), tmp_path, seconds=0.2)
    recording = run.engine_only()
    assert recording.frames == {}
    figures = Figures(recording)
    assert figures.headline == figures.engine_fps <= 200
    # Two in flight: each waits for the one before it, too.
    assert np.median(figures.engine_nanos) / 1e6 >= 2 * 5
    with pytest.raises(SourceError, match="gave no frame"):
        course(SlowSource(0), SlowEngine(), tmp_path).engine_only()


def test_the_clocks_cost_less_than_a_hundredth_of_a_frame_of_ten_milliseconds():
    stats = RunStats(0)
    recorder = Recorder(partial(prepare, spec=SPEC), warm_up=0, seconds=1e6, enough=lambda: None)
    frame = Frame(np.zeros((24, 32, 3), np.uint8), 0, Fraction(0), time.monotonic_ns())
    picture = Picture(Segmentation(frame, np.zeros((8, 16), np.uint8)), None)
    recorder.write(picture)

    def clocks_of_a_frame():
        for stage in ("capture", "preprocess", "inference", "overlay", "sinks"):
            started = time.monotonic_ns()
            stats.clock(stage, time.monotonic_ns() - started)
        recorder.write(picture)

    took = []
    for _ in range(300):
        started = time.perf_counter()
        clocks_of_a_frame()
        took.append(time.perf_counter() - started)
    assert np.median(took) < 0.01 * 0.010
