"""What ``rtseg build`` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtseg.engine.package import ModelPackage
from rtseg.engine.resizing import Shape
from rtseg.types import Precision


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
