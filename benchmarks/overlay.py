"""The overlay against its textbook form, side by side in one process and on one core.

python benchmarks/overlay.py [RUNS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np

from rtseg.commands.memory import keep_freed_memory
from rtseg.labels import CAMVID
from rtseg.overlay import Look, render
from rtseg.stretch import nearest
from rtseg.types import Frame, LabelMap, Rgb, Segmentation

HEIGHT, WIDTH = 1080, 1920
LABEL_SIZES = ((176, 240), (360, 480), (512, 1024))


def main() -> None:
    keep_freed_memory()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    cv2.setNumThreads(1)
    picture = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    print(f"{HEIGHT}x{WIDTH}, {runs} alternating runs")
    for label_height, label_width in LABEL_SIZES:
        labels = road(label_height, label_width)
        seconds = race(picture, labels, runs)
        print(f"labels {label_height}x{label_width}:", end="")
        for name, figure in (("median", statistics.median), ("best", min)):
            ours, textbook = (1e3 * figure(each) for each in seconds)
            ratio = textbook / ours
            print(
                f"  {name}: fused {ours:.2f} ms, textbook {textbook:.2f} ms, {ratio:.1f} x", end=""
            )
        print()


def race(picture: Rgb, labels: LabelMap, runs: int) -> tuple[list[float], list[float]]:
    """Seconds of each run of both, after making sure that both draw the same picture."""
    segmentation = Segmentation(Frame(picture, 0, Fraction(0), 0), labels)
    contestants: tuple[Callable[[], Rgb], ...] = (
        lambda: render(segmentation, CAMVID, Look()),
        lambda: textbook_overlay(picture, labels),
    )
    agree(contestants[0](), contestants[1](), labels)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for contestant, taken in zip(contestants, seconds, strict=True):
            start = time.perf_counter()
            contestant()
            taken.append(time.perf_counter() - start)
    return seconds


def textbook_overlay(picture: Rgb, labels: LabelMap) -> Rgb:
    height, width, _ = picture.shape
    at_frame_size = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST)
    colors: Rgb = CAMVID.colors[at_frame_size]
    blended: Rgb = cv2.addWeighted(picture, 0.5, colors, 0.5, 0)  # type: ignore[assignment]
    return blended


def agree(ours: Rgb, textbook: Rgb, labels: LabelMap) -> None:
    """INTER_NEAREST takes the label at floor(x * w' / W): compared where both rules coincide."""
    rows = nearest(HEIGHT, labels.shape[0]) == np.arange(HEIGHT) * labels.shape[0] // HEIGHT
    columns = nearest(WIDTH, labels.shape[1]) == np.arange(WIDTH) * labels.shape[1] // WIDTH
    same = np.ix_(rows, columns)
    assert rows.mean() > 0.4, rows.mean()
    assert columns.mean() > 0.4, columns.mean()
    # cv2 works its factor out in floats and is off by one label where a centre is on an edge.
    assert (np.abs(ours[same].astype(int) - textbook[same]) <= 1).mean() > 0.995
    assert len(np.unique(labels)) >= 5


def road(height: int, width: int) -> LabelMap:
    """A road with its surroundings, about as ragged as what a network says."""
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    y = y + 0.02 * np.sin(40 * x)
    labels = np.where(y < 0.35, 0, 1).astype(np.uint8)
    labels[(y > 0.3) & (np.sin(9 * x) > 0.5)] = 5
    labels[y > 0.55] = 4
    labels[(y > 0.5) & (np.abs(x - 0.5) < y - 0.45)] = 3
    labels[(np.abs(y - 0.6) < 0.08) & (np.abs(x - 0.55) < 0.05)] = 8
    labels[(np.abs(x % 0.25 - 0.1) < 0.004) & (y > 0.2) & (y < 0.65)] = 2
    return labels


if __name__ == "__main__":
    main()
