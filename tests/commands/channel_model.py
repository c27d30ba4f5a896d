"""A model whose every label is known: the largest of red, green and blue is class 0, 1 or 2."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.package import Manifest, ModelFile, sha256_of, write_package
from rtseg.types import ModelSpec

HEIGHT, WIDTH = 16, 24
RED, GREEN, BLUE = (200, 10, 10), (10, 200, 10), (10, 10, 200)


def channel_model(folder: Path, *, order="rgb", labels="camvid11") -> Path:
    """A package of one fp32 file. order "bgr": red and blue change their places."""
    folder.mkdir(parents=True)
    path = folder / "model.onnx"
    onnx.save(_network(), str(path))
    manifest = Manifest(
        format=1,
        name=folder.name,
        network="channels",
        spec=ModelSpec(HEIGHT, WIDTH, order, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), labels),
        files={"fp32": ModelFile(path.name, sha256_of(path))},
        licence="Apache-2.0",
        data="none",
        made={},
        accuracy=[],
    )
    write_package(folder, manifest)
    return folder


def picture(*columns):
    """(HEIGHT, WIDTH, 3) R G B: upright bands of the colours, all of the same width."""
    bands = np.array(columns, np.uint8).repeat(WIDTH // len(columns), 0)
    return np.repeat(bands[None], HEIGHT, 0)


def sky_and_building(folder: Path, *, count: int) -> Path:
    """The description of ``count`` equal pictures, labelled as the model does, but in Cityscapes'
    ids: red and green are sky and building, 0 and 1 in CamVid, 10 and 2 there.
    """
    truth = np.repeat(np.array([10, 2], np.uint8), WIDTH // 2)[None].repeat(HEIGHT, 0)
    for name, image in (("pictures", picture(RED, GREEN)[..., ::-1]), ("masks", truth)):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            cv2.imwrite(str(folder / name / f"{index}.png"), image)
    description = folder / "two.toml"
    description.write_text(
        'pictures = "pictures/*.png"\nmasks = "masks/*.png"\nsplits = ["test"]\n'
        'labels = "cityscapes19"\n'
    )
    return description


def _network() -> onnx.ModelProto:
    """A convolution that changes nothing, and the ArgMax behind it."""
    identity = numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "weights")
    nodes = [
        helper.make_node("Conv", ["picture", "weights"], ["logits"]),
        helper.make_node("ArgMax", ["logits"], ["index"], axis=1, keepdims=0),
        helper.make_node("Cast", ["index"], ["labels"], to=TensorProto.UINT8),
    ]
    shape = [1, 3, HEIGHT, WIDTH]
    graph = helper.make_graph(
        nodes,
        "channels",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info("labels", TensorProto.UINT8, [1, HEIGHT, WIDTH]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape),
        ],
        [identity],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
