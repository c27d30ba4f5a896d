import numpy as np
import pytest
from scripted_recordings import MS, alone, reading, recording

from rtseg.bench.figures import Figures, rate
from rtseg.errors import RtsegError


def test_the_warm_up_is_left_out_and_four_moments_have_three_intervals():
    figures = Figures(recording([0, 5000, 5100, 5200, 5300, 5400], warm_up=2))
    assert figures.processed_fps == pytest.approx(3 / 0.3)
    assert len(figures.latency_nanos) == 4


def test_a_mask_that_was_used_again_is_not_processed():
    figures = Figures(recording([0, 100, 200, 300, 400], warped=[0, 1, 1, 1, 0]))
    assert figures.processed_fps == pytest.approx(1 / 0.4)
    assert [piece.fps for piece in figures.pieces(0.2)] == [0, 5]


def test_nothing_is_left_out_for_being_slow():
    figures = Figures(recording([0, 100, 200, 9200], latency_ms=[10, 10, 10, 9000]))
    assert figures.latency_nanos.max() == 9000 * MS
    assert figures.processed_fps == pytest.approx(3 / 9.2)


def test_jitter_is_how_much_latency_changes_from_frame_to_frame():
    figures = Figures(recording([0, 100, 200, 300], latency_ms=[10, 14, 8, 8]))
    assert figures.jitter_ms == pytest.approx((4 + 6 + 0) / 3)


def test_captured_frames_count_although_they_were_dropped():
    arrivals = {"frame": list(range(10)), "nanos": [40 * each * MS for each in range(10)]}
    figures = Figures(recording([0, 100, 400], indices=[1, 4, 9], arrivals=arrivals))
    assert figures.capture_fps == pytest.approx(8 / 0.32)
    assert figures.lost.tolist() == [0, 2, 4]


def test_live_frames_miss_their_deadline_by_coming_late_or_not_at_all():
    live = {"mode": "live", "source_fps": 10.0}
    figures = Figures(
        recording([0, 100, 500], latency_ms=[99, 101, 40], indices=[0, 1, 5], facts=live)
    )
    assert figures.deadline == (1 + 3, 3 + 3)


def test_offline_frames_miss_it_where_the_next_comes_after_more_than_a_period():
    figures = Figures(recording([0, 99, 200, 300], latency_ms=[500] * 4))
    assert figures.deadline == (1, 3)
    assert Figures(recording([0, 99], facts={"source_fps": 0.0})).deadline is None


def test_cpu_is_counted_between_the_first_frame_and_the_last():
    figures = Figures(recording([0, 10, 20, 30]))
    assert figures.cpu_cores == pytest.approx(15 / 30)
    assert figures.cpu_ms_per_frame == pytest.approx(5)


def test_energy_is_that_of_the_readings_within_the_run():
    readings = [reading(at, joules=j) for at, j in ((-500, 0), (0, 100), (500, 104), (1500, 999))]
    figures = Figures(recording([0, 250, 500, 750, 1000], readings=readings))
    assert figures.energy == {"watts": pytest.approx(8), "joules_per_frame": pytest.approx(2)}
    assert Figures(recording([0, 1000], readings=[reading(0), reading(500)])).energy is None


def test_a_run_that_slows_down_is_seen_in_its_thirds():
    fast = [100 * each for each in range(11)]
    slow = [2000 + 200 * each for each in range(6)]
    readings = [reading(500, clock_mhz=3000, celsius=60), reading(2500, clock_mhz=1500, celsius=90)]
    found = Figures(recording([*fast, 1500, *slow], readings=readings)).drift()
    assert found == {"fps": pytest.approx(0.5), "clock": 0.5, "celsius": [60, 90]}


def test_what_no_sensor_tells_has_no_drift():
    found = Figures(recording([100 * each for each in range(10)])).drift()
    assert found == {"fps": pytest.approx(1), "clock": None, "celsius": None}


def test_pieces_are_whole_and_hold_what_was_done_in_them():
    done = [100 * each for each in range(11)] + [1200, 1400, 1600, 1800, 2000, 2300]
    latency = [10] * 11 + [10, 10, 10, 10, 77, 10]
    indices = [*range(11), 11, 12, 15, 16, 17, 18]
    first, second = Figures(recording(done, latency_ms=latency, indices=indices)).pieces(1.0)
    assert (first.start, first.end, first.fps, first.lost) == (0, 1, 10, 0)
    assert (second.fps, second.lost) == (5, 2)
    assert (first.cpu_cores, second.cpu_cores) == (pytest.approx(0.05), pytest.approx(0.025))
    assert second.latency_p99_ms == pytest.approx(np.percentile([10, 10, 10, 10, 77], 99))


def test_the_engine_alone_has_figures_of_its_own():
    figures = Figures(alone([0, 900, 1000, 1050, 1100, 1150], warm_up=2))
    assert figures.engine_fps == pytest.approx(20)
    assert figures.headline == figures.engine_fps
    assert set(figures.engine_nanos.tolist()) == {20 * MS}
    assert Figures(recording([0, 100])).engine_fps is None


def test_a_run_too_short_for_its_warm_up_says_what_is_needed():
    with pytest.raises(RtsegError, match=r"only 3 frames were done, 7 are needed \(5 to warm up\)"):
        Figures(recording([0, 1, 2], warm_up=5))


def test_one_moment_is_no_rate():
    assert rate([5]) == rate([]) == 0.0


def test_a_recording_survives_its_way_between_processes():
    there = recording([0, 1], stages={"sinks": [1, 2]}, readings=[reading(3, rss_mb=1.5)])
    assert type(there)(**there.as_json()) == there
