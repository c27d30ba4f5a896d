import numpy as np
import pytest
from plain_parts import ReadingEngine

from rtseg.pipeline.pace import WARM_UP, pace

TENSORS = [np.full((1, 8, 16, 3), value, np.uint8) for value in (3, 7)]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_tensor_is_collected_and_the_warm_up_is_not_counted(depth):
    engine = ReadingEngine(depth=depth)
    found = pace(engine, TENSORS, inferences=30, seconds=0)
    assert (found.inferences, found.depth) == (30, depth)
    assert engine.most_flying == depth
    assert not engine.flying
    assert engine.inferred >= WARM_UP + 30


def test_an_engine_that_takes_two_milliseconds_makes_less_than_500_a_second():
    """Beneath 500, but how far beneath depends on the machine."""
    found = pace(ReadingEngine(pause=0.002), TENSORS, inferences=50, seconds=0)
    assert 0 < found.fps < 500
    assert found.latency.p50 >= 2


def test_it_goes_on_until_the_time_is_over():
    found = pace(ReadingEngine(pause=0.001), TENSORS, inferences=1, seconds=0.1)
    assert 1 < found.inferences <= 101
