"""TensorRT: runs the engines that ``rtseg build`` made for it. The builder is in trt_builder.py."""

from __future__ import annotations

from typing import ClassVar

import tensorrt

from rtseg.engine.plan import PlanEngine


class TensorRtEngine(PlanEngine):
    backend: ClassVar = "tensorrt"
    runtime: ClassVar = tensorrt
