"""Commands, and the frames that come of them, without any engine: whoever takes a frame is done
with it at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from plain_parts import CountingSource, SoughtSource

from rtseg.errors import UsageError
from rtseg.pipeline.playback import Playback
from rtseg.stats import RunStats


class Taken:
    """What a playback gave, taken on a thread of its own."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback
        self.frames: list = []
        self.changed = threading.Condition()

    def take(self) -> None:
        for frame in self.playback:
            with self.changed:
                self.frames.append(frame)
                self.settled = self.playback.done(frame)
                self.changed.notify_all()

    def tell(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def wait(self, *, count: int = 0, phase: str = "") -> list[int]:
        """Until so many frames were given, or that phase was reached."""
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.frames) >= count and phase in ("", self.playback.phase), 20
            ), (self.indices, self.playback.phase)
            return self.indices

    @property
    def indices(self) -> list[int]:
        return [frame.index for frame in self.frames]


@contextmanager
def played(source, *, paused: bool = False, speed: float | None = None) -> Iterator[Taken]:
    stats = RunStats(0)
    with source:
        taken: list[Taken] = []
        playback = Playback(
            source, paused=paused, stats=lambda: stats, ended=lambda: taken[0].tell()
        )
        playback.set_speed(speed)
        taken.append(Taken(playback))
        taken[0].stats = stats
        thread = threading.Thread(target=taken[0].take)
        thread.start()
        try:
            yield taken[0]
        finally:
            playback.close()
            thread.join()


def test_a_clip_is_played_to_its_end_and_from_there_once_more() -> None:
    with played(SoughtSource(4)) as taken:
        assert taken.wait(phase="ended") == [0, 1, 2, 3]
        taken.playback.play()
        assert taken.wait(count=8, phase="ended") == [0, 1, 2, 3] * 2


def test_paused_at_the_start_it_shows_the_first_frame_and_waits() -> None:
    with played(SoughtSource(10), paused=True) as taken:
        assert taken.wait(count=1) == [0]
        assert taken.playback.phase == "paused"
        assert taken.settled


def test_steps_go_forth_and_back_and_add_up_before_they_are_done() -> None:
    with played(SoughtSource(10), paused=True) as taken:
        taken.wait(count=1)
        taken.playback.step(3)
        assert taken.wait(count=4) == [0, 1, 2, 3]
        taken.playback.step(-1)
        assert taken.wait(count=5)[4:] == [2]
        taken.playback.step(-100)
        assert taken.wait(count=6)[5:] == [0]
        assert taken.settled


def test_steps_back_to_what_was_just_seen_read_nothing_again() -> None:
    source = SoughtSource(9)
    with played(source, paused=True) as taken:
        taken.playback.step(5)
        taken.wait(count=6)
        for count, index in ((7, 4), (8, 3), (9, 2)):
            taken.playback.step(-1)
            assert taken.wait(count=count)[-1] == index
        taken.playback.play()
        assert taken.wait(phase="ended")[8:] == [2, 3, 4, 5, 6, 7, 8]
        taken.playback.step(-2)
        assert taken.wait(count=16)[-1] == 6
        taken.playback.step(9)
        assert taken.wait(phase="ended")[15:] == [6, 7, 8]
        assert source.begun == [0]
        taken.playback.seek(0)
        taken.wait(count=19)
        taken.playback.step(-1)
        assert taken.wait(count=20)[-2:] == [0, 0]
        assert source.begun == [0, 0, 0]


def test_the_last_frame_is_the_end_and_steps_lead_back_from_it() -> None:
    with played(SoughtSource(3), paused=True) as taken:
        taken.playback.step(9)
        assert taken.wait(phase="ended") == [0, 1, 2]
        taken.playback.step(1)
        taken.playback.step(-1)
        assert taken.wait(count=4, phase="paused") == [0, 1, 2, 1]


def test_a_seek_shows_the_frame_of_that_moment_and_beyond_the_end_the_last() -> None:
    with played(SoughtSource(10), paused=True) as taken:
        taken.wait(count=1)
        for count, (seconds, index) in enumerate([(0.25, 7), (-5, 0), (99, 9), (0.1, 3)], 2):
            taken.playback.seek(seconds)
            assert taken.wait(count=count)[-1] == index
        assert len(taken.frames) == 5


def test_a_seek_while_playing_goes_on_from_there() -> None:
    with played(SoughtSource(10**9), speed=1000) as taken:
        taken.wait(count=2)
        taken.playback.seek(50)
        taken.wait(count=len(taken.frames) + 5)
        taken.playback.pause()
        landed = taken.indices.index(1500)
        assert taken.indices[landed:] == list(range(1500, 1500 + len(taken.indices) - landed))


def test_a_loop_begins_again_until_it_is_switched_off() -> None:
    with played(SoughtSource(3), paused=True) as taken:
        taken.playback.set_loop(True)
        taken.playback.play()
        taken.wait(count=8)
        taken.playback.set_loop(False)
        taken.wait(phase="ended")
        assert taken.indices == [0, 1, 2] * (len(taken.indices) // 3)


def test_a_repeated_frame_is_given_again_only_where_none_follows() -> None:
    with played(SoughtSource(10), paused=True) as taken:
        taken.wait(count=1)
        taken.playback.step(1)
        taken.wait(count=2)
        taken.playback.repeat()
        assert taken.wait(count=3) == [0, 1, 1]
        assert taken.frames[2].captured_nanos > taken.frames[1].captured_nanos
        taken.playback.step(1)
        assert taken.wait(count=4) == [0, 1, 1, 2]


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 10 / 30), (4.0, 10 / 120), (0.5, 20 / 30)])
def test_frames_are_due_at_their_own_rate_times_the_speed(speed: float, seconds: float) -> None:
    with played(SoughtSource(11), speed=speed) as taken:
        taken.playback.late = True
        taken.wait(phase="ended")
        due = [frame.captured_nanos for frame in taken.frames]
        assert (due[-1] - due[0]) / 1e9 == pytest.approx(seconds, abs=1e-6)


def test_offline_a_slow_taker_slows_the_clip_and_never_makes_it_rush() -> None:
    playback = Playback(CountingSource(4), stats=lambda: RunStats(0), ended=lambda: None)
    frames = iter(playback)
    moments = []
    for pause in (0, 0.4, 0, 0):
        time.sleep(pause)
        moments.append(next(frames).captured_nanos)
    assert moments[1] - moments[0] >= 0.4e9
    assert moments[2] - moments[1] == pytest.approx(1e9 / 30, abs=1e3)
    assert moments[3] - moments[2] == pytest.approx(1e9 / 30, abs=1e3)


def test_what_a_live_source_gives_in_a_pause_is_dropped_and_counted() -> None:
    source = CountingSource(10**9, live=True, pause=0.002)
    with played(source) as taken:
        taken.wait(count=3)
        taken.playback.pause()
        before = len(taken.frames)
        while taken.stats.dropped.get("paused", 0) < 5:
            time.sleep(0.01)
        assert len(taken.frames) <= before + 1
        taken.playback.play()
        indices = taken.wait(count=before + 4)
        assert max(b - a for a, b in pairwise(indices)) > 5
        assert "source" not in taken.stats.dropped


def test_a_source_that_only_goes_on_says_so_and_stays_where_it_is() -> None:
    with played(CountingSource(3), paused=True) as taken:
        taken.wait(count=1)
        with pytest.raises(UsageError, match="cannot be sought in"):
            taken.playback.seek(1)
        taken.playback.step(-1)
        taken.playback.step(1)
        assert taken.wait(count=2) == [0, 1]


@pytest.mark.parametrize("factor", [0.0, -1.0, 2000.0])
def test_a_speed_that_is_none_is_refused(factor: float) -> None:
    playback = Playback(CountingSource(3), stats=lambda: RunStats(0), ended=lambda: None)
    with pytest.raises(UsageError, match="a speed is above 0"):
        playback.set_speed(factor)
