"""Training on a CPU: short, resumable, and repeatable from the line that started it.

Plain eager PyTorch with bf16 autocast and channels_last: on two cores that is the fastest way to
train 3x3 convolutions, and ``torch.compile`` makes it slower.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rtseg.errors import UsageError
from rtseg.labels import IGNORE
from rtseg.models.augment import View, mix_classes, random_view
from rtseg.models.checkpoint import differences, read_checkpoint
from rtseg.models.loss import class_weights, hard_cross_entropy, lovasz_softmax
from rtseg.models.networks.blocks import Heads, resize
from rtseg.models.zoo import build_network
from rtseg.source.dataset import Dataset
from rtseg.types import LabelMap

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
"""R, G, B of ImageNet times 255: what pre-trained backbones expect, so one habit for all nets."""

RARE_SHARE = 0.02
"""Classes with less of the labelled pixels than this are what rare crops are centred on."""


@dataclass(frozen=True)
class Phase:
    """A stretch of training: until share ``until`` (0..1] of the steps, crops of this size."""

    until: float
    height: int
    width: int
    batch: int


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the result, besides the data. Written beside the checkpoint.

    Small crops first (they cost half and there are twice as many), the network's own size last.
    """

    network: str = "roadnet-m"
    steps: int = 7000
    seed: int = 1
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    phases: tuple[Phase, ...] = (Phase(0.7, 256, 352, 16), Phase(1.0, 352, 480, 8))
    keep_hardest: float = 0.6
    hard_from: float = 0.3
    lovasz: float = 0.5
    lovasz_from: float = 0.5
    auxiliary: float = 0.4
    ema: float = 0.998
    mix_share: float = 0.4

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"--steps must be at least 1, not {self.steps}")
        if not self.phases or self.phases[-1].until < 1:
            raise ValueError("the last phase must last until 1, the end of training")

    def phase(self, progress: float) -> Phase:
        """progress: 0..1, the share of the steps that is done."""
        return next(phase for phase in self.phases if progress < phase.until or phase.until >= 1)


class Trainer:
    """Owns the network, its running average, the optimiser and the random state of one run.

    Holds all pictures in memory: 468 of CamVid are 0.3 GB. One trainer per process: it seeds
    torch's global generator.
    """

    def __init__(self, recipe: Recipe, dataset: Dataset, folder: Path) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.dataset = dataset
        self.folder = folder
        self.step = 0
        self.seconds = 0.0
        self._finishing = False
        self._rng = np.random.default_rng(recipe.seed)
        classes = len(dataset.labels)
        self.network = build_network(recipe.network, classes)
        self.average = build_network(recipe.network, classes)
        self.average.load_state_dict(self.network.state_dict())
        # torch's stub of Module.to lacks memory_format.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.AdamW(
            _parameter_groups(self.network, recipe.weight_decay), lr=recipe.learning_rate
        )
        self._pictures = [sample.picture() for sample in dataset.samples]
        self._truths = [sample.truth() for sample in dataset.samples]
        counts = _pixels_per_class(self._truths, classes)
        self._weights = class_weights(torch.from_numpy(counts).float())
        rare = np.flatnonzero(counts / counts.sum() < RARE_SHARE)
        self._rare = [_pixels_of(truth, rare) for truth in self._truths]
        self._order = np.empty(0, np.int64)

    def run(self, *, checkpoint_seconds: float = 120.0) -> Iterator[dict[str, float]]:
        """Train to the end or to ``finish``; yields a log line's numbers every 20 steps.

        Saves as it goes, and once more when it ends.
        """
        saved = time.monotonic()
        while self.step < self.recipe.steps and not self._finishing:
            started = time.monotonic()
            loss = self._train_step()
            self.seconds += time.monotonic() - started
            self.step += 1
            if self.step % 20 == 0 or self.step == self.recipe.steps:
                yield {"step": self.step, "loss": loss, "seconds": round(self.seconds, 1)}
            if time.monotonic() - saved > checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        self.save()

    def finish(self) -> None:
        """End after the step at hand. Also from a signal handler."""
        self._finishing = True

    def save(self) -> None:
        """checkpoint.pt, replaced in one move: a kill leaves the last one or this one, whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            **self._origin(),
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "numpy_rng": json.dumps(self._rng.bit_generator.state),
            "order": torch.from_numpy(self._order.copy()),
            "torch_rng": torch.get_rng_state(),
        }
        part = self.folder / "checkpoint.pt.part"
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; False where there is none.

        The number of steps may have changed (the schedule stretches), the rest may not: that is
        a UsageError.
        """
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return False
        state = read_checkpoint(path)
        changed = differences(state, self._origin())
        if changed:
            raise UsageError(
                f"{str(path)!r} was made with other settings ({', '.join(changed)}): train into "
                "another folder, or repeat the old settings"
            )
        self.step, self.seconds = state["step"], state["seconds"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._rng.bit_generator.state = json.loads(state["numpy_rng"])
        self._order = state["order"].numpy()
        torch.set_rng_state(state["torch_rng"])
        return True

    def _origin(self) -> dict[str, str]:
        """What this run is made from, as the checkpoint says it."""
        dataset = self.dataset
        return {
            "recipe": json.dumps(asdict(self.recipe)),
            "labels": dataset.labels.name,
            "data": f"{dataset.name} {dataset.split}: {len(dataset.samples)}",
        }

    def _train_step(self) -> float:
        progress = self.step / self.recipe.steps
        pictures, truths = self._batch(self.recipe.phase(progress))
        for group in self._optimiser.param_groups:
            group["lr"] = self._learning_rate(progress)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            heads: Heads = self.network(pictures)
        size = list(truths.shape[1:])
        loss = self._loss(resize(heads.logits.float(), size), truths, progress)
        for logits in heads.auxiliary:
            loss = loss + self.recipe.auxiliary * hard_cross_entropy(
                resize(logits.float(), size), truths, self._weights, keep=1.0
            )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self._update_average()
        return float(loss.detach())

    def _loss(self, logits: Tensor, truths: Tensor, progress: float) -> Tensor:
        recipe = self.recipe
        keep = recipe.keep_hardest if progress >= recipe.hard_from else 1.0
        loss = hard_cross_entropy(logits, truths, self._weights, keep=keep)
        if recipe.lovasz and progress >= recipe.lovasz_from:
            # A ninth of the pixels: sorting all of them would double the cost of a step.
            sparse, sparse_truths = logits[..., ::3, ::3], truths[..., ::3, ::3]
            loss = loss + recipe.lovasz * lovasz_softmax(sparse, sparse_truths)
        return loss

    def _learning_rate(self, progress: float) -> float:
        """Linear warm-up, then (1 - progress) ** 0.9 (the "poly" rule of DeepLab)."""
        recipe = self.recipe
        warm = min(1.0, (progress + 1e-3) / recipe.warm_up)
        return float(recipe.learning_rate * warm * (1.0 - progress) ** 0.9)

    def _batch(self, phase: Phase) -> tuple[Tensor, Tensor]:
        """Normalised pictures (N, 3, h, w) and truths (N, h/2, w/2), where the logits are."""
        view = View(phase.height, phase.width)
        pairs = [
            random_view(self._pictures[i], self._truths[i], view, rare=self._rare[i], rng=self._rng)
            for i in self._next(phase.batch)
        ]
        pictures = np.stack([picture for picture, _ in pairs])
        truths = np.stack([truth for _, truth in pairs])
        mix_classes(pictures, truths, share=self.recipe.mix_share, rng=self._rng)
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        batch = (batch - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
        small = np.ascontiguousarray(truths[:, ::2, ::2])
        return (
            batch.contiguous(memory_format=torch.channels_last),
            torch.from_numpy(small).long(),
        )

    def _next(self, count: int) -> NDArray[np.int64]:
        """Indices of the next samples: each once before any twice."""
        while len(self._order) < count:
            self._order = np.append(self._order, self._rng.permutation(len(self._pictures)))
        taken, self._order = self._order[:count], self._order[count:]
        return taken

    @torch.no_grad()
    def _update_average(self) -> None:
        """Running average of the weights (Tarvainen & Valpola 2017); short-sighted at first."""
        decay = min(self.recipe.ema, (self.step + 1) / (self.step + 10))
        current = self.network.state_dict()
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], 1.0 - decay)
            else:
                value.copy_(current[name])


def load_network(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The averaged network of a checkpoint, in evaluation mode, and the checkpoint's notes.

    notes: ``recipe`` (a dict), ``labels`` (the label set's name), ``data``, ``step``,
    ``seconds``. Raises EngineError for any other file.
    """
    state = read_checkpoint(path)
    notes = {key: state[key] for key in ("labels", "data", "step", "seconds")}
    notes["recipe"] = json.loads(state["recipe"])
    weights: dict[str, Tensor] = state["average"]
    network = build_network(notes["recipe"]["network"], weights["head.weight"].shape[0])
    network.load_state_dict(weights)
    return network.eval(), notes


def _pixels_per_class(truths: list[LabelMap], classes: int) -> NDArray[np.int64]:
    counts = np.zeros(256, np.int64)
    for truth in truths:
        counts += np.bincount(truth.ravel(), minlength=256)
    return counts[:classes]


def _pixels_of(truth: LabelMap, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n, 2) rows and columns, at most 4096 of them, evenly drawn from the pixels of classes."""
    found = np.argwhere(np.isin(truth, classes) & (truth != IGNORE))
    return found[:: max(1, len(found) // 4096)]


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """No decay on biases and norms: pulling a batch norm's gain to zero only slows it."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    free = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
