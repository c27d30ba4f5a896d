import numpy as np
import pytest

from rtseg.viewer.presence import BINS, Presence


def test_shares_are_means_by_quarters_of_a_second_with_gaps_where_nothing_was_played():
    presence = Presence(2)
    for seconds, share in ((0.0, 0.2), (0.2, 0.4), (0.6, 1.0)):
        presence.add(seconds, np.array([share, 1 - share]))
    shares = presence.shares()
    assert shares[:, 0] == pytest.approx([0.3, np.nan, 1.0], nan_ok=True)
    assert presence.end_seconds == 0.75
    assert presence.at(0.7).tolist() == [1.0, 0.0]
    assert presence.at(0.3) is None
    assert presence.at(99.0) is None
    assert presence.at(-1.0) is None


def test_a_part_that_is_played_again_counts_no_more_than_once():
    presence = Presence(1)
    for _ in range(3):
        presence.add(0.0, np.array([0.5]))
    assert presence.shares().tolist() == [[0.5]]


def test_what_lies_beyond_the_last_bin_doubles_them_all_and_loses_nothing():
    presence = Presence(1)
    presence.add(0.0, np.array([1.0]))
    presence.add(0.3, np.array([0.0]))
    presence.add(255.9, np.array([0.25]))
    assert presence.bin_seconds == 0.25
    presence.add(3599.0, np.array([0.75]))
    assert presence.bin_seconds == 4.0
    assert len(presence.shares()) == 900 <= BINS
    assert presence.at(1.0).tolist() == [0.5]
    assert presence.at(254.0).tolist() == [0.25]
    assert presence.at(3598.0).tolist() == [0.75]


def test_a_reading_without_a_frame_and_a_time_before_the_start_add_nothing():
    presence = Presence(1)
    presence.add(0.0, np.array([np.nan]))
    presence.add(-0.5, np.array([1.0]))
    assert presence.revision == 0
    assert presence.end_seconds == 0.0
    assert presence.shares().shape == (0, 1)
