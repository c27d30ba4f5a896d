"""supervision's own video pipeline with ONNX Runtime, as its documentation has it.

environments/supervision: python supervision_loop.py CLIP MODEL.onnx OUT.mp4 --spec FILE

`sv.process_video` reads and writes on threads of its own (OpenCV, MPEG-4), the callback infers on
the main thread, a mask for each class that is there goes through `sv.Detections` to
`sv.MaskAnnotator`. FILE: JSON with height, width, channel_order, mean, std (0..255) and palette
(hexadecimal, by class). Prints one JSON object on stdout.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import supervision as sv
from frame_clock import FrameClock, alone_ms

WARM_UP = 5
OPACITY = 0.5


class Callback:
    """What `sv.process_video` calls with each frame, on its main thread."""

    def __init__(self, model: Path, spec: dict[str, Any], *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(model, options, providers=providers)
        self._input = self._session.get_inputs()[0].name
        outputs = self._session.get_outputs()
        self._output = next(each.name for each in outputs if len(each.shape) == 4)
        self._size = spec["width"], spec["height"]
        self._rgb = spec["channel_order"] == "rgb"
        self._mean = np.array(spec["mean"], np.float32)
        self._std = np.array(spec["std"], np.float32)
        palette = sv.ColorPalette.from_hex(spec["palette"])
        self._annotator = sv.MaskAnnotator(color=palette, opacity=OPACITY)
        self.clock = FrameClock()

    def __call__(self, frame: Any, index: int) -> Any:
        if index == 0:
            for _ in range(WARM_UP):
                self._labels(frame)
        shown = self._annotator.annotate(frame.copy(), self._detections(frame))
        self.clock.finish()
        return shown

    def report(self) -> dict[str, Any]:
        """alone_ms: of an inference when neither reader nor writer runs beside it."""
        said = self.clock.report("supervision", "onnxruntime", "opencv-python-headless", "numpy")
        tensor = np.zeros((1, 3, self._size[1], self._size[0]), np.float32)
        return said | {"alone_ms": alone_ms(lambda: self._infer(tensor))}

    def _detections(self, frame: Any) -> sv.Detections:
        """Classes are found in the small label map: sorting the large one would cost more."""
        labels = self._labels(frame)
        present = np.unique(labels)
        size = frame.shape[1], frame.shape[0]
        large = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
        masks = np.stack([large == class_id for class_id in present])
        return sv.Detections(
            xyxy=sv.mask_to_xyxy(masks), mask=masks, class_id=present.astype(np.int64)
        )

    def _labels(self, frame: Any) -> Any:
        """(H, W, 3) BGR -> (h', w') uint8."""
        small = cv2.resize(frame, self._size)
        if self._rgb:
            small = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        normal = (small.astype(np.float32) - self._mean) / self._std
        tensor = np.ascontiguousarray(normal.transpose(2, 0, 1)[None])
        with self.clock.inference():
            logits = self._infer(tensor)
        return np.argmax(logits[0], axis=0).astype(np.uint8)

    def _infer(self, tensor: Any) -> Any:
        return self._session.run([self._output], {self._input: tensor})[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="supervision's video pipeline, measured.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--spec", type=Path, required=True, help="JSON: what the network takes")
    parser.add_argument("--threads", type=int, default=2, help="of the network")
    parser.add_argument("--limit", type=int, help="frames at most")
    wanted = parser.parse_args()
    spec = json.loads(wanted.spec.read_text(encoding="utf-8"))
    callback = Callback(wanted.model, spec, threads=wanted.threads)
    clip, out = str(wanted.clip), str(wanted.out)
    sv.process_video(clip, out, callback, max_frames=wanted.limit)
    callback.clock.finish_late()
    print(json.dumps(callback.report()))


if __name__ == "__main__":
    main()
