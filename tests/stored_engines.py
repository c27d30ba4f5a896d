"""Engines in a store that nobody has to build."""

from dataclasses import replace

from rtseg.engine.engine_manifest import (
    FORMAT,
    BuiltWith,
    Calibration,
    EngineManifest,
    Found,
    Origin,
    Report,
    TensorFact,
)
from rtseg.engine.package import ModelFile, sha256_of
from rtseg.engine.store import building, keep
from rtseg.engine.trt_builder import Installed
from rtseg.types import ModelSpec

HERE = Installed("tensorrt", "10.13.3", True, 0, "NVIDIA RTX A2000", 86, "12.8")


def manifest(part, **other):
    """Of an engine that TensorRT built on HERE, but for what is given."""
    files = {kind: ModelFile(kind, sha256_of(part / kind)) for kind in ("engine", "network")}
    usual = EngineManifest(
        format=FORMAT,
        name="a",
        backend="tensorrt",
        origin=Origin("roadlite-camvid", "/models/roadlite-camvid", "0" * 64),
        precision=Found("int8", {"int8": 57, "fp16": 6}, "the ONNX file"),
        spec=ModelSpec(352, 480, "rgb", (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), "camvid11"),
        classes={"sky": [1, 2, 3]},
        tensors=[TensorFact("labels", "output", "uint8", [1, 176, 240], [])],
        built_with=BuiltWith("tensorrt", "10.13.3", "12.8", HERE.gpu, 86, [], False, 0),
        calibration=Calibration("mine", 96, "1" * 64),
        report=Report("gated", False, "onnxruntime 1.32.0", "mine", 32, 11, 0.99, {"sky": 0.9}),
        command="rtseg build",
        seconds=1.5,
        files=files,
    )
    return replace(usual, **other)


def stored(name="a", *, content=b"engine", **how):
    with building(name) as part:
        (part / "engine").write_bytes(content)
        (part / "network").write_bytes(b"network")
        return keep(part, manifest(part, name=name, **how))
