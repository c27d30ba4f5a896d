import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtseg.pipeline.channel import Channel, Closed


def give(channel, items):
    for item in items:
        channel.put(item)
    channel.close()


def test_a_waiting_channel_hands_over_everything_in_order():
    channel = Channel(2)
    giver = threading.Thread(target=give, args=(channel, range(1000)))
    giver.start()
    assert list(channel) == list(range(1000))
    giver.join()
    assert channel.dropped == 0


def test_a_latest_channel_keeps_the_newest_and_counts_the_rest():
    channel = Channel(2, latest=True)
    give(channel, range(10))
    assert list(channel) == [8, 9]
    assert channel.dropped == 8


def test_abort_wakes_a_giver_that_waits_for_room():
    channel = Channel(1)
    channel.put(0)
    seen = []

    def blocked():
        with pytest.raises(Closed):
            channel.put(1)
        seen.append("woken")

    giver = threading.Thread(target=blocked)
    giver.start()
    channel.abort()
    giver.join(5)
    assert seen == ["woken"]


def test_abort_wakes_a_taker_that_waits_for_an_item():
    channel = Channel(1)
    seen = []

    def blocked():
        with pytest.raises(Closed):
            next(iter(channel))
        seen.append("woken")

    taker = threading.Thread(target=blocked)
    taker.start()
    channel.abort()
    channel.abort()
    taker.join(5)
    assert seen == ["woken"]


def test_after_close_what_is_inside_is_still_taken():
    channel = Channel(3)
    channel.put("a")
    channel.put("b")
    channel.close()
    assert list(channel) == ["a", "b"]


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 60), capacity=st.integers(1, 5))
def test_what_is_taken_and_what_is_dropped_add_up(count, capacity):
    channel = Channel(capacity, latest=True)
    giver = threading.Thread(target=give, args=(channel, range(count)))
    giver.start()
    taken = list(channel)
    giver.join()
    assert taken == sorted(set(taken))
    assert len(taken) + channel.dropped == count
