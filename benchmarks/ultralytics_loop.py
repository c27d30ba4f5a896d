"""Ultralytics' streaming predict with its own semantic network, for its overhead per frame.

environments/ultralytics: python ultralytics_loop.py CLIP FOLDER [--format openvino] [--save]

The network is built from the YAML that the package brings, with random weights, as none are
fetched. What they have not learned shows in pictures of few classes, which are cheap to paint and
to encode. FOLDER takes the exported network, the settings and the video. Prints one JSON object on
stdout. Ultralytics is AGPL-3.0: nothing else imports it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch
from frame_clock import FrameClock, alone_ms

NETWORK = "yolo26n-sem.yaml"
SIZE = (320, 544)
"""(h, w): 174 080 pixels beside the 168 960 of rtseg's 352x480, in multiples of 32 and of the
shape of a 16:9 picture, so that nothing is padded but 14 rows."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Ultralytics' streaming predict, measured.")
    parser.add_argument("clip", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=("pytorch", "openvino"), default="openvino")
    parser.add_argument("--save", action="store_true", help="the overlay as a video")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="frames at most")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    wanted.clip = wanted.clip.resolve()
    os.chdir(wanted.folder)
    os.environ |= {"YOLO_CONFIG_DIR": ".", "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"}
    declare_operators()
    with redirect_stdout(sys.stderr):
        report = run(wanted)
    print(json.dumps(report))


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    """alone_ms: of an inference while no frame is being read beside it."""
    clock = FrameClock()
    model = network(wanted.format)
    frames = model.predict(
        source=str(wanted.clip),
        stream=True,
        imgsz=SIZE,
        device="cpu",
        verbose=False,
        save=wanted.save,
        project=str(Path.cwd() / "runs"),
    )
    for result in frames:
        clock.infer(result.speed["inference"] / 1e3)
        clock.finish()
        if clock.frames == wanted.limit:
            break
    frames.close()
    clock.finish_late()
    said = clock.report("ultralytics", "torch", "openvino", "opencv-python", "numpy")
    with torch.inference_mode():
        tensor = torch.zeros(1, 3, *SIZE)
        return said | {"alone_ms": alone_ms(lambda: model.predictor.inference(tensor))}


def network(wanted: str) -> Any:
    """openvino: exported once a folder, as its documentation recommends for CPUs."""
    from ultralytics import YOLO

    exported = Path(f"{Path(NETWORK).stem}_openvino_model")
    if wanted == "openvino" and exported.is_dir():
        return YOLO(exported, task="semantic")
    torch.manual_seed(0)
    model = YOLO(NETWORK, task="semantic")
    if wanted == "pytorch":
        return model
    return YOLO(model.export(format="openvino", imgsz=SIZE), task="semantic")


def declare_operators() -> None:
    """PyPI's torchvision beside a CPU build of torch describes two operators that it cannot load.

    Semantic networks use neither.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in ("nms", "qnms"):
            DECLARED.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


DECLARED = torch.library.Library("torchvision", "FRAGMENT")
"""Kept alive: what it declares goes with it."""


if __name__ == "__main__":
    main()
