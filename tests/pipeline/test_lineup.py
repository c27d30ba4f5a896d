"""Who labels changes while frames are on their way."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from plain_parts import SPEC, CountingSource, KeepingSink, ReadingEngine, SureEngine

from rtseg.errors import EngineError, UsageError
from rtseg.pipeline.inference import Inference
from rtseg.pipeline.lineup import Lineup
from rtseg.pipeline.pipeline import Pipeline
from rtseg.smoothing import Smoothing


class OwnThreadEngine(ReadingEngine):
    """Adds an amount to every label, and notes which threads it met."""

    def __init__(self, *, plus=0, labels="camvid11", **options):
        super().__init__(**options)
        self.plus, self.threads = plus, set()
        self.spec = replace(SPEC, labels=labels)

    def __enter__(self):
        self.threads.add(threading.get_ident())
        return self

    def __exit__(self, *_):
        self.threads.add(threading.get_ident())
        super().__exit__()

    def collect(self):
        self.threads.add(threading.get_ident())
        return super().collect() + np.uint8(self.plus)


def lineup(*engines, live=False, **options):
    scored = options.get("scores", False)
    inferences = [Inference(each, (8, 8), scored=scored, prompt=True) for each in engines]
    return Lineup(inferences, smoothing=Smoothing(), live=live, **options)


class SwitchingSink(KeepingSink):
    """Brings in the next line-up when it has seen so many pictures."""

    def __init__(self, at, following):
        super().__init__()
        self.at, self.following, self.pipeline = at, following, None

    def write(self, picture):
        super().write(picture)
        if len(self.pictures) == self.at:
            for each in self.following.inferences:
                each.start()
            self.pipeline.engage(self.following)


def first_labels(sink):
    return [int(each.segmentation.labels[0, 0]) for each in sink.pictures]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_new_engine_takes_over_between_two_frames_and_the_old_one_is_closed(depth):
    old, new = OwnThreadEngine(depth=depth), OwnThreadEngine(plus=100, depth=depth)
    sink = SwitchingSink(20, lineup(new))
    source = CountingSource(80)
    with source, Pipeline(source, lineup(old), [sink], render=None) as pipeline:
        sink.pipeline = pipeline
        pipeline.join()
    assert sink.indices == list(range(80))
    labels = first_labels(sink)
    switched = next(place for place, label in enumerate(labels) if label >= 100)
    assert 20 <= switched < 40
    assert labels == [index % 11 + 100 * (index >= switched) for index in range(80)]
    assert old.inferred == switched + 2
    assert new.inferred == 80 - switched + 2
    for engine in (old, new):
        assert engine.closed
        assert len(engine.threads) == 1
    assert old.threads != new.threads


def test_a_second_engine_sees_the_same_frames_and_speaks_in_the_first_ones_ids():
    sink = KeepingSink()
    source = CountingSource(22)
    second = OwnThreadEngine(labels="cityscapes19")
    together = lineup(OwnThreadEngine(), second)
    with source, Pipeline(source, together, [sink], render=None) as pipeline:
        pipeline.join()
    # Cityscapes begins road, sidewalk, building, wall, fence, pole, traffic light, traffic sign,
    # vegetation, terrain, sky; CamVid sky 0, building 1, pole 2, road 3, pavement 4, tree 5,
    # sign 6, fence 7.
    expected = [3, 4, 1, 1, 7, 2, 6, 6, 5, 5, 0] * 2
    assert [int(each.other[0, 0]) for each in sink.pictures] == expected
    assert first_labels(sink) == list(range(11)) * 2
    assert {"inference"} <= set(pipeline.stats.summary().stages)


def test_engines_without_a_common_class_cannot_be_compared():
    with pytest.raises(UsageError):
        lineup(OwnThreadEngine(labels="camvid11"), OwnThreadEngine(labels="bdd_drivable3"))


def test_scores_come_along_where_they_are_wanted():
    sink = KeepingSink()
    source = CountingSource(3)
    with (
        source,
        Pipeline(source, lineup(SureEngine(), scores=True), [sink], render=None) as pipeline,
    ):
        pipeline.join()
    assert [each.scores[:, 0, 0].argmax() for each in sink.pictures] == [0, 1, 2]
    assert sink.pictures[0].label_set == "camvid11"


def test_an_engine_that_dies_after_the_switch_ends_the_run_by_its_name():
    sink = SwitchingSink(5, lineup(ReadingEngine(fail_at=6, error=EngineError("no such kernel"))))
    source = CountingSource(10**9)
    with source, Pipeline(source, lineup(ReadingEngine()), [sink], render=None) as pipeline:
        sink.pipeline = pipeline
        with pytest.raises(EngineError, match="no such kernel"):
            pipeline.join()
    assert sink.indices == list(range(len(sink.indices)))


def test_what_was_captured_before_is_forgotten_and_counted():
    sink = KeepingSink()
    source = CountingSource(200, pause=0.002)
    with source, Pipeline(source, lineup(ReadingEngine(pause=0.01)), [sink], render=None) as run:
        while len(sink.pictures) < 5:
            run.wait(0.01)
        run.restart(forget=True)
        run.join()
    summary = run.stats.summary()
    assert summary.dropped["seek"] >= 1
    missing = set(range(200)) - set(sink.indices)
    assert missing == set(range(min(missing), max(missing) + 1))
    assert len(missing) == summary.dropped["seek"]
