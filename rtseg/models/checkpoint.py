"""What training leaves on disk, and whether it belongs to the run at hand."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from rtseg.errors import EngineError, TrainingError, UsageError
from rtseg.models.recipe import Recipe, as_json

NEEDED = {"recipe", "labels", "classes", "class_weights", "step", "average"}
"""To use the network; to go on training also what follows."""

FREE = {"steps", "take_back"}
"""Settings of a recipe that may change on the way: the schedule stretches, or comes after it."""

NEEDED_TO_GO_ON = {"data", "seconds", "network", "optimiser", "scaler", "feed", "torch_rng"}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Its tensors, on the CPU, and notes; raises EngineError for any other file.

    Runs no code out of it.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise EngineError(
            f"there is no checkpoint {str(path)!r}: `rtseg train` writes one into its folder"
        ) from error
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise EngineError(
            f"{str(path)!r} is not a readable checkpoint: it is damaged, or of another program"
        ) from error
    if not isinstance(state, dict) or not state.keys() >= NEEDED:
        raise EngineError(
            f"{str(path)!r} holds no training state of rtseg: expected what `rtseg train` writes"
        )
    return state


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replaces ``path`` in one move; where that fails, what was there before is still there."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch turns a full disk into a RuntimeError
        part.unlink(missing_ok=True)
        raise TrainingError(
            f"cannot write {str(path)!r}: {_reason(error)}; the checkpoint before it is kept: "
            "make room, then repeat the command to go on from there"
        ) from error


def differences(before: dict[str, Any], now: dict[str, str]) -> list[str]:
    """The names of the settings that differ, except for those that may (``FREE``).

    A field that recipes did not have yet counts as its default, which is to mean the same as not
    having it. Raises UsageError where ``before`` is of a version that cannot be gone on from.
    """
    lacking = NEEDED_TO_GO_ON - before.keys()
    if lacking:
        raise UsageError(
            f"the checkpoint cannot be gone on from, it lacks {', '.join(sorted(lacking))}: train "
            "into another folder"
        )
    defaults = json.loads(json.dumps(as_json(Recipe())))
    old, new = defaults | json.loads(before["recipe"]), json.loads(now["recipe"])
    changed = [key for key in new if key not in FREE and new[key] != old[key]]
    return changed + [key for key in ("labels", "classes", "data") if now[key] != before[key]]


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
