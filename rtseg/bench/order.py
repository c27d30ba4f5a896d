"""What one round of a benchmark is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Order:
    """job: road is the whole road and then the engine alone. model: a name or a folder.

    reference: the model whose FP32 the ``agreement`` is with; unused by the others.
    """

    job: Literal["road", "engine", "agreement"]
    source: str
    mode: str
    model: str
    backend: str
    precision: str
    seconds: float
    warm_up: int
    reference: str = ""
