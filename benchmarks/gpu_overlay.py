"""What the CPU still does for a picture that the GPU has painted, beside painting it itself.

python benchmarks/gpu_overlay.py [--repeat 60]

Milliseconds of CPU time of one thread, medians, the two in turns: ``overlay.render`` of a picture,
and the copy of a painted one out of the memory that it arrived in.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from statistics import median

import numpy as np

from rtseg.labels import label_set
from rtseg.overlay import Look, render
from rtseg.types import Frame, Segmentation

SIZES = ((1080, 1920), (720, 1280))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=60)
    repeat = parser.parse_args().repeat
    for height, width in SIZES:
        rendered, copied = medians(height, width, repeat)
        print(f"{width}x{height}: rendered {rendered:.2f} ms, copied {copied:.2f} ms")


def medians(height: int, width: int, repeat: int) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    blocks = rng.integers(0, 11, (22, 30), np.uint8)
    labels = np.kron(blocks, np.ones((8, 8), np.uint8))  # 176x240, as roadlite-camvid has them
    segmentation = Segmentation(Frame(picture, 0, Fraction(0), 0), labels)
    classes, look = label_set("camvid11"), Look()
    jobs: tuple[Callable[[], object], ...] = (
        lambda: render(segmentation, classes, look),
        lambda: np.array(picture),
    )
    times: list[list[float]] = [[], []]
    for _ in range(repeat + 1):
        for job, taken in zip(jobs, times, strict=True):
            started = time.thread_time_ns()
            job()
            taken.append((time.thread_time_ns() - started) / 1e6)
    rendered, copied = (median(each[1:]) for each in times)  # the first one loads the kernel
    return rendered, copied


if __name__ == "__main__":
    main()
