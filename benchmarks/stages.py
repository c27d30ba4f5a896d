"""One stage of the main job alone, with the whole machine to itself: the parts of the ideal.

python benchmarks/stages.py decode|engine|encode CLIP [--model NAME] [--inferences 300]

decode: PyAV with rtseg's thread settings, no colour conversion. engine: the one that `rtseg run`
takes, two tensors in flight, pictures of the clip. encode: x264 with the settings of the overlay
video, rendered pictures of the clip, already in YUV. Prints one JSON object on
stdout: fps, and the milliseconds of all processors that each frame took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

import av

from rtseg.engine.backends import make_engine
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.overlay import Look, render
from rtseg.pipeline.segment import segment
from rtseg.preprocess import prepare
from rtseg.sink.container import Encoding, VideoFile
from rtseg.sink.planes import yuv420
from rtseg.sink.video import even
from rtseg.source import video
from rtseg.source.decoder import DECODER_THREADS, open_container
from rtseg.yuv import matrix_for

ENGINE_WARM_UP = 20
ENCODER_WARM_UP = 30  # more than x264 holds back in its threads and its lookahead
TENSORS = 64
FRAMES_AT_LEAST = 300
BYTES_OF_FRAMES = 400_000_000
ENCODING = Encoding("libx264", "yuv420p", {"crf": "23", "preset": "veryfast"})  # of OverlayVideo


def main() -> None:
    parser = argparse.ArgumentParser(description="One stage of the main job, alone.")
    parser.add_argument("stage", choices=("decode", "engine", "encode"))
    parser.add_argument("clip", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL, help="name or folder")
    parser.add_argument("--inferences", type=int, default=300, help="of the stage engine")
    wanted = parser.parse_args()
    if wanted.stage == "decode":
        report = decode(wanted.clip)
    elif wanted.stage == "engine":
        report = infer(wanted.clip, wanted.model, inferences=wanted.inferences)
    else:
        report = encode(wanted.clip, wanted.model)
    print(json.dumps(report))


def decode(clip: Path) -> dict[str, Any]:
    """No warm-up: the clock starts when the first picture is out."""
    done: list[Moment] = []
    with open_container(f"file:{clip}") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = DECODER_THREADS
        done.extend(Moment.now() for _ in container.decode(stream))
    return measured(done, warm_up=0)


def infer(clip: Path, model: str, *, inferences: int) -> dict[str, Any]:
    package = find_package(model)
    with video.VideoFile(clip) as source:
        tensors = [prepare(frame, package.spec).tensor for frame in islice(source, TENSORS)]
    waiting = cycle(tensors)
    done: list[Moment] = []
    with make_engine("auto", package) as engine:
        for _ in range(engine.depth):
            engine.submit(next(waiting))
        for _ in range(ENGINE_WARM_UP + inferences):
            engine.collect()
            done.append(Moment.now())
            engine.submit(next(waiting))
        for _ in range(engine.depth):
            engine.collect()
        precision = engine.info.precision
    return measured(done[ENGINE_WARM_UP:], warm_up=ENGINE_WARM_UP) | {"precision": precision}


def encode(clip: Path, model: str) -> dict[str, Any]:
    """Writing the encoded frames to a temporary file is inside the clock, as it is for a user."""
    frames, fps = rendered(clip, model)
    count = ENCODER_WARM_UP + max(FRAMES_AT_LEAST, len(frames))
    done: list[Moment] = []
    with tempfile.TemporaryDirectory() as folder:
        height, width = frames[0].height, frames[0].width
        path = Path(folder, "encoded.mp4")
        file = VideoFile(path, ENCODING, height=height, width=width, fps=fps)
        with closing(file):
            for index, frame in enumerate(islice(back_and_forth(frames), count)):
                file.write(frame, index / fps)
                done.append(Moment.now())
    return measured(done[ENCODER_WARM_UP:], warm_up=ENCODER_WARM_UP) | {"distinct": len(frames)}


def rendered(
    clip: Path, model: str, *, most: int = sys.maxsize
) -> tuple[list[av.VideoFrame], Fraction]:
    """As many overlay pictures, from the clip's first on, as memory is set aside for."""
    package = find_package(model)
    frames: list[av.VideoFrame] = []
    with video.VideoFile(clip) as source, make_engine("auto", package, depth=1) as engine:
        info = source.info
        fits = min(most, max(2, BYTES_OF_FRAMES // (info.height * info.width * 3 // 2)))
        for frame in islice(source, fits):
            image = even(render(segment(frame, engine), package.labels, Look()))
            frames.append(yuv420(image, matrix_for(image.shape[0])))
    return frames, info.fps or Fraction(30)


def back_and_forth(frames: list[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """Without the jump from the last to the first, which would cost the encoder a new scene."""
    return cycle(chain(frames, frames[-2:0:-1]))


@dataclass(frozen=True)
class Moment:
    """Seconds by the clock, and of all processors for this process."""

    clock: float
    cpu: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.perf_counter(), time.process_time())


def measured(done: list[Moment], *, warm_up: int) -> dict[str, Any]:
    """done: when each frame was finished, warm-up left out; fps is (n - 1) / dt."""
    if len(done) < 2:
        sys.exit(f"{len(done)} frames were measured; two at least are needed")
    steps, seconds = len(done) - 1, done[-1].clock - done[0].clock
    cpu_ms = 1e3 * (done[-1].cpu - done[0].cpu) / steps
    figures = {"frames": len(done), "seconds": seconds, "fps": steps / seconds}
    return figures | {"cpu_ms": cpu_ms, "warm_up": warm_up}


if __name__ == "__main__":
    main()
