"""From what a user calls a model to its engine: a package, or a checkpoint of training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtseg.errors import EngineError, UsageError

if TYPE_CHECKING:
    from rtseg.engine.base import Engine

CHECKPOINT = ".pt"
DEFAULT_SIZE = "352x480"


@dataclass(frozen=True)
class Choice:
    """model: name, folder or checkpoint. size: HxW of its network; "": its own, or DEFAULT_SIZE."""

    model: str
    backend: str = "auto"
    precision: str = "auto"
    size: str = ""

    @classmethod
    def of(cls, reference: str, *, size: str = "") -> Choice:
        """From ``NAME[:PRECISION[@BACKEND]]``. size: used if that is a checkpoint."""
        name, colon, how = reference.rpartition(":")
        if not colon or Path(reference).exists():
            name, how = reference, ""
        if not name:
            raise UsageError(f"{reference!r} names no model: expected NAME[:PRECISION[@BACKEND]]")
        precision, _, backend = how.partition("@")
        used = size if name.endswith(CHECKPOINT) else ""
        return cls(name, backend or "auto", precision or "auto", used)

    def engine(self) -> Engine:
        """Not open yet. One tensor in flight: results are wanted in order, one by one."""
        if self.model.endswith(CHECKPOINT):
            return self._from_checkpoint()
        from rtseg.engine.backends import make_engine
        from rtseg.engine.package import DEFAULT_MODEL, find_package
        from rtseg.engine.resizing import parsed

        package = find_package(self.model or DEFAULT_MODEL)
        if self.size:
            shape = parsed(self.size, option="--size")
            package = package.at(shape.height, shape.width)
        return make_engine(self.backend, package, self.precision, depth=1)

    def _from_checkpoint(self) -> Engine:
        if self.backend not in ("auto", "torch") or self.precision not in ("auto", "fp32"):
            raise UsageError(
                f"{self.model!r} is a checkpoint, it runs in fp32 on torch alone: leave out "
                "backend and precision, or `rtseg export` it"
            )
        from rtseg.engine.resizing import parsed

        shape = parsed(self.size or DEFAULT_SIZE, option="--size")
        try:
            from rtseg.models.torch_engine import checkpoint_engine
        except ImportError as error:
            raise EngineError(
                f"a checkpoint needs {error.name!r}; install it with: pip install 'rtseg[train]'"
            ) from error
        return checkpoint_engine(Path(self.model), shape.height, shape.width)
