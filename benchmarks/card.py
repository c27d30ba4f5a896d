"""Where a model fails, seen on the synthetic road, whose truth is exact: pictures for its card.

python benchmarks/card.py MODEL PICTURE.jpg

Each row is one condition: the picture, the model's labels over it, what was wrong in red. The
mIoU and the IoU of the road are printed for every condition, over several places on the road.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np

from rtseg.engine.backends import make_engine
from rtseg.engine.base import Engine
from rtseg.engine.package import find_package
from rtseg.labels import IGNORE, LabelSet
from rtseg.metrics import Confusion
from rtseg.overlay import Look, render
from rtseg.pipeline.segment import segment
from rtseg.source.road import RoadSource
from rtseg.stretch import stretched
from rtseg.types import Frame, Rgb

PLACES = range(0, 900, 90)
SHOWN = 180
RED = np.array((230, 30, 30), np.uint8)


def as_it_is(picture: Rgb) -> Rgb:
    return picture


def at_dusk(picture: Rgb) -> Rgb:
    return _curve(picture, lambda x: 0.55 * x**1.6)


def by_night(picture: Rgb) -> Rgb:
    """Dark but for what is bright, with the noise of a small sensor."""
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return (_curve(picture, lambda x: 0.5 * x**3) + noise).clip(0, 255).astype(np.uint8)


def in_fog(picture: Rgb) -> Rgb:
    """Grey that thickens upwards, as with distance."""
    rows = np.linspace(0.85, 0.15, len(picture))[:, None, None]
    return (picture * (1 - rows) + 205 * rows).astype(np.uint8)


def out_of_focus(picture: Rgb) -> Rgb:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), len(picture) / 90), np.uint8)


CONDITIONS: dict[str, Callable[[Rgb], Rgb]] = {
    "day": as_it_is,
    "dusk": at_dusk,
    "night": by_night,
    "fog": in_fog,
    "out of focus": out_of_focus,
}


def main() -> None:
    model, path = sys.argv[1:3]
    package = find_package(model)
    rows = []
    with RoadSource(height=360, width=640) as road, make_engine("auto", package, depth=1) as engine:
        for name, condition in CONDITIONS.items():
            confusion = Confusion.of(len(package.labels))
            for place in PLACES:
                picture, truth = condition(road.picture(place)), road.truth(place)
                confusion.add(truth, _labels(picture, engine))
                if place == SHOWN:
                    rows.append(_row(picture, truth, engine, labels=package.labels))
            street = confusion.iou[package.labels.names.index("road")]
            print(f"{name}: mIoU {100 * confusion.miou:.1f} %, road {100 * street:.1f} %")
    cv2.imwrite(path, cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def _labels(picture: Rgb, engine: Engine) -> Rgb:
    frame = Frame(picture, 0, Fraction(0), 0)
    return stretched(segment(frame, engine).labels, *picture.shape[:2])


def _row(picture: Rgb, truth: Rgb, engine: Engine, *, labels: LabelSet) -> Rgb:
    segmentation = segment(Frame(picture, 0, Fraction(0), 0), engine)
    over = render(segmentation, labels, Look())
    found = stretched(segmentation.labels, *truth.shape)
    wrong = (found != truth) & (truth != IGNORE)
    marked = np.where(wrong[..., None], RED, picture // 2)
    row = np.hstack([picture, over, marked])
    return np.asarray(cv2.resize(row, (1152, 216), interpolation=cv2.INTER_AREA), np.uint8)


def _curve(picture: Rgb, curve: Callable[[np.ndarray], np.ndarray]) -> Rgb:
    table = (255 * curve(np.linspace(0, 1, 256))).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table), np.uint8)


if __name__ == "__main__":
    main()
