"""The smallest network whose every label is known: the largest of the three channels wins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rtseg.engine.package import Manifest, ModelFile, ModelPackage, sha256_of, write_package
from rtseg.types import ModelSpec

HEIGHT, WIDTH = 8, 12


def tiny_onnx(path: Path) -> None:
    """A 1x1 convolution that is the identity; logits are the normalised channels themselves."""
    weights = numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "weights")
    nodes = [
        helper.make_node("Conv", ["picture", "weights"], ["logits"]),
        helper.make_node("ArgMax", ["logits"], ["index"], axis=1, keepdims=0),
        helper.make_node("Cast", ["index"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["real"], ["labels"], to=TensorProto.UINT8),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
        [
            helper.make_tensor_value_info("labels", TensorProto.UINT8, [1, HEIGHT, WIDTH]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH]),
        ],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))


def tiny_package(
    folder: Path, *, order: str = "rgb", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
) -> ModelPackage:
    folder.mkdir(parents=True, exist_ok=True)
    tiny_onnx(folder / "model.onnx")
    manifest = Manifest(
        format=1,
        name="tiny",
        network="tiny",
        spec=ModelSpec(HEIGHT, WIDTH, order, mean, std, "camvid11"),
        files={"fp32": ModelFile("model.onnx", sha256_of(folder / "model.onnx"))},
        licence="Apache-2.0",
        data="none",
        made={},
        accuracy=[],
    )
    return write_package(folder, manifest)
