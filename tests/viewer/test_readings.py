import numpy as np
import pytest

from rtseg.stats import NANOS_PER_SECOND, Meter, RunStats
from rtseg.viewer.readings import Reader


def test_areas_are_of_the_frames_since_the_reading_before_and_the_mean_of_all():
    stats, reader = RunStats(0), Reader(2)
    see(stats, 100, 0)
    see(stats, 50, 50)
    first = reader.read(stats, Meter(), NANOS_PER_SECOND)
    assert first.areas.tolist() == [0.75, 0.25]
    see(stats, 0, 100)
    second = reader.read(stats, Meter(), 2 * NANOS_PER_SECOND)
    assert second.areas.tolist() == [0.0, 1.0]
    assert second.mean_areas.tolist() == [0.5, 0.5]
    assert second.present.tolist() == [2, 2]
    assert (second.frames, second.seconds) == (3, 2.0)


def test_without_a_new_frame_the_areas_are_unknown():
    stats, reader = RunStats(0), Reader(2)
    see(stats, 100, 0)
    reader.read(stats, Meter(), 1)
    again = reader.read(stats, Meter(), 2)
    assert np.isnan(again.areas).all()
    assert again.mean_areas.tolist() == [1.0, 0.0]


def test_a_run_goes_on_over_the_new_statistics_of_a_seek():
    reader, first, second = Reader(2), RunStats(0), RunStats(5 * NANOS_PER_SECOND)
    see(first, 100, 0)
    first.drop("late", 3)
    reader.read(first, Meter(), NANOS_PER_SECOND)
    see(second, 0, 100)
    second.drop("source", 1)
    second.drop("late", 2)
    reading = reader.read(second, Meter(), 6 * NANOS_PER_SECOND)
    assert reading.frames == 2
    assert reading.areas.tolist() == [0.0, 1.0]
    assert reading.mean_areas.tolist() == [0.5, 0.5]
    assert reading.dropped == {"late": 5, "source": 1}
    assert (reading.seconds, reading.stretch_seconds) == (6.0, 1.0)


def test_rates_are_of_the_last_second_and_the_latency_of_the_last_frames():
    stats, reader, displayed = RunStats(0), Reader(2), Meter()
    for frame in range(400):
        now = frame * NANOS_PER_SECOND // 50
        stats.captured.mark(now)
        stats.finish(now - (9_000_000 if frame < 280 else 5_000_000), now)
        stats.clock("inference", 4_000_000)
        if frame % 2:
            displayed.mark(now)
    reading = reader.read(stats, displayed, now)
    assert reading.capture_fps == pytest.approx(50, rel=0.03)
    assert reading.processed_fps == pytest.approx(50, rel=0.03)
    assert reading.displayed_fps == pytest.approx(25, rel=0.05)
    assert reading.latency.max == 5.0
    assert reading.stages == {"inference": 4.0}


def see(stats, first, second):
    counts = np.zeros(256, np.int64)
    counts[:2] = first, second
    stats.see(counts)
