"""TensorRT-RTX: runs the engines that ``rtseg build --backend rtx`` made."""

from __future__ import annotations

from typing import ClassVar

import tensorrt_rtx

from rtseg.engine.plan import PlanEngine


class RtxEngine(PlanEngine):
    """It compiles an engine for the GPU at hand when that is opened."""

    backend: ClassVar = "rtx"
    runtime: ClassVar = tensorrt_rtx
