"""How often camera health is wrong about good footage, and what it finds in damaged footage.

Every clip is watched as it is; then each damage is done to as many seconds of it as --seconds
says, from a fifth of them on, and every sixth frame is watched. Short clips are played back and
forth. What is watched is the picture as the default model gets it. Exit code 1 where a fault is
found in footage as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.health.faults import FAULTS
from rtseg.health.watch import Watch
from rtseg.preprocess import prepare
from rtseg.source.video import VideoFile
from rtseg.types import Rgb

STRIDE = 6
"""Of the damaged frames: at thirty a second the others would be passed over in any case."""

Damage = Callable[[Rgb], Rgb]
Mask = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each damaged clip")
    parser.add_argument("--whole", action="store_true", help="whole pictures, none damaged")
    parser.add_argument("--json", type=Path, help="file for all that was measured")
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    seconds = 0.0 if wanted.whole else wanted.seconds
    reports = [watched(clip, seconds=seconds) for clip in wanted.clips]
    if wanted.json:
        wanted.json.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8")
    print(markdown(reports))
    sys.exit(1 if any(each["wrong"] for each in reports) else 0)


def watched(clip: Path, *, seconds: float) -> dict[str, Any]:
    """wrong: seconds by fault in the clip as it is. damaged: by damage, what was found when.

    seconds: of the damaged clip; 0 watches whole pictures, as an engine on a GPU gets them.
    """
    watch, millis, kept, last = Watch(), [], [], Fraction(0)
    for picture, last in prepared(clip) if seconds else whole(clip):
        began = time.thread_time_ns()
        watch.look(picture, last)
        millis.append((time.thread_time_ns() - began) / 1e6)
        if last < seconds and len(millis) % STRIDE == 1:
            kept.append(picture)
    rate = (len(millis) - 1) / last / STRIDE
    found = {}
    for name, damage in damages().items() if seconds else ():
        found[name] = found_after(damage, kept, rate=rate, seconds=seconds)
        print(f"{clip.stem}, {name}: {found[name]}", file=sys.stderr)
    return {
        "clip": clip.stem,
        "seconds": float(last),
        "frames": len(millis),
        "wrong": {fault: float(each.seconds) for fault, each in watch.spells.items()},
        "ms": float(np.mean(millis)),
        "damaged": found,
    }


def prepared(clip: Path) -> Iterator[tuple[Rgb, Fraction]]:
    spec = find_package(DEFAULT_MODEL).spec
    with VideoFile(str(clip)) as video:
        for frame in video:
            yield prepare(frame, spec).tensor[0], frame.pts


def whole(clip: Path) -> Iterator[tuple[Rgb, Fraction]]:
    with VideoFile(str(clip)) as video:
        for frame in video:
            yield frame.picture, frame.pts


def found_after(
    damage: Damage, pictures: list[Rgb], *, rate: Fraction, seconds: float
) -> dict[str, float]:
    """Seconds from the damage to each fault that was found."""
    watch, begins, found = Watch(), Fraction(seconds) / 5, dict[str, float]()
    back_and_forth = cycle(chain(pictures, pictures[-2:0:-1]))
    for index, picture in enumerate(islice(back_and_forth, int(seconds * rate))):
        moment = index / rate
        for turn in watch.look(damage(picture) if moment >= begins else picture, moment):
            if turn.begins:
                found.setdefault(turn.fault, round(float(moment - begins), 2))
    return found


def damages() -> dict[str, Damage]:
    """New ones: that which freezes remembers."""
    return {
        "frozen": Frozen(),
        "black": lambda picture: picture // 32,
        "underexposed, x 0.1": lambda picture: (picture * 0.1).astype(np.uint8),
        "overexposed, x 4": lambda picture: np.minimum(picture.astype(np.uint16) * 4, 255).astype(
            np.uint8
        ),
        "blurred, sigma 1 % of the width": lambda picture: blurred(picture, 0.01),
        "blurred, sigma 2 %": lambda picture: blurred(picture, 0.02),
        "left half covered": Covered(left_half),
        "right half covered, with noise": Covered(right_half, noise=2),
        "twelve blots, a third": Covered(blots),
        "grey blocks, an eighth": Covered(blocks, grey=128),
        "no chroma, a third": unchromed,
    }


class Frozen:
    def __init__(self) -> None:
        self._first: Rgb | None = None

    def __call__(self, picture: Rgb) -> Rgb:
        self._first = picture if self._first is None else self._first
        return self._first


class Covered:
    """Something dark and brownish where the mask is 1. noise: of the sensor, grey levels."""

    def __init__(
        self,
        mask: Callable[[int, int], Mask],
        *,
        grey: int | None = None,
        noise: float = 0,
    ) -> None:
        self._mask, self._grey = mask, grey
        self._noise = np.random.default_rng(7).normal(0, noise, (7, 1 << 18)).astype(np.float32)
        self._turn = cycle(range(7))

    def __call__(self, picture: Rgb) -> Rgb:
        height, width, _ = picture.shape
        brown = 0.4 * picture[::4, ::4].mean() * np.array((1.15, 1.0, 0.8), np.float32)
        noise = self._noise[next(self._turn), : height * width].reshape(height, width, 1)
        cover = np.clip(noise + (brown if self._grey is None else self._grey), 0, 255)
        mask = self._mask(height, width)
        cover = np.broadcast_to(cover, picture.shape).astype(np.uint8)
        return np.asarray(cv2.blendLinear(picture, cover, 1 - mask, mask), np.uint8)


@lru_cache
def left_half(height: int, width: int) -> Mask:
    """Its border is as soft as that of a thing on the lens."""
    ramp = np.clip((0.5 - np.arange(width) / width) / 0.06 + 0.5, 0, 1)
    return np.tile(ramp.astype(np.float32), (height, 1))


@lru_cache
def right_half(height: int, width: int) -> Mask:
    return np.ascontiguousarray(left_half(height, width)[:, ::-1])


@lru_cache
def blots(height: int, width: int) -> Mask:
    mask = np.zeros((height, width), np.float32)
    random = np.random.default_rng(3)
    for x, y, size in random.uniform((0, 0.1, 0.1), (1, 0.9, 0.15), (12, 3)):
        cv2.circle(mask, (int(x * width), int(y * height)), int(size * height), 1, -1)
    return cv2.GaussianBlur(mask, (0, 0), 0.01 * width)


@lru_cache
def blocks(height: int, width: int) -> Mask:
    """An eighth of the blocks of 16 pixels."""
    lost = np.random.default_rng(5).random((height // 16, width // 16)) < 1 / 8
    return np.kron(lost, np.ones((16, 16), np.float32))


def blurred(picture: Rgb, sigma: float) -> Rgb:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma * picture.shape[1]), np.uint8)


def unchromed(picture: Rgb) -> Rgb:
    """The lower third as a decoder paints it that found zeros for chroma: BT.601, video range."""
    damaged = picture.copy()
    lower = damaged[2 * len(damaged) // 3 :]
    luma = lower.mean(axis=2, keepdims=True)
    lower[:] = np.clip(luma + np.array((-179, 135, -227)), 0, 255)
    return damaged


def markdown(reports: list[dict[str, Any]]) -> str:
    seconds = sum(each["seconds"] for each in reports)
    frames = sum(each["frames"] for each in reports)
    wrong = {fault: sum(each["wrong"].get(fault, 0) for each in reports) for fault in FAULTS}
    wrong = {fault: said for fault, said in wrong.items() if said}
    ms = [each["ms"] for each in reports]
    lines = [
        f"{len(reports)} clips, {frames} frames, {seconds:.0f} s as they are; "
        f"seconds of wrong faults: {wrong or 'none'}. "
        f"CPU ms a frame, mean of each clip: {min(ms):.2f} to {max(ms):.2f}.",
        "",
        "| damage | found as (clips; median seconds) | missed in |",
        "|---|---|---|",
    ]
    for name in reports[0]["damaged"]:
        lines.append(f"| {name} | {found_as(reports, name)} | {missed_in(reports, name)} |")
    return "\n".join(lines)


def found_as(reports: list[dict[str, Any]], damage: str) -> str:
    words = []
    for fault in FAULTS:
        after = [each["damaged"][damage].get(fault) for each in reports]
        after = [each for each in after if each is not None]
        if after:
            words.append(f"{fault} ({len(after)}; {np.median(after):.1f})")
    return ", ".join(words)


def missed_in(reports: list[dict[str, Any]], damage: str) -> str:
    """Clips in which nothing was found at all."""
    return ", ".join(each["clip"] for each in reports if not each["damaged"][damage])


if __name__ == "__main__":
    main()
