"""A checkpoint as an engine: what training made, measured before anything is exported."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import TracebackType

import torch
from torch import nn

from rtseg.engine.base import EngineInfo
from rtseg.errors import EngineError, UsageError
from rtseg.models.catalogue import entry
from rtseg.models.export import Labelled
from rtseg.models.feed import MEAN, STD
from rtseg.models.train import load_network
from rtseg.types import LabelMap, ModelSpec, Tensor

SHRINK = 2
"""Labels come at half the network's size, as in the files that ``rtseg export`` writes."""


class TorchEngine:
    """Plain fp32 PyTorch on the CPU. Synchronous: ``submit`` only remembers, ``collect`` computes.

    network: in evaluation mode, as ``load_network`` gives it. name: what reports call it.
    """

    def __init__(self, network: nn.Module, spec: ModelSpec, *, name: str) -> None:
        self._network = network
        self._spec = spec
        self._name = name
        self._open: Labelled | None = None
        self._waiting: deque[Tensor] = deque()

    @property
    def takes_pictures(self) -> bool:
        return False

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    @property
    def depth(self) -> int:
        return 1

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            model=self._name,
            backend="torch",
            precision="fp32",
            precisions={},
            device="CPU",
            version=str(torch.__version__),
        )

    def __enter__(self) -> TorchEngine:
        self._open = Labelled(self._network, SHRINK).eval()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.clear()
        self._open = None

    def submit(self, tensor: Tensor) -> None:
        self._waiting.append(tensor)

    def collect(self) -> LabelMap:
        if self._open is None:
            raise EngineError("the engine is not open")
        picture = self._normalised(self._waiting.popleft())
        try:
            with torch.inference_mode():
                labels, _ = self._open(picture)
        except RuntimeError as error:
            raise EngineError(f"PyTorch failed while inferring: {error}") from error
        found: LabelMap = labels[0].numpy()
        return found

    def _normalised(self, tensor: Tensor) -> torch.Tensor:
        """(1, h, w, 3) uint8 R G B -> (1, 3, h, w) float32, in the network's channel order."""
        picture = torch.from_numpy(tensor).permute(0, 3, 1, 2).float()
        if self._spec.channel_order == "bgr":
            picture = picture.flip(1)
        mean, std = torch.tensor(self._spec.mean), torch.tensor(self._spec.std)
        return (picture - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def checkpoint_engine(path: Path, height: int, width: int) -> TorchEngine:
    """The averaged network of a ``checkpoint.pt``, for pictures of height x width; not open yet.

    Raises EngineError for a file that is none, UsageError for a size that the network cannot take.
    """
    network, notes = load_network(path)
    multiple = entry(notes["recipe"]["network"]).multiple
    if height % multiple or width % multiple:
        raise UsageError(
            f"{notes['recipe']['network']} needs a --size in multiples of {multiple}, "
            f"not {height}x{width}"
        )
    spec = ModelSpec(height, width, "rgb", MEAN, STD, notes["labels"])
    return TorchEngine(network, spec, name=str(path))
