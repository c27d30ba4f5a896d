import math
import threading

import numpy as np
import pytest

from rtseg.stats import Meter, Percentiles, RunStats

SECOND = 1_000_000_000


def test_three_marks_at_ten_hertz_are_ten_frames_per_second_and_not_fifteen():
    meter = Meter()
    for tick in range(3):
        meter.mark(tick * SECOND // 10)
    assert meter.fps == pytest.approx(10.0)


def test_one_mark_is_no_rate():
    meter = Meter()
    meter.mark(5)
    assert meter.fps == 0.0
    assert meter.fps_now(5) == 0.0


def test_the_rate_of_now_falls_to_zero_when_nothing_comes_any_more():
    meter = Meter()
    for tick in range(20):
        meter.mark(tick * SECOND // 20)
    end = 19 * SECOND // 20
    assert meter.fps_now(end) == pytest.approx(20.0)
    assert 0 < meter.fps_now(end + SECOND // 2) < 20.0
    assert meter.fps_now(end + SECOND) == 0.0


def test_percentiles_of_one_to_a_hundred_milliseconds():
    nanos = [millis * 1_000_000 for millis in range(1, 101)]
    found = Percentiles.of_nanos(nanos)
    assert found.p50 == pytest.approx(50.5)
    assert found.p95 == pytest.approx(95.05)
    assert found.p99 == pytest.approx(99.01)
    assert found.max == 100.0


def test_percentiles_of_nothing_are_none_in_json():
    assert math.isnan(Percentiles.of_nanos([]).p50)
    assert Percentiles.of_nanos([]).rounded() == dict.fromkeys(("p50", "p95", "p99", "max"))


def test_a_summary_counts_from_the_start_and_averages_areas_over_frames():
    stats = RunStats(started_nanos=SECOND)
    for index in range(5):
        stats.captured.mark(2 * SECOND + index * SECOND // 4)
        stats.clock("inference", 3_000_000)
        stats.finish(2 * SECOND + index * SECOND // 4, 3 * SECOND + index * SECOND // 4)
        counts = np.zeros(256, np.int64)
        counts[3], counts[0] = 30, 10 if index % 2 else 90
        stats.see(counts)
    stats.drop("late", 2)
    stats.drop("late")
    found = stats.summary()
    assert (found.frames_read, found.frames_written) == (5, 5)
    assert found.dropped == {"late": 3}
    assert found.processed_fps == pytest.approx(4.0)
    assert found.capture_fps == pytest.approx(4.0)
    assert found.latency.p50 == pytest.approx(1000.0)
    assert found.stages["inference"].max == pytest.approx(3.0)
    assert found.first_frame_seconds == pytest.approx(2.0)
    assert found.areas[3] == pytest.approx((3 * 0.25 + 2 * 0.75) / 5)
    assert found.areas.sum() == pytest.approx(1.0)


def test_frames_that_were_only_warped_are_written_but_never_processed():
    stats = RunStats(started_nanos=0)
    for index in range(9):
        stats.finish(0, index * SECOND // 4, warped=index % 4 != 0)
    found = stats.summary()
    assert (found.frames_written, found.frames_warped) == (9, 6)
    assert found.written_fps == pytest.approx(4.0)
    assert found.processed_fps == pytest.approx(1.0)


def test_the_last_frames_have_a_latency_and_stage_times_of_their_own():
    stats = RunStats(started_nanos=0)
    for millis in (500, 500, 500, 10, 20, 30):
        stats.finish(0, millis * 1_000_000)
        stats.clock("inference", millis * 1_000_000)
    assert stats.latency_of_last(3).p50 == pytest.approx(20.0)
    assert stats.latency_of_last(100).max == 500.0
    assert stats.stages_of_last(3) == {"inference": 20.0}


def test_what_was_seen_counts_the_frames_in_which_a_class_is_present():
    stats = RunStats(started_nanos=0)
    for pixels in (0, 1, 50):
        counts = np.zeros(256, np.int64)
        counts[3], counts[0] = pixels, 100 - pixels
        stats.see(counts)
    assert stats.seen.frames == 3
    assert stats.seen.present[[0, 3, 7]].tolist() == [3, 2, 0]
    assert stats.seen.shares[3] == pytest.approx(0.51)


def test_statistics_can_be_read_while_they_grow():
    stats = RunStats(started_nanos=0)
    for tick in range(200_000):
        stats.finish(0, tick)
    read = threading.Thread(target=lambda: [stats.summary() for _ in range(12)])
    read.start()
    try:
        while read.is_alive():
            stats.finish(0, 1)
    finally:
        read.join()
    assert stats.summary().frames_written > 200_000


def test_a_run_without_frames_has_a_summary_too():
    found = RunStats(0).summary()
    assert (found.frames_written, found.processed_fps, found.areas.sum()) == (0, 0.0, 0.0)


def test_a_window_keeps_the_newest_frames_of_latencies_and_stages() -> None:
    stats = RunStats(0, window=3)
    for millis in (900, 1, 2, 3):
        stats.clock("inference", millis * 10**6)
        stats.finish(0, millis * 10**6)
    summary = stats.summary()
    assert summary.frames_written == 4
    assert (summary.latency.p50, summary.latency.max) == (2, 3)
    assert summary.stages["inference"].max == 3
