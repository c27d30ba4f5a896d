from __future__ import annotations

import numpy as np

from rtseg.stretch import nearest, stretched


def test_stretching_takes_the_label_under_the_centre_of_each_pixel() -> None:
    assert nearest(4, 2).tolist() == [0, 0, 1, 1]
    assert nearest(5, 2).tolist() == [0, 0, 1, 1, 1]  # centres 0.2 0.6 1.0 1.4 1.8
    assert nearest(2, 6).tolist() == [1, 4]
    assert stretched(np.array([[1, 2]], np.uint8), 2, 4).tolist() == [[1, 1, 2, 2]] * 2


def test_a_map_of_that_size_already_is_returned_as_it_is() -> None:
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    assert stretched(labels, 2, 2) is labels


def test_shrinking_takes_centres_too() -> None:
    labels = np.arange(9, dtype=np.uint8).reshape(3, 3)
    assert stretched(labels, 1, 1).tolist() == [[4]]
