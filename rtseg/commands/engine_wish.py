"""What ``rtseg build`` is asked for, and what this machine has to build it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtseg.engine.building import ask_installed
from rtseg.engine.package import ModelPackage
from rtseg.engine.resizing import Shape
from rtseg.engine.trt_builder import Installed
from rtseg.types import Precision

MODULES = {"tensorrt": "tensorrt", "rtx": "tensorrt_rtx"}
"""Backend -> the package that builds for it; OpenVINO builds when it loads."""


@dataclass(frozen=True)
class Wanted:
    """What ``rtseg build`` was asked for. workspace: MiB, 0 for all the memory there is."""

    package: ModelPackage
    backend: Literal["tensorrt", "rtx", "openvino"]
    precision: Precision
    shape: Shape
    min_agreement: float
    calibration: str = ""
    workspace: int = 0
    dla: bool = False
    command: str = ""

    @property
    def name(self) -> str:
        dla = "-dla" if self.dla else ""
        return f"{self.package.name}-{self.shape}-{self.precision}-{self.backend}{dla}"


def installed_for(backend: str) -> Installed:
    """Raises EngineError where the runtime is missing."""
    if backend == "openvino":
        from importlib.metadata import version

        return Installed("openvino", version("openvino"), True, 0, "", 0, "")
    return ask_installed(MODULES[backend])
