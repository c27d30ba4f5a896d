"""A network whose labels are known: which of six greys is nearest to a pixel's mean.

For greys c the logits are 2 c g - c * c, whose largest is that of the nearest c.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.package import Manifest, ModelFile, ModelPackage, sha256_of, write_package
from rtseg.types import ModelSpec

HEIGHT, WIDTH = 16, 24
GREYS = np.linspace(0, 1, 6, dtype=np.float32)


def brightness_onnx(path: Path) -> Path:
    identity = np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1)
    nearest = np.repeat(2 * GREYS / 3, 3).reshape(6, 3, 1, 1)
    weights = {"same": identity, "nearest": nearest, "offset": -(GREYS**2)}
    nodes = [
        helper.make_node("Conv", ["picture", "same"], ["copy"], "/network/stem/Conv"),
        helper.make_node("Relu", ["copy"], ["positive"], "/network/stem/Relu"),
        helper.make_node(
            "Conv", ["positive", "nearest", "offset"], ["logits"], "/network/head/Conv"
        ),
        helper.make_node("ArgMax", ["logits"], ["index"], "/ArgMax", axis=1, keepdims=0),
        helper.make_node("Cast", ["index"], ["real"], "/Cast", to=TensorProto.FLOAT),
        helper.make_node("Cast", ["real"], ["labels"], "/Cast_1", to=TensorProto.UINT8),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "brightness",
        [info("picture", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
        [
            info("labels", TensorProto.UINT8, [1, HEIGHT, WIDTH]),
            info("logits", TensorProto.FLOAT, [1, 6, HEIGHT, WIDTH]),
        ],
        [numpy_helper.from_array(each, name) for name, each in weights.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def brightness_package(folder: Path) -> ModelPackage:
    folder.mkdir(parents=True, exist_ok=True)
    path = brightness_onnx(folder / "model.onnx")
    spec = ModelSpec(HEIGHT, WIDTH, "rgb", (0.0, 0.0, 0.0), (255.0, 255.0, 255.0), "camvid11")
    manifest = Manifest(
        format=1,
        name="brightness",
        network="brightness",
        spec=spec,
        files={"fp32": ModelFile(path.name, sha256_of(path))},
        licence="Apache-2.0",
        data="none",
        made={},
        accuracy=[],
    )
    return write_package(folder, manifest)


def grey_pictures(folder: Path, count: int = 8) -> Path:
    """From black to white and back, each begun elsewhere: every class is in every one."""
    folder.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(0, 255, HEIGHT * WIDTH).astype(np.uint8).reshape(HEIGHT, WIDTH, 1)
    for index in range(count):
        picture = np.repeat(np.roll(ramp, 7 * index, (0, 1)), 3, 2)
        cv2.imwrite(str(folder / f"{index}.png"), picture)
    return folder
