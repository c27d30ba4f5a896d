import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_parts import CountingSource, KeepingSink, ReadingEngine, ResizingEngine, negative

from rtseg.errors import EngineError, SinkError, SourceError, StageError
from rtseg.pipeline.pipeline import Pipeline
from rtseg.pipeline.segment import prepared_for, segment


def run(source, engine, *sinks, limit=None):
    with source, Pipeline(source, engine, sinks, render=negative, limit=limit) as pipeline:
        pipeline.join()
    return pipeline.stats.summary()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_offline_loses_no_frame_keeps_the_order_and_gives_each_frame_its_own_labels(depth):
    sink, engine = KeepingSink(), ReadingEngine(depth=depth)
    summary = run(CountingSource(300), engine, sink)
    assert sink.indices == list(range(300))
    assert engine.most_flying == depth
    for picture in sink.pictures:
        assert set(np.unique(picture.segmentation.labels)) == {
            picture.segmentation.frame.index % 11
        }
    assert (summary.frames_read, summary.frames_written, summary.dropped) == (300, 300, {})
    assert set(summary.stages) == {"capture", "preprocess", "inference", "overlay", "sinks"}
    assert summary.areas[:11] == pytest.approx([28 / 300] * 3 + [27 / 300] * 8)


def test_threads_and_the_straight_line_give_the_same_labels():
    sink = KeepingSink()
    run(CountingSource(40), ReadingEngine(depth=2), sink)
    with CountingSource(40) as source, ReadingEngine() as engine:
        straight = [segment(frame, engine).labels for frame in source]
    assert len({int(labels[0, 0]) for labels in straight}) == 11
    for picture, labels in zip(sink.pictures, straight, strict=True):
        np.testing.assert_array_equal(picture.segmentation.labels, labels)


def test_an_engine_that_takes_pictures_gets_them_whole_also_while_it_warms_up():
    sink, engine = KeepingSink(), ResizingEngine(depth=2)
    run(CountingSource(20), engine, sink)
    assert engine.shapes == [(1, 24, 32, 3)] * (2 + 20)
    assert {picture.segmentation.labels.shape for picture in sink.pictures} == {(12, 16)}
    assert [picture.segmentation.labels[0, 0] for picture in sink.pictures] == [
        index % 11 for index in range(20)
    ]


def test_such_an_engine_gets_the_very_picture_also_without_threads():
    with CountingSource(1) as source, ResizingEngine() as engine:
        (frame,) = source
        assert np.shares_memory(prepared_for(engine, frame).tensor, frame.picture)
        assert segment(frame, engine).labels.shape == (12, 16)


def test_nothing_is_rendered_when_no_sink_wants_a_picture():
    numbers, pictures = KeepingSink(wants_image=False), KeepingSink()
    run(CountingSource(3), ReadingEngine(), numbers)
    assert [picture.image for picture in numbers.pictures] == [None] * 3
    run(CountingSource(3), ReadingEngine(), numbers, pictures)
    assert (pictures.pictures[2].image == 253).all()


def test_who_watches_gets_what_the_network_eats_and_the_sinks_learn_what_it_says():
    seen, sink = [], KeepingSink()

    def watch(picture, seconds):
        seen.append((picture.shape, int(picture[0, 0, 0]), seconds))
        return ("black",) if len(seen) == 2 else ()

    with (
        CountingSource(3) as source,
        Pipeline(source, ReadingEngine(), [sink], render=negative, watch=watch) as pipeline,
    ):
        frames = list(CountingSource(3))
        pipeline.join()
    small = ReadingEngine().spec
    assert seen == [
        ((small.height, small.width, 3), frame.picture[0, 0, 0], frame.pts) for frame in frames
    ]
    assert [picture.faults for picture in sink.pictures] == [(), ("black",), ()]
    assert len(pipeline.stats.stage_nanos["health"]) == 3
    run(CountingSource(1), ReadingEngine(), sink)
    assert sink.pictures[-1].faults is None


def test_a_slow_engine_on_a_live_source_drops_and_counts_instead_of_lagging():
    sink = KeepingSink()
    source = CountingSource(100, live=True, pause=0.002)
    summary = run(source, ReadingEngine(pause=0.02), sink)
    assert sink.indices == sorted(set(sink.indices))
    assert sink.indices[-1] == 99
    assert summary.dropped["late"] == 100 - len(sink.indices) > 30
    assert summary.latency.p50 < 200


def test_a_frame_of_a_live_source_waits_for_no_other_in_a_slow_engine():
    """From its capture: at most one period until the engine is free, then the inference."""
    source = CountingSource(60, live=True, pause=0.02)
    summary = run(source, ReadingEngine(pause=0.15), KeepingSink())
    assert 150 < summary.latency.p50 < 2 * 150


def test_frames_that_the_source_itself_lost_are_counted_by_their_gaps():
    summary = run(CountingSource(10, step=3), ReadingEngine(), KeepingSink())
    assert summary.dropped == {"source": 18}


def test_a_limit_that_falls_into_a_gap_still_ends_the_run():
    sink = KeepingSink()
    summary = run(CountingSource(50, step=3), ReadingEngine(), sink, limit=5)
    assert sink.indices == [0, 3, 6, 9, 12]
    assert summary.dropped == {"source": 8}


def test_a_lost_source_is_named_and_the_frames_before_it_are_written():
    sink = KeepingSink()
    source = CountingSource(50, fail_at=20, error=SourceError("the camera is gone"))
    with pytest.raises(SourceError, match="the camera is gone"):
        run(source, ReadingEngine(depth=2), sink)
    assert sink.indices == list(range(20))
    assert sink.closed


@pytest.mark.parametrize("what", ["source", "engine"])
def test_what_broke_a_run_is_known_before_it_is_joined(what):
    broken = {"fail_at": 5, "error": EngineError("lost")}
    source = CountingSource(50, **(broken if what == "source" else {}))
    engine = ReadingEngine(**(broken if what == "engine" else {}))
    with source, Pipeline(source, engine, [KeepingSink()], render=negative) as pipeline:
        pipeline.wait()
        assert pipeline.error is broken["error"]


def test_a_run_that_ends_well_has_no_error():
    with CountingSource(3) as source:
        with Pipeline(source, ReadingEngine(), [KeepingSink()], render=negative) as pipeline:
            assert pipeline.wait()
        assert pipeline.error is None


def test_an_engine_that_dies_ends_the_run_and_what_it_had_done_is_written():
    sink, engine = KeepingSink(), ReadingEngine(fail_at=7, error=EngineError("no such kernel"))
    with pytest.raises(EngineError, match="no such kernel"):
        run(CountingSource(10**9), engine, sink)
    assert sink.indices == list(range(5))  # 7 inferences, two of them warm-up
    assert engine.closed
    assert sink.closed


def test_a_full_disk_stops_the_capture_and_is_named():
    sink = KeepingSink(fail_at=4, error=SinkError("no space left"))
    with pytest.raises(SinkError, match="no space left"):
        run(CountingSource(10**9), ReadingEngine(), sink)
    assert sink.indices == [0, 1, 2, 3]


def test_a_run_without_a_single_frame_does_not_touch_its_sinks():
    sink = KeepingSink()
    run(CountingSource(0), ReadingEngine(), sink)
    with pytest.raises(EngineError):
        run(CountingSource(5), ReadingEngine(fail_at=0, error=EngineError("corrupt")), sink)
    assert not sink.opened


def test_a_sink_that_cannot_close_is_an_error_too():
    sink = KeepingSink(fail_closing=SinkError("the index could not be written"))
    with pytest.raises(SinkError, match="index"):
        run(CountingSource(3), ReadingEngine(), sink)
    assert sink.indices == [0, 1, 2]


def test_a_bug_is_a_stage_error_that_names_the_thread_and_keeps_the_cause():
    engine = ReadingEngine(fail_at=3, error=ZeroDivisionError("oops"))
    with pytest.raises(StageError, match="inference thread died of ZeroDivisionError") as caught:
        run(CountingSource(10**9), engine, KeepingSink())
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_finish_writes_what_was_taken_and_ends():
    sink = KeepingSink()
    source = CountingSource(10**9, pause=0.001)
    with Pipeline(source, ReadingEngine(), [sink], render=negative) as pipeline:
        assert not pipeline.wait(0.1)
        pipeline.finish()
        assert pipeline.wait(5)
        pipeline.join()
    assert sink.indices == list(range(len(sink.indices)))
    assert len(sink.indices) == pipeline.stats.summary().frames_read


def test_stop_is_prompt_and_can_be_repeated():
    source = CountingSource(10**9, pause=0.001)
    with Pipeline(source, ReadingEngine(), [KeepingSink()], render=negative) as pipeline:
        pipeline.wait(0.05)
        started = time.monotonic()
        pipeline.stop()
        pipeline.stop()
        pipeline.join()
    assert time.monotonic() - started < 2


def test_a_limit_ends_an_endless_source():
    sink = KeepingSink()
    run(CountingSource(10**9), ReadingEngine(depth=2), sink, limit=12)
    assert sink.indices == list(range(12))


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(0, 30),
    depth=st.integers(1, 3),
    culprit=st.sampled_from(["nobody", "source", "engine", "sink"]),
    at=st.integers(0, 30),
)
def test_whoever_fails_wherever_no_thread_stays_and_order_holds(count, depth, culprit, at):
    source = CountingSource(count, fail_at=at, error=SourceError("x"))
    engine = ReadingEngine(depth=depth, fail_at=at, error=EngineError("x"))
    sink = KeepingSink(fail_at=at, error=SinkError("x"))
    for part in {"source": source, "engine": engine, "sink": sink}.items():
        if part[0] != culprit:
            part[1].fail_at = None
    with source, Pipeline(source, engine, [sink], render=negative) as pipeline:
        try:
            pipeline.join()
        except (SourceError, EngineError, SinkError):
            assert culprit != "nobody"
    assert sink.closed == sink.opened
    assert sink.indices == list(range(len(sink.indices)))
    if culprit == "nobody":
        assert len(sink.indices) == count


class DisorderlySource(CountingSource):
    """The counting source's frames in the order given by their indices."""

    def __init__(self, *indices, live=False):
        super().__init__(max(indices) + 1, live=live)
        self.indices = indices

    def __iter__(self):
        frames = list(super().__iter__())
        yield from (frames[index] for index in self.indices)


def test_frames_out_of_order_and_frames_again_are_dropped_by_their_cause_and_all_adds_up():
    sink = KeepingSink()
    summary = run(DisorderlySource(0, 0, 2, 1, 4, 4, 7, 6, 5), ReadingEngine(), sink)
    assert sink.indices == [0, 2, 4, 7]
    assert summary.dropped == {"duplicate": 2, "disorder": 3, "source": 1}
    assert (summary.frames_read, summary.frames_written) == (9, 4)


class OldSource(CountingSource):
    """Live; every third frame was captured a minute ago."""

    def __iter__(self):
        for frame in super().__iter__():
            age = 60 * 10**9 if frame.index % 3 == 0 else 0
            yield replace(frame, captured_nanos=frame.captured_nanos - age)


def test_frames_older_than_allowed_are_stale_and_never_reach_the_network():
    sink, engine = KeepingSink(), ReadingEngine()
    source = OldSource(9, live=True, pause=0.05)
    pipeline = Pipeline(source, engine, [sink], render=negative, max_age_nanos=30 * 10**9)
    with source, pipeline:
        pipeline.join()
    summary = pipeline.stats.summary()
    assert summary.dropped == {"stale": 3}
    assert sink.indices == [1, 2, 4, 5, 7, 8]
    assert engine.inferred == 2 + 6


def test_a_slow_network_makes_frames_stale_that_were_fresh_before_it():
    sink = KeepingSink()
    source = CountingSource(3, live=True, pause=0.3)
    pipeline = Pipeline(
        source, ReadingEngine(pause=0.2), [sink], render=negative, max_age_nanos=100_000_000
    )
    with source, pipeline:
        pipeline.join()
    assert sink.indices == []
    assert pipeline.stats.summary().dropped == {"stale": 3}


def test_frames_on_their_way_when_a_run_is_broken_off_are_unfinished():
    source, sink = CountingSource(1000, pause=0.001), KeepingSink()
    with source, Pipeline(source, ReadingEngine(pause=0.02), [sink], render=negative) as pipeline:
        pipeline.wait(0.3)
        pipeline.stop()
        pipeline.join()
    summary = pipeline.stats.summary()
    assert summary.dropped["unfinished"] > 0
    assert summary.frames_read == summary.frames_written + summary.dropped["unfinished"]


class SilentSource(CountingSource):
    """Waits for its second frame until it is closed."""

    def __init__(self):
        super().__init__(2, live=True)
        self.told = threading.Event()

    def __iter__(self):
        frames = super().__iter__()
        yield next(frames)
        self.told.wait(30)

    def close(self):
        self.told.set()


def test_finishing_wakes_a_source_that_waits_and_writes_what_it_gave():
    source, sink = SilentSource(), KeepingSink()
    with source, Pipeline(source, ReadingEngine(), [sink], render=negative) as pipeline:
        assert not pipeline.wait(0.2)
        pipeline.finish()
        assert pipeline.wait(5)
        pipeline.join()
    assert sink.indices == [0]
