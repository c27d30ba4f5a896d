"""Rungs that take over from each other while frames are on their way."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest
from plain_parts import CountingSource, KeepingSink, ReadingEngine

from rtseg.errors import EngineError
from rtseg.pipeline import ladder
from rtseg.pipeline.climber import Climber
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.rungs import Rung
from rtseg.smoothing import Smoothing

LARGE, SMALL = Rung(96, 128, "auto"), Rung(32, 64, "auto")


class MarkingEngine(ReadingEngine):
    """Adds an amount to every label; its pace may change while it runs."""

    def __init__(self, *, plus=0, broken=False, **options):
        super().__init__(**options)
        self.plus, self.broken = plus, broken

    def __enter__(self):
        if self.broken:
            raise EngineError("it does not fit into memory")
        return super().__enter__()

    def collect(self):
        return super().collect() + np.uint8(self.plus)


@dataclass(frozen=True)
class Ready:
    """A wish for an engine that there is already."""

    engine: ReadingEngine

    def inference(self, source):
        return Inference(self.engine, (source.height, source.width), capacity=1, prompt=True)


class Acting(KeepingSink):
    """Does something when a switch has been made to ``rung``."""

    def __init__(self, act):
        super().__init__(wants_image=False)
        self.act, self.climber = act, None

    def write(self, picture):
        super().write(picture)
        self.act(self.climber)


def drive(engines, count, *, target_fps=50, pause=0.01, act=lambda climber: None):
    """At 100 frames a second; (sink, climber, what was told, summary)."""
    told = []
    source = CountingSource(count, live=True, pause=pause)
    climber = Climber(
        list(engines), lambda rung: Ready(engines[rung]), source.info,
        target_fps=target_fps, smoothing=Smoothing(), told=told.append,
    )  # fmt: skip
    sink = Acting(act)
    sink.climber = climber
    with source, Pipeline(source, climber.first(), [sink, climber], render=None) as pipeline:
        climber.follow(pipeline)
        pipeline.join()
    return sink, climber, told, pipeline.stats.summary()


def runs_of(labels):
    """[0, 0, 100, 0] -> [0, 100, 0]: who labelled, without repetitions."""
    marks = [100 * (label >= 100) for label in labels]
    return [mark for place, mark in enumerate(marks) if place == 0 or mark != marks[place - 1]]


def test_a_slow_rung_gives_way_and_comes_back_and_no_frame_is_lost_by_it(monkeypatch):
    monkeypatch.setattr(ladder, "PATIENCE", 0.2)
    large, small = MarkingEngine(pause=0.05), MarkingEngine(plus=100, pause=0.001)

    def recover(climber):
        if climber.rung == SMALL:
            large.pause = 0.001

    sink, climber, told, summary = drive({LARGE: large, SMALL: small}, 250, act=recover)
    labels = [int(each.segmentation.labels[0, 0]) for each in sink.pictures]
    assert runs_of(labels) == [0, 100, 0]
    assert [label % 100 for label in labels] == [index % 11 for index in sink.indices]
    assert sink.indices == sorted(set(sink.indices))
    assert summary.frames_read == 250
    assert set(summary.dropped) == {"late"}
    assert summary.frames_written == 250 - summary.dropped["late"] == len(labels)
    assert [(each.before, each.after) for each in climber.switches] == [
        (LARGE, SMALL), (SMALL, LARGE),
    ]  # fmt: skip
    assert [line.split(": ")[1] for line in told[1:]] == [
        "from 96x128 to 32x64", "from 32x64 to 96x128",
    ]  # fmt: skip
    assert large.closed
    assert small.closed


def test_a_switch_with_the_last_frame_leaves_no_engine_open(monkeypatch):
    monkeypatch.setattr(ladder, "MOST_OWED", 0.0)  # moves as soon as there is a rung to move to
    engines = {LARGE: MarkingEngine(), SMALL: MarkingEngine()}
    # While the first picture is written the second is painted: nobody will paint a third.
    _, climber, _, _ = drive(engines, 2, pause=0.2, act=lambda _: time.sleep(0.5))
    assert [each.after for each in climber.switches] == [SMALL]
    assert all(each.closed for each in engines.values())


def test_the_numbers_of_every_rung_add_up_to_the_run(monkeypatch):
    large, small = MarkingEngine(pause=0.05), MarkingEngine(plus=100)
    sink, climber, _, summary = drive({LARGE: large, SMALL: small}, 120)
    found = climber.facts()
    assert [each["rung"] for each in found["rungs"]] == ["96x128", "32x64"]
    assert sum(each["frames"] for each in found["rungs"]) == len(sink.pictures)
    assert found["rungs"][0]["fps"] < 25 < 60 < found["rungs"][1]["fps"]
    assert found["rungs"][0]["inference_ms"] == pytest.approx(50, abs=20)
    (switch,) = found["switches"]
    assert (switch["from"], switch["to"]) == ("96x128", "32x64")
    assert 0 < switch["seconds"] < 1.2
    assert "FPS" in switch["why"]
    assert summary.frames_written == len(sink.pictures)


def test_a_rung_that_cannot_be_opened_is_left_out_and_named():
    engines = {LARGE: MarkingEngine(), SMALL: MarkingEngine(broken=True)}
    _, climber, told, summary = drive(engines, 60)
    assert summary.frames_read == 60
    assert [each["rung"] for each in climber.facts()["rungs"]] == ["96x128"]
    left_out, only = climber.notes[-2:]
    assert left_out == "the rung 32x64 is left out: it does not fit into memory"
    assert only.startswith("96x128 is the only rung")
    assert told == climber.notes


def test_a_target_that_the_last_rung_misses_is_told_once():
    engines = {LARGE: MarkingEngine(pause=0.05), SMALL: MarkingEngine(pause=0.04)}
    _, climber, told, _ = drive(engines, 200, target_fps=90)
    assert [each.after for each in climber.switches] == [SMALL]
    (beaten,) = [line for line in told if "even the last rung" in line]
    assert "32x64" in beaten
    assert "of 90 FPS" in beaten
    assert "slowest stage is inference" in beaten


def test_a_source_that_is_slower_than_the_target_is_named_before_the_first_frame():
    _, climber, told, _ = drive({LARGE: MarkingEngine(), SMALL: MarkingEngine()}, 20)
    assert told[0] == climber.notes[0] == "counting gives 30 FPS: that is held, not 50"
