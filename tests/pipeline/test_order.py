import random

from rtseg.pipeline.order import Order


def judged(*indices):
    order, drops, admitted = Order(), {}, []
    for index in indices:
        verdict = order.judge(index)
        admitted += [index] * verdict.admitted
        for cause, count in verdict.drops.items():
            drops[cause] = drops.get(cause, 0) + count
    return admitted, {cause: count for cause, count in drops.items() if count}


def test_frames_in_their_turn_are_admitted_and_a_gap_is_what_the_source_lost():
    assert judged(0, 1, 2) == ([0, 1, 2], {})
    assert judged(2, 3, 7) == ([2, 3, 7], {"source": 2 + 3})


def test_a_frame_that_comes_late_was_not_lost_but_out_of_order():
    assert judged(0, 2, 1, 3) == ([0, 2, 3], {"disorder": 1})
    assert judged(5, 2, 4, 6) == ([5, 6], {"source": 3, "disorder": 2})


def test_a_frame_that_comes_again_is_a_duplicate_also_when_its_first_came_late():
    assert judged(0, 0, 1, 1, 1) == ([0, 1], {"duplicate": 3})
    assert judged(0, 2, 1, 1) == ([0, 2], {"disorder": 1, "duplicate": 1})


def test_every_frame_that_came_is_admitted_or_dropped_whatever_the_order():
    chance = random.Random(3)
    for _ in range(50):
        indices = [chance.randrange(30) for _ in range(60)]
        admitted, drops = judged(*indices)
        assert len(admitted) + drops.get("disorder", 0) + drops.get("duplicate", 0) == 60
        assert drops.get("source", 0) == max(indices) + 1 - len(set(indices))
