import threading
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest

from rtseg.errors import SourceError
from rtseg.source.base import SourceInfo
from rtseg.source.patience import Patience
from rtseg.source.steadfast import Steadfast
from rtseg.types import Frame

SECOND = 10**9
PICTURE = np.zeros((4, 6, 3), np.uint8)


class World:
    """A clock that waiting moves on, and a server with a script: what each opening comes to.

    A number of frames, one every 0.1 s, after which the connection is lost; or the cause for which
    it cannot be opened.
    """

    def __init__(self, *script):
        self.nanos = 0
        self.script = list(script)
        self.waits = []
        self.told = []
        self.open = 0
        self.live = True

    def now(self):
        return self.nanos

    def pause(self, closed, seconds):
        self.waits.append(seconds)
        self.nanos += round(seconds * SECOND)
        return closed.is_set()

    def source(self, *, luck=0.0, **patience):
        return Steadfast(
            lambda: Feed(self),
            patience=Patience(**patience),
            told=self.told.append,
            now=self.now,
            luck=lambda: luck,
            pause=self.pause,
        )


@dataclass
class Feed:
    world: World
    warnings: tuple[str, ...] = ()
    skip: int = 0

    @property
    def info(self):
        return SourceInfo("feed", 4, 6, fps=Fraction(10), live=self.world.live)

    def __enter__(self):
        self.coming = self.world.script.pop(0) if self.world.script else "refused"
        if isinstance(self.coming, str):
            raise SourceError(f"cannot open feed: {self.coming}", cause=self.coming)
        self.world.open += 1
        return self

    def __exit__(self, *_):
        if not isinstance(self.coming, str):
            self.world.open -= 1

    def __iter__(self):
        for index in range(self.coming):
            self.world.nanos += SECOND // 10
            yield Frame(PICTURE, index, Fraction(index, 10), self.world.nanos)
        if self.world.live:
            raise SourceError("lost feed: timed out", cause="timeout")


def test_frames_go_on_behind_a_loss_with_growing_indices_and_the_real_time_between():
    world = World(3, 2)
    with world.source(give_up_seconds=1.0, first_seconds=0.5) as source:
        frames = []
        with pytest.raises(SourceError, match=r"refused; given up after 1\.0 s"):
            frames.extend(source)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    times = [frame.pts for frame in frames]
    # Lost at 0.2 s of its own time, back after a wait of 0.5 s, the next frame 0.1 s later.
    assert times == [0, Fraction(1, 10), Fraction(2, 10), Fraction(8, 10), Fraction(9, 10)]
    assert world.open == 0


def test_waits_double_up_to_the_longest_and_chance_halves_them_at_most():
    world = World(1, *["refused"] * 6)
    with world.source(give_up_seconds=100.0, longest_seconds=4.0) as source:
        frames = iter(source)
        next(frames)
        with pytest.raises(SourceError):
            next(frames)
    assert world.waits[:7] == [0.25, 0.5, 1, 2, 4, 4, 4]
    lucky = World(1)
    with lucky.source(luck=1.0, give_up_seconds=100.0) as source, pytest.raises(SourceError):
        list(source)
    assert lucky.waits[:3] == [0.125, 0.25, 0.5]


def test_a_connection_that_held_makes_the_next_wait_short_again_a_flapping_one_does_not():
    flapping = World(1, 1, 1, 30, 1)
    with flapping.source(give_up_seconds=0.3) as source, pytest.raises(SourceError):
        list(source)
    # The third wait would be 1 s: cut to what is left of patience; each connection lasts 0.1 s.
    assert flapping.waits[:3] == [0.25, 0.3, 0.3]
    assert flapping.waits[3] == 0.25


def test_what_was_never_there_is_an_error_at_once_unless_patience_is_asked_for():
    with pytest.raises(SourceError, match="refused"), World("refused").source():
        pass
    world = World("refused", "not found", 2)
    with world.source(give_up_seconds=10.0) as source:
        assert next(iter(source)).index == 0
    assert "trying for 10 s" in world.told[0]


@pytest.mark.parametrize("cause", ["auth failed", "codec unsupported"])
def test_no_patience_mends_a_wrong_password_or_codec(cause):
    with pytest.raises(SourceError) as caught, World(cause, 5).source(give_up_seconds=10.0):
        pass
    assert caught.value.cause == cause


def test_a_wrong_password_is_not_tried_often():
    world = World(1, "auth failed", 1)
    with world.source(give_up_seconds=60.0) as source:
        frames = iter(source)
        next(frames)
        next(frames)
    assert world.waits == [0.25, 30.0]


def test_giving_up_at_once_is_the_loss_itself():
    with World(2).source(give_up_seconds=0.0) as source:
        given = []
        with pytest.raises(SourceError, match="lost feed: timed out") as caught:
            given.extend(source)
    assert len(given) == 2
    assert caught.value.cause == "timeout"


def test_the_connection_keeps_account_and_losses_and_returns_are_told():
    world = World(20, "refused", 20)
    with world.source() as source:
        frames = iter(source)
        for _ in range(21):
            next(frames)
        facts = source.connection.facts(world.nanos)
        assert source.warnings == ("the connection was lost once: 1 timeout",)
    assert facts["losses"] == {"timeout": 1}
    assert (facts["reconnects"], facts["stalls"]) == (1, 0)
    assert facts["longest_down_seconds"] == 0.25 + 0.5
    assert world.told == ["lost feed: timed out; trying again", "feed is back after 0.8 s"]


def test_closing_ends_the_frames_also_while_nobody_is_there():
    world = World(1)
    waits = Counter()

    def pause(closed, seconds):
        waits["begun"] += 1
        source.close()
        return closed.is_set()

    source = Steadfast(lambda: Feed(world), now=world.now, luck=lambda: 0.0, pause=pause)
    with source:
        assert len(list(source)) == 1
    assert waits["begun"] == 1


def test_a_real_wait_is_ended_by_closing_it():
    world = World(1)
    source = Steadfast(
        lambda: Feed(world), patience=Patience(first_seconds=60.0, longest_seconds=60.0)
    )
    given = []
    with source:
        reader = threading.Thread(target=lambda: given.extend(source))
        reader.start()
        threading.Timer(0.1, source.close).start()
        reader.join(5)
        assert not reader.is_alive()
    assert len(given) == 1


def test_what_is_not_live_is_given_as_it_is():
    world = World(4)
    world.live = False
    with world.source() as source:
        assert [frame.index for frame in source] == [0, 1, 2, 3]
        assert source.connection is None


def test_gaps_that_the_source_itself_reports_stay():
    class Gappy(Feed):
        def __iter__(self):
            for frame in super().__iter__():
                yield replace(frame, index=2 * frame.index)

    world = World(2, 2)
    source = Steadfast(
        lambda: Gappy(world),
        patience=Patience(give_up_seconds=1.0),
        now=world.now,
        luck=lambda: 0.0,
        pause=world.pause,
    )
    frames = []
    with source, pytest.raises(SourceError):
        frames.extend(source)
    assert [frame.index for frame in frames] == [0, 2, 3, 5]
