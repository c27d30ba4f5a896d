"""The loop that most tutorials end with, as the yardstick: one thread, one step after another.

python benchmarks/naive.py CLIP MODEL.onnx [--no-video] [--out out.mp4] [--threads 2] [--limit N]

OpenCV reads, resizes and writes, ONNX Runtime infers float logits, numpy does the rest. MODEL takes
(1, 3, h, w) float32 and has an output (1, C, h', w'). A manifest.json beside it says mean, std,
channel order and colours. Prints one JSON object on stdout.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from frame_clock import FrameClock
from numpy.typing import NDArray

from rtseg.labels import LABEL_SETS

WARM_UP = 5
OPACITY = 0.5
PLAIN_SPEC: dict[
    str, Any
] = {  # where no manifest lies beside the model: ImageNet's statistics, 0..255
    "channel_order": "rgb",
    "mean": (123.675, 116.28, 103.53),
    "std": (58.395, 57.12, 57.375),
    "labels": "voc21",
}


@dataclass(frozen=True)
class Model:
    """mean, std: (3,) float32 for values 0..255, in the network's channel order."""

    session: onnxruntime.InferenceSession
    output: str
    height: int
    width: int
    rgb: bool
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    palette_bgr: NDArray[np.uint8]

    def labels(self, bgr: NDArray[np.uint8], clock: FrameClock) -> NDArray[np.int64]:
        """(H, W, 3) -> (h', w')."""
        small: Any = cv2.resize(bgr, (self.width, self.height))
        if self.rgb:
            small = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        normal = (small.astype(np.float32) - self.mean) / self.std
        tensor = np.ascontiguousarray(normal.transpose(2, 0, 1)[None])
        with clock.inference():
            inputs = {self.session.get_inputs()[0].name: tensor}
            logits = self.session.run([self.output], inputs)[0]
        return np.asarray(np.argmax(logits[0], axis=0), np.int64)


def open_model(path: Path, *, threads: int = 2) -> Model:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    manifest = path.with_name("manifest.json")
    spec = json.loads(manifest.read_text("utf-8"))["spec"] if manifest.exists() else PLAIN_SPEC
    shape = session.get_inputs()[0].shape
    return Model(
        session=session,
        output=next(each.name for each in session.get_outputs() if len(each.shape) == 4),
        height=spec.get("height", shape[2]),
        width=spec.get("width", shape[3]),
        rgb=spec["channel_order"] == "rgb",
        mean=np.array(spec["mean"], np.float32),
        std=np.array(spec["std"], np.float32),
        palette_bgr=LABEL_SETS[spec["labels"]].colors[:, ::-1],
    )


def overlay(bgr: NDArray[np.uint8], labels: NDArray[np.int64], palette: NDArray[np.uint8]) -> Any:
    height, width = bgr.shape[:2]
    colors = cv2.resize(palette[labels], (width, height), interpolation=cv2.INTER_NEAREST)
    return cv2.addWeighted(bgr, 1 - OPACITY, colors, OPACITY, 0)


def run(clip: Path, model: Model, *, out: Path | None, limit: int | None) -> dict[str, Any]:
    """limit: of frames; None: to the end of the clip."""
    capture = cv2.VideoCapture(str(clip))
    writer: cv2.VideoWriter | None = None
    clock = FrameClock()
    while limit is None or clock.frames < limit:
        read, picture = capture.read()
        if not read:
            break
        bgr = np.asarray(picture, np.uint8)
        if not clock.frames:
            for _ in range(WARM_UP):
                model.labels(bgr, clock)
        shown = overlay(bgr, model.labels(bgr, clock), model.palette_bgr)
        if out is not None:
            writer = writer or open_writer(out, capture, shown.shape)
            writer.write(shown)
        clock.finish()
    capture.release()
    if writer is not None:
        writer.release()
        clock.finish_late()
    return clock.report("onnxruntime", "numpy") | {"video": out is not None}


def open_writer(out: Path, capture: cv2.VideoCapture, shape: tuple[int, ...]) -> cv2.VideoWriter:
    fps = capture.get(cv2.CAP_PROP_FPS) or 30.0
    return cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, (shape[1], shape[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description="The naive loop, measured.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--no-video", action="store_true", help="render, but write no file")
    parser.add_argument("--out", type=Path, default=Path("naive.mp4"))
    parser.add_argument("--threads", type=int, default=2, help="of the network")
    parser.add_argument("--limit", type=int, help="frames at most")
    wanted = parser.parse_args()
    out = None if wanted.no_video else wanted.out
    model = open_model(wanted.model, threads=wanted.threads)
    print(json.dumps(run(wanted.clip, model, out=out, limit=wanted.limit)))


if __name__ == "__main__":
    main()
