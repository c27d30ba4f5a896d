from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest

from rtseg.types import Frame, Picture, Segmentation


def test_what_was_handed_over_cannot_be_rebound() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 0, Fraction(0), 0)
    with pytest.raises(FrozenInstanceError):
        frame.index = 1  # type: ignore[misc]


def test_a_picture_leads_back_to_its_frame_without_a_copy() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), 7, Fraction(7, 30), 123)
    picture = Picture(Segmentation(frame, np.zeros((1, 1), np.uint8)), image=None)
    assert picture.segmentation.frame is frame
