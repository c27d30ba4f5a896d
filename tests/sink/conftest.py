"""Pictures as they reach a sink."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rtseg.types import Frame, LabelMap, Picture, Rgb, Segmentation

MakePicture = Callable[..., Picture]


def make_picture(
    index: int = 0,
    *,
    image: Rgb | None = None,
    labels: Any = ((0,),),
    pts: Fraction | None = None,
    captured_nanos: int = 0,
) -> Picture:
    """Grey 48x64 and 30 frames a second unless told otherwise."""
    image = np.full((48, 64, 3), 90, np.uint8) if image is None else image
    label_map: LabelMap = np.asarray(labels, np.uint8)
    moment = Fraction(index, 30) if pts is None else pts
    return Picture(Segmentation(Frame(image, index, moment, captured_nanos), label_map), image)


@pytest.fixture(scope="session")
def picture() -> MakePicture:
    return make_picture
