import pytest
from scripted_recordings import recording

from rtseg.bench.cells import Cell, cells
from rtseg.bench.rounds import Rounds
from rtseg.errors import EngineError

A, B, C = (Cell(name) for name in "abc")


class Measured:
    """Gives scripted recordings; ``failing`` names the cells that raise, and in which round."""

    def __init__(self, failing=None):
        self.order, self.failing = [], failing or {}

    def __call__(self, cell):
        self.order.append(cell.model)
        if self.order.count(cell.model) == self.failing.get(cell.model):
            raise EngineError("it broke")
        return recording([0, 1])


def test_every_other_round_goes_backwards():
    measured = Measured()
    rounds = Rounds([A, B, C], measured)
    told = []
    rounds.run(3, lambda cell, number: told.append((number, cell.model)))
    assert "".join(measured.order) == "abc" + "cba" + "abc"
    assert [number for number, _ in told] == [0] * 3 + [1] * 3 + [2] * 3
    assert {len(each) for each in rounds.recordings.values()} == {3}


def test_one_that_fails_is_not_tried_again_and_loses_none_of_the_others():
    measured = Measured({"b": 1, "c": 2})
    rounds = Rounds([A, B, C], measured)
    rounds.run(3, lambda cell, number: None)
    assert "".join(measured.order) == "abc" + "ca" + "a"
    assert [len(rounds.recordings[each]) for each in (A, B, C)] == [3, 0, 1]
    assert {cell.model: str(why) for cell, why in rounds.failures.items()} == {
        "b": "it broke",
        "c": "it broke",
    }


def test_what_was_measured_before_a_stop_is_kept():
    measured = Measured()
    rounds = Rounds([A, B], measured)
    rounds.run(3, lambda cell, number: number == 1 and rounds.stop())
    assert "".join(measured.order) == "ab" + "b"
    assert [len(rounds.recordings[each]) for each in (A, B)] == [1, 2]


def test_a_round_that_broke_because_it_was_stopped_is_no_failure():
    measured = Measured({"a": 1})
    rounds = Rounds([A], measured)
    rounds.run(1, lambda cell, number: rounds.stop())
    assert (rounds.failures, rounds.recordings[A]) == ({}, [])


def test_cells_are_all_combinations_each_once():
    found = cells(["m", "n"], backends=["openvino"], precisions=["fp32", "fp32"], sizes=["", "8x8"])
    assert [str(each) for each in found] == [
        "m openvino fp32",
        "m openvino fp32 8x8",
        "n openvino fp32",
        "n openvino fp32 8x8",
    ]


@pytest.mark.parametrize("size", ["8", "8x", "0x8", "axb"])
def test_a_size_that_is_none_is_refused(size):
    from rtseg.errors import UsageError

    with pytest.raises(UsageError, match="is not HxW"):
        _ = Cell("m", size=size).shape
