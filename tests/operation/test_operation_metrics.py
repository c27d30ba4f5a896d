from __future__ import annotations

import time

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rtseg.labels import CAMVID
from rtseg.operation.health import Health
from rtseg.operation.metrics import Metrics
from rtseg.source.connection import Connection
from rtseg.stats import RunStats

SECOND = 10**9


def read(metrics):
    """(family -> type, sample name with its labels but the source's -> value)."""
    page = metrics.page()
    assert page.content_type.startswith("text/plain")
    types, samples = {}, {}
    for family in text_string_to_metric_families(page.body.decode()):
        types[family.name] = family.type
        for sample in family.samples:
            if sample.name.startswith("rtseg_"):
                labels = dict(sample.labels)
                assert labels.pop("source") == 'rtsp://anna:***@host/"a"\n'
                samples[(sample.name, *labels.values())] = sample.value
    return types, samples


def followed(stats, state="flowing", connection=None):
    metrics = Metrics()
    metrics.follow(
        'rtsp://anna:***@host/"a"\n',
        model="roadlite-camvid",
        labels=CAMVID,
        stats=lambda: stats,
        health=lambda: Health(state, ""),
        connection=connection,
    )
    return metrics


def busy(now):
    """Five frames, 0.1 s apart, the last one a tenth of a second ago; 20, 21 ... ms latency."""
    stats = RunStats(now)
    for index in range(5):
        done = now - (5 - index) * SECOND // 10
        stats.captured.mark(done)
        stats.clock("inference", (10 + index) * 10**6)
        stats.finish(done - (20 + index) * 10**6, done, warped=index == 2)
        counts = np.zeros(256, np.int64)
        counts[0], counts[3] = 75, 25
        stats.see(counts)
    stats.captured.mark(now)
    stats.drop("late", 2)
    stats.drop("stale", 3)
    return stats


def test_every_number_of_a_run_is_there_with_its_unit():
    types, samples = read(followed(busy(time.monotonic_ns())))
    expected = {
        ("rtseg_healthy",): 1,
        ("rtseg_captured_frames_total",): 6,
        ("rtseg_written_frames_total",): 5,
        ("rtseg_processed_frames_total",): 4,
        ("rtseg_dropped_total", "source"): 0,
        ("rtseg_dropped_total", "late"): 2,
        ("rtseg_dropped_total", "stale"): 3,
        ("rtseg_stage_seconds", "inference"): 0.012,
        ("rtseg_latency_seconds", "0.5"): 0.022,
        ("rtseg_class_fraction_count", "sky"): 5,
        ("rtseg_class_fraction_sum", CAMVID.names[0]): 3.75,
        ("rtseg_class_fraction_sum", CAMVID.names[3]): 1.25,
        ("rtseg_class_fraction_sum", CAMVID.names[1]): 0,
    }
    assert {key: samples[key] for key in expected} == pytest.approx(expected)
    assert samples["rtseg_latency_seconds", "0.99"] == pytest.approx(0.02396)
    assert samples["rtseg_last_frame_age_seconds",] >= 0.1
    assert [key[1] for key in samples if key[0] == "rtseg_info"] == ["roadlite-camvid"]
    assert len([key for key in samples if key[0] == "rtseg_class_fraction_sum"]) == len(CAMVID)
    kinds = ("dropped", "counter"), ("capture_fps", "gauge"), ("class_fraction", "summary")
    assert all(types[f"rtseg_{name}"] == kind for name, kind in kinds)
    assert "process_resident_memory_bytes" in types


def test_rates_are_of_now_and_fall_to_nothing_in_a_stall():
    now = time.monotonic_ns()
    # 5 frames captured from 0.5 s ago on: 4 intervals of the written ones in at least 0.5 s
    _, flowing = read(followed(busy(now)))
    assert 0 < flowing["rtseg_written_fps",] <= 8
    assert 0 < flowing["rtseg_processed_fps",] < flowing["rtseg_written_fps",]
    assert flowing["rtseg_capture_fps",] > flowing["rtseg_written_fps",]
    _, stalled = read(followed(busy(now - 60 * SECOND), state="stalled"))
    rates = [stalled[f"rtseg_{name}_fps",] for name in ("capture", "processed", "written")]
    assert (rates, stalled["rtseg_healthy",]) == ([0, 0, 0], 0)
    assert stalled["rtseg_last_frame_age_seconds",] > 60


def test_a_connection_is_counted_and_graded():
    now = time.monotonic_ns()
    connection = Connection(now - 100 * SECOND)
    connection.lose("timeout", now - 40 * SECOND)
    connection.regain(now - 36 * SECOND)
    connection.stall(now - 20 * SECOND, now - 17 * SECOND)
    # 7 of 100 seconds without frames: poor, which begins below 95 %
    _, samples = read(followed(RunStats(0), connection=connection))
    assert samples["rtseg_reconnects_total",] == samples["rtseg_stalls_total",] == 1
    grades = {key[1]: each for key, each in samples.items() if key[0] == "rtseg_connection_grade"}
    assert grades == {"excellent": 0, "good": 0, "fair": 0, "poor": 1, "unusable": 0}
    assert ("rtseg_reconnects_total",) not in read(followed(RunStats(0)))[1]


def test_before_the_first_frame_nothing_is_made_up():
    _, samples = read(followed(RunStats(0), state="starting"))
    assert ("rtseg_latency_seconds", "0.5") not in samples
    assert ("rtseg_last_frame_age_seconds",) not in samples
    assert samples["rtseg_written_frames_total",] == 0


def test_before_there_is_a_run_the_process_is_described():
    types, samples = read(Metrics())
    assert samples == {}
    assert "process_start_time_seconds" in types
