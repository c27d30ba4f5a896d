"""Counting pictures change by one grey level a frame, and by ten, which is a cut, every eleventh;
a grid of 4 x 8 is too small for flow: so what is carried on is known in advance."""

import numpy as np
import pytest
from plain_parts import CountingSource, KeepingSink, ReadingEngine, SureEngine, negative

from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.segment import segment_steadily
from rtseg.smoothing import ADAPTIVE, Smoothing

EVERY_THIRD = Smoothing("off", keyframe=3)


def run(source, engine, smoothing):
    sink = KeepingSink()
    with source, Pipeline(source, engine, [sink], render=negative, smoothing=smoothing) as pipeline:
        pipeline.join()
    return sink, pipeline.stats.summary()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_between_key_frames_the_last_labels_stay_and_do_not_count_as_processed(depth):
    engine = SureEngine(depth=depth)
    sink, summary = run(CountingSource(44), engine, EVERY_THIRD)
    assert sink.indices == list(range(44))
    for picture in sink.pictures:
        place = picture.segmentation.frame.index % 11
        assert set(np.unique(picture.segmentation.labels)) == {place // 3 * 3}
        assert picture.segmentation.warped == (place % 3 != 0)
    assert engine.inferred == 16 + 2  # four of every eleven, and the warm-up
    assert (summary.frames_written, summary.frames_warped) == (44, 28)
    assert summary.processed_fps < summary.written_fps
    assert set(summary.stages) == {
        "capture", "preprocess", "motion", "inference", "smooth", "overlay", "sinks",
    }  # fmt: skip


def test_smoothing_follows_the_majority_and_starts_anew_at_a_cut():
    sink, summary = run(CountingSource(22), SureEngine(depth=2), Smoothing("ema", 0.4))
    # One grey level apart the past counts 0.6 / e^0.1 = 0.543. Of class 0 that leaves 0.543 in
    # frame 1, 0.295 in frame 2 and 0.160 in frame 3; every new class begins with 0.457, which is
    # 0.248 a frame later: so class 0 wins twice, and from then on the newest.
    labels = [int(picture.segmentation.labels[0, 0]) for picture in sink.pictures]
    assert labels == [0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10] * 2
    assert (summary.frames_warped, summary.dropped) == (0, {})


@pytest.mark.parametrize(
    "smoothing", [Smoothing("ema", 0.3), EVERY_THIRD, Smoothing("flow", keyframe=ADAPTIVE)]
)
def test_threads_and_the_straight_line_give_the_same_labels(smoothing):
    sink, _ = run(CountingSource(40), SureEngine(depth=2), smoothing)
    with CountingSource(40) as source, SureEngine() as engine:
        straight = list(segment_steadily(source, engine, smoothing))
    assert len({int(each.labels[0, 0]) for each in straight}) >= 3
    for picture, expected in zip(sink.pictures, straight, strict=True):
        np.testing.assert_array_equal(picture.segmentation.labels, expected.labels)
        assert picture.segmentation.warped == expected.warped


def test_a_file_with_gaps_carries_nothing_over_them_but_a_live_source_does():
    _, offline = run(CountingSource(12, step=2), SureEngine(), EVERY_THIRD)
    assert offline.frames_warped == 0
    sink, live = run(CountingSource(12, step=2, live=True, pause=0.02), SureEngine(), EVERY_THIRD)
    assert live.frames_warped > 0
    assert live.frames_warped == sum(each.segmentation.warped for each in sink.pictures)


def test_smoothing_switched_off_asks_no_engine_for_scores():
    sink, summary = run(CountingSource(5), ReadingEngine(), Smoothing())
    assert [int(each.segmentation.labels[0, 0]) for each in sink.pictures] == [0, 1, 2, 3, 4]
    assert "smooth" not in summary.stages
    assert "motion" not in summary.stages
