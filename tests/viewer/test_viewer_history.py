import numpy as np
import pytest

from rtseg.stats import Percentiles
from rtseg.viewer.history import History


def test_a_row_is_made_every_second_of_what_came_in_it(reading):
    history = History(2)
    for tenth, share in ((1, 0.0), (5, 0.4), (10, 0.8), (11, 1.0)):
        history.add(reading(seconds=tenth / 10, areas=np.array([share, 1 - share])))
    assert history.revision == 1
    rows = history.last_minute()
    assert rows.values["seconds"].tolist() == [1.0]
    assert rows.areas == pytest.approx(np.array([[0.4, 0.6]]))


def test_drops_are_counted_in_the_second_in_which_they_happened(reading):
    history = History(2)
    for second, late in ((1, 3), (2, 3), (3, 10)):
        history.add(reading(seconds=second, dropped={"late": late}, areas=np.zeros(2)))
    assert history.last_minute().values["dropped"].tolist() == [3, 0, 7]


def test_the_last_minute_is_sixty_rows_and_the_whole_run_all_of_them(reading):
    history = fed(reading, 75)
    assert history.last_minute().values["seconds"].tolist() == list(range(16, 76))
    assert history.whole_run().values["seconds"].tolist() == list(range(1, 76))


def test_a_full_history_merges_neighbours(reading):
    """8 rows are full after 8 seconds; the ninth second makes them 4 of 2 seconds each."""
    history = fed(reading, 11, capacity=8)
    assert history.span_seconds == 2
    rows = history.whole_run()
    assert rows.values["seconds"].tolist() == [2, 4, 6, 8, 10, 11]
    assert rows.values["processed_fps"].tolist() == [1.5, 3.5, 5.5, 7.5, 9.5, 11]
    assert rows.values["latency_p99"].tolist() == [2, 4, 6, 8, 10, 11]
    assert rows.values["dropped"].tolist() == [2, 2, 2, 2, 2, 1]
    assert rows.areas[:, 0] == pytest.approx([1.5, 3.5, 5.5, 7.5, 9.5, 11])


def test_memory_stays_bounded_and_no_second_is_lost_in_hours(reading):
    """Every drop of 4,000 seconds is in one of at most 64 rows."""
    history = fed(reading, 4000, capacity=64)
    rows = history.whole_run()
    assert len(rows.values["seconds"]) <= 65
    assert rows.values["dropped"].sum() == 4000
    assert rows.values["seconds"][-1] == 4000
    assert (np.diff(rows.values["seconds"]) > 0).all()


def test_what_was_not_measured_stays_unknown_and_spoils_no_mean(reading):
    history = History(1, capacity=2)
    nothing = Percentiles(*(float("nan"),) * 4)
    for second, share in ((1, np.nan), (2, 0.5), (3, np.nan), (4, np.nan), (5, 0.1)):
        history.add(reading(seconds=second, areas=np.array([share]), latency=nothing))
    rows = history.whole_run()
    assert rows.areas[0, 0] == 0.5
    assert np.isnan(rows.values["latency_p99"]).all()


def test_a_pause_makes_no_rows_of_its_own(reading):
    history = History(1)
    for seconds in (1.0, 30.2, 30.9, 31.0):
        history.add(reading(seconds=seconds, areas=np.zeros(1)))
    assert history.last_minute().values["seconds"].tolist() == [1.0, 30.2, 31.0]


def fed(reading, seconds, **options):
    history = History(1, **options)
    for second in range(1, seconds + 1):
        history.add(
            reading(
                seconds=float(second),
                processed_fps=float(second),
                latency=Percentiles(second, second, second, second),
                dropped={"late": second},
                areas=np.array([float(second)]),
            )
        )
    return history
