"""What ``rtseg build`` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rtseg.engine.package import ModelPackage
from rtseg.engine.resizing import Shape
from rtseg.types import Precision


@dataclass(frozen=True)
class Wanted:
    """What ``rtseg build`` was asked for. workspace: MiB, 0 for all the memory there is.

    scores: a second output that says how sure the network is of every class.
    """

    package: ModelPackage
    backend: Literal["tensorrt", "rtx", "openvino"]
    precision: Precision
    shape: Shape
    min_agreement: float
    calibration: str = ""
    workspace: int = 0
    dla: bool = False
    scores: bool = False
    command: str = ""

    @property
    def name(self) -> str:
        scores, dla = "-scores" if self.scores else "", "-dla" if self.dla else ""
        return f"{self.package.name}-{self.shape}-{self.precision}{scores}-{self.backend}{dla}"
