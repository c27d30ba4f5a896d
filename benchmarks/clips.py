"""Every video of a folder through the main job: is each frame, its time and the sound kept?

python benchmarks/clips.py DIR [--model NAME]

The input and the output are decoded by plain PyAV, not by rtseg's own reader. Exit code 1 if any
check fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from child import ChildError, run_rtseg

EXTENSIONS = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm"}


@dataclass(frozen=True)
class Decoded:
    """times: of the pictures, in seconds, in the order in which they are shown.

    step: one frame's time at the average rate. end: when the last picture's time is over.
    """

    times: list[Fraction]
    step: Fraction
    end: Fraction
    audio: bool

    @property
    def seconds(self) -> Fraction:
        return self.end - self.times[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="The main job on every video of a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="name or folder")
    wanted = parser.parse_args()
    clips = [path for path in sorted(wanted.folder.iterdir()) if path.suffix.lower() in EXTENSIONS]
    if not clips:
        sys.exit(
            f"no video in {str(wanted.folder)!r}: it must end in {' '.join(sorted(EXTENSIONS))}"
        )
    width = max(len(clip.name) for clip in clips)
    print(f"{'clip':<{width}}  {'decodable':>9} {'read':>6} {'written':>7}   fps  result")
    model = ["--model", wanted.model] if wanted.model else []
    failed = sum(not kept(clip, model, width=width) for clip in clips)
    print(f"{len(clips) - failed} of {len(clips)} clips pass")
    sys.exit(1 if failed else 0)


def kept(clip: Path, model: Sequence[str], *, width: int) -> bool:
    """Prints one line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, f"{clip.stem}.mp4")
        try:
            before = decoded(clip)
            report = run_rtseg(clip, "-o", output, "--no-stats", *model).report
            failures = list(faults(report, before, decoded(output)))
        except (ChildError, av.FFmpegError) as error:
            print(f"{clip.name:<{width}}  {error}")
            return False
    read, written, fps = (report[key] for key in ("frames_read", "frames_written", "processed_fps"))
    counts = f"{len(before.times):>9} {read:>6} {written:>7} {fps:>5.0f}"
    print(f"{clip.name:<{width}}  {counts}  {'; '.join(failures) or 'pass'}", flush=True)
    return not failures


def faults(report: dict[str, Any], before: Decoded, after: Decoded) -> Iterator[str]:
    counts = {
        "read": report["frames_read"],
        "written": report["frames_written"],
        "decodable in the input": len(before.times),
        "decodable in the output": len(after.times),
    }
    if len(set(counts.values())) > 1:
        yield "frames " + ", ".join(f"{count} {name}" for name, count in counts.items())
    back = sum(later <= earlier for earlier, later in pairwise(after.times))
    if back:
        yield f"{back} output times do not increase"
    if after.times and before.times and abs(after.seconds - before.seconds) > before.step:
        yield f"lasts {float(after.seconds):.3f} s, the input {float(before.seconds):.3f} s"
    if before.audio != after.audio:
        yield "the sound was lost" if before.audio else "sound came from nowhere"


def decoded(path: Path) -> Decoded:
    with av.open(f"file:{path}") as container:
        stream = container.streams.video[0]
        step = 1 / Fraction(stream.average_rate or stream.guessed_rate or 25)
        times: list[Fraction] = []
        end = Fraction(0)
        for frame in _frames(container):
            base = Fraction(frame.time_base or 0)
            times.append(end if frame.pts is None else frame.pts * base)
            end = times[-1] + (frame.duration * base if frame.duration else step)
        return Decoded(times, step, end, bool(container.streams.audio))


def _frames(container: InputContainer) -> Iterator[av.VideoFrame]:
    """An undecodable packet ends nothing: what follows counts too."""
    stream = container.streams.video[0]
    for packet in container.demux(stream):
        try:
            yield from stream.decode(packet)
        except av.FFmpegError:
            continue


if __name__ == "__main__":
    main()
