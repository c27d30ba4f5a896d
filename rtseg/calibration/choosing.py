"""Which of the frames that were looked at make a set: usable ones, as different as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtseg.calibration.look import Look

Drop: TypeAlias = Literal["black", "overexposed", "blurred", "duplicate", "spare"]
"""spare: usable, but not needed: others were more different."""

BLURRED = 0.7
"""Of the median sharpness of a source; below it a frame is blurred. Five road clips stayed within
5 % of their median; blur of three pixels in 240 rows went below on all of them, blur of two on the
three that show neither rain nor night."""

DUPLICATE = 0.02
"""Distance of two looks. On eight road clips: of neighbouring frames 0.001 to 0.018; of frames a
second apart 0.03 to 0.10, but 0.01 on an empty road in the rain."""


@dataclass(frozen=True)
class Candidate:
    """source: its number. place: of the frame within it."""

    source: int
    place: int
    look: Look


@dataclass
class Choice:
    """kept: in the order of sources and places. drops: how many were left out, by cause."""

    kept: list[Candidate]
    drops: dict[Drop, int] = field(default_factory=dict)


def choose(candidates: list[Candidate], count: int, *, seed: int) -> Choice:
    """``count`` at most, fewer where the rest repeats them. The same seed, the same choice."""
    faults = _faults(candidates)
    usable = [each for each, fault in zip(candidates, faults, strict=True) if fault is None]
    drops: dict[Drop, int] = {
        cause: faults.count(cause) for cause in ("black", "overexposed", "blurred")
    }
    if not usable:
        return Choice([], drops | {"duplicate": 0, "spare": 0})
    features = np.stack([each.look.features for each in usable])
    chosen, distances = farthest_first(features, count, seed=seed, least=DUPLICATE)
    repeated = int(np.count_nonzero(distances < DUPLICATE)) - len(chosen)
    drops |= {"duplicate": repeated, "spare": len(usable) - len(chosen) - repeated}
    kept = sorted((usable[index] for index in chosen), key=lambda each: (each.source, each.place))
    return Choice(kept, drops)


def farthest_first(
    features: NDArray[np.float32], count: int, *, seed: int, least: float = 0.0
) -> tuple[list[int], NDArray[np.float32]]:
    """Greedy k-centre (Gonzalez, 1985): each next row is the one farthest from those chosen.

    features: (n, d), n >= 1. Its radius is at most twice the best one. The first row is drawn by
    ``seed``; ends early where no row is ``least`` away. Returns indices, and (n,) distances to
    the nearest chosen row.
    """
    first = int(np.random.default_rng(seed).integers(len(features)))
    chosen = [first]
    distances = np.linalg.norm(features - features[first], axis=1)
    while len(chosen) < min(count, len(features)):
        farthest = int(distances.argmax())
        if distances[farthest] < least or distances[farthest] == 0:
            break
        chosen.append(farthest)
        distances = np.minimum(distances, np.linalg.norm(features - features[farthest], axis=1))
    return chosen, distances


def _faults(candidates: list[Candidate]) -> list[Drop | None]:
    """Blur is judged against the frames of the same source that have no other fault."""
    sharpness: dict[int, list[float]] = {}
    for each in candidates:
        if each.look.fault is None:
            sharpness.setdefault(each.source, []).append(each.look.sharpness)
    least = {source: BLURRED * float(np.median(all_)) for source, all_ in sharpness.items()}
    return [
        each.look.fault or ("blurred" if each.look.sharpness < least[each.source] else None)
        for each in candidates
    ]
