"""Weights that a network's authors published, loaded key by key."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from rtseg.errors import EngineError
from rtseg.labels import label_set
from rtseg.models.catalogue import entry
from rtseg.models.pdparams import read_pdparams
from rtseg.models.published import Published
from rtseg.models.zoo import build_network

WRAPPINGS = ("state_dict", "model")
"""Keys under which training programs keep the weights beside other things."""

MODULE, MODEL = "module.", "model."
"""What a network is called inside ``DataParallel``, and inside one that holds its losses, too."""

PADDLE = ".pdparams"
"""What PaddlePaddle's files end with."""

UNREADABLE = (
    OSError,
    EOFError,
    MemoryError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""What readers of damaged pickles raise."""

COUNTER = ".num_batches_tracked"
"""Files older than PyTorch 0.4.1 lack it, and nothing in evaluation reads it."""

SHOWN = 3
"""Keys that an error names before it only counts."""


class FirstClasses(nn.Module):
    """A network without the outputs behind the first ``count``, so that they never win."""

    def __init__(self, network: nn.Module, count: int) -> None:
        super().__init__()
        self.network = network
        self.count = count

    def forward(self, picture: Tensor) -> Tensor:
        logits: Tensor = self.network(picture)
        return logits[:, : self.count]


class Reordered(nn.Module):
    """A network whose output i is the one that was called ``order[i]``."""

    def __init__(self, network: nn.Module, order: tuple[int, ...]) -> None:
        super().__init__()
        self.network = network
        self.order = list(order)

    def forward(self, picture: Tensor) -> Tensor:
        logits: Tensor = self.network(picture)
        return logits[:, self.order]


def in_label_order(network: nn.Module, facts: Published) -> nn.Module:
    """The network with exactly the classes of the label set for outputs."""
    if facts.order:
        return Reordered(network, facts.order)
    return FirstClasses(network, len(label_set(facts.spec.labels)))


def load_published(name: str, path: Path, classes: int) -> nn.Module:
    """The network, in evaluation mode, with the weights of an author's file.

    classes: outputs of the file's last layer, "unlabelled" included where it has one. Strict:
    raises EngineError, naming them, for keys that are missing, left over or of another shape,
    and for a file that is no state dict. Runs no code out of the file.
    """
    network = build_network(name, classes)
    family = import_module(f"rtseg.models.networks.{entry(name).module}")
    # Where the authors' files name things in another way, or hold more than the network.
    weights = getattr(family, "from_published", dict)(read_weights(path))
    problems = _differences(network.state_dict(), weights)
    if problems:
        raise EngineError(
            f"{str(path)!r} does not fit {name} with {classes} outputs: {'; '.join(problems)}; "
            "expected its authors' own file"
        )
    network.load_state_dict(weights)
    return network.eval()


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict inside an author's file, without wrappings, prefixes and weights of losses.

    Of torch.save or, named .pdparams, of paddle.save.
    """
    try:
        state = _read_paddle(path) if path.suffix == PADDLE else _read_torch(path)
    except FileNotFoundError as error:
        raise EngineError(f"there is no checkpoint {str(path)!r}") from error
    except UNREADABLE as error:
        raise EngineError(
            f"{str(path)!r} is not a readable state dict: it is damaged or holds more than "
            "weights; expected torch.save(network.state_dict()), or PaddlePaddle's .pdparams"
        ) from error
    for wrapping in WRAPPINGS:
        if isinstance(state, dict) and isinstance(state.get(wrapping), dict):
            state = state[wrapping]
    if not isinstance(state, dict) or not state or not all(map(_is_weight, state.items())):
        raise EngineError(
            f"{str(path)!r} holds no state dict: expected names and tensors, as "
            "torch.save(network.state_dict()) writes them"
        )
    return _bare({key.removeprefix(MODULE): value for key, value in state.items()})


def _read_torch(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _read_paddle(path: Path) -> object:
    state = read_pdparams(path)
    if not isinstance(state, dict):
        return state
    return {key: _tensor(value) for key, value in state.items()}


def _tensor(value: object) -> object:
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _bare(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Where the network was saved as the "model" of another, without what belongs to its losses."""
    if not any(key.startswith(MODEL) for key in weights):
        return weights
    return {
        key.removeprefix(MODEL): value
        for key, value in weights.items()
        if not key.partition(".")[0].endswith("loss")
    }


def _is_weight(item: tuple[object, object]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], Tensor)


def _differences(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> list[str]:
    misshapen = [
        f"{key} {tuple(theirs[key].shape)}, not {tuple(ours[key].shape)}"
        for key in ours
        if key in theirs and theirs[key].shape != ours[key].shape
    ]
    found = {
        "missing": [key for key in ours if key not in theirs and not key.endswith(COUNTER)],
        "left over": [key for key in theirs if key not in ours],
        "of another shape": misshapen,
    }
    return [f"{len(keys)} {what} ({_first(keys)})" for what, keys in found.items() if keys]


def _first(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN]) + (", ..." if len(keys) > SHOWN else "")
