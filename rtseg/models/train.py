"""Training, mostly on CPUs: resumable at any step, and repeatable from the line that started it.

Plain eager PyTorch with channels_last, and bf16 autocast where the CPU has bf16 arithmetic: on two
cores that is the fastest way to train, and ``torch.compile`` makes it slower.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rtseg.errors import TrainingError, UsageError
from rtseg.labels import LabelSet, learn
from rtseg.models.catalogue import entry
from rtseg.models.checkpoint import differences, read_checkpoint, write_checkpoint
from rtseg.models.device import device_named, half_of
from rtseg.models.feed import Batch, Feed
from rtseg.models.folded import load_folded
from rtseg.models.imagenet import load_encoder
from rtseg.models.loss import LOSSES, boundary, class_weights, hard_cross_entropy, lovasz_softmax
from rtseg.models.networks.blocks import Heads, resize
from rtseg.models.optimiser import learning_rate, parameter_groups
from rtseg.models.recipe import Recipe, as_json, from_json
from rtseg.models.unweighted import unweighted
from rtseg.models.validate import validate
from rtseg.models.zoo import build_network
from rtseg.source.dataset import Dataset

LOG_EVERY = 20
"""Steps between two lines of the log."""

BEGIN_BATCHES = 8
"""On which batch norms are measured where training begins from a package."""


class Trainer:
    """Owns the network, its running average, the optimiser and the random state of one run.

    Holds all pictures in memory. One trainer per process: it seeds torch's global generator.
    device: "cpu" (bf16 where the CPU has it, else fp32: emulated, it measured 14 times slower) or
    "cuda" (bf16 where the GPU has it, else fp16 with a scaled loss). No GPU has run this yet, and
    there a resumed run draws its dropout anew.
    extra: more pictures of the same label set, of which every batch takes the recipe's share.
    Raises UsageError where the recipe, its network or the device do not go together.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        folder: Path,
        *,
        extra: Dataset | None = None,
        device: str = "cpu",
    ) -> None:
        _check(recipe)
        self._device = device_named(device)
        torch.manual_seed(recipe.seed)
        self.recipe, self.dataset, self.extra, self.folder = recipe, dataset, extra, folder
        self.step, self.seconds, self._finishing = 0, 0.0, False
        self.network, self.average = self._networks()
        self._optimiser = torch.optim.AdamW(
            parameter_groups(self.network, recipe), lr=recipe.learning_rate
        )
        self._half = half_of(self._device)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self._half == torch.float16)
        self._feed = Feed(recipe, dataset, extra)
        self._weights = class_weights(torch.from_numpy(self._feed.counts).float()).to(self._device)

    def run(
        self,
        *,
        checkpoint_seconds: float = 120.0,
        validation: Dataset | None = None,
        validate_every: int = 500,
    ) -> Iterator[dict[str, float]]:
        """Train to the end or to ``finish``; yields a log line's numbers every 20 steps.

        Saves as it goes, and once more when it ends. A step with a validation in it has ``miou``.
        Raises TrainingError where the loss or its gradient is no number; the last checkpoint
        stays as it was.
        """
        saved = time.monotonic()
        while self.step < self.recipe.steps and not self._finishing:
            started = time.monotonic()
            loss = self._train_step()
            self.seconds += time.monotonic() - started
            self.step += 1
            line = {"step": self.step, "loss": loss, "seconds": round(self.seconds, 1)}
            last = self.step == self.recipe.steps
            if validation is not None and (self.step % validate_every == 0 or last):
                yield line | {"miou": round(self._validated(validation), 4)}
            elif self.step % LOG_EVERY == 0 or last:
                yield line
            if time.monotonic() - saved > checkpoint_seconds:
                self.save()
                saved = time.monotonic()
        self.save()

    def finish(self) -> None:
        """End after the step at hand. Also from a signal handler."""
        self._finishing = True

    def save(self) -> None:
        """checkpoint.pt, replaced in one move: a kill or a full disk leaves the last one whole."""
        write_checkpoint(
            self.folder / "checkpoint.pt",
            {
                **self._origin(),
                "step": self.step,
                "seconds": self.seconds,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "scaler": self._scaler.state_dict(),
                "feed": self._feed.state(),
                "torch_rng": torch.get_rng_state(),
            },
        )

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; False where there is none.

        The number of steps may have changed (the schedule stretches), and so may the device; the
        rest may not: that is a UsageError.
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
        if state["scaler"]:  # empty where the run began without one
            self._scaler.load_state_dict(state["scaler"])
        self._feed.go_on(state["feed"])
        torch.set_rng_state(state["torch_rng"])
        return True

    def begin_from(self, path: Path) -> list[str]:
        """Before the first step: the weights of a package's FP32 file, where the layers are alike.

        Returns the layers that stay as they are. Raises EngineError for a file of another network.
        """
        batches = (self._feed.batch(self.recipe.phase(1.0)) for _ in range(BEGIN_BATCHES))
        pictures = [batch.pictures.to(self._device) for batch in batches]
        fresh = load_folded(self.network, path, pictures)
        self.average.load_state_dict(self.network.state_dict())
        return fresh

    def _networks(self) -> tuple[nn.Module, nn.Module]:
        """The network as its training begins, and its running average."""
        recipe = self.recipe
        network, average = (
            build_network(recipe.network, len(self.dataset.labels)) for _ in range(2)
        )
        if recipe.encoder:
            load_encoder(_encoder(network, recipe), recipe.encoder)
        average.load_state_dict(network.state_dict())
        # torch's stub of Module.to lacks memory_format.
        network.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network, average.to(self._device).eval()

    def _origin(self) -> dict[str, str]:
        """What this run is made from, as the checkpoint says it."""
        parts = [self.dataset] if self.extra is None else [self.dataset, self.extra]
        return {
            "recipe": json.dumps(as_json(self.recipe)),
            "labels": self.dataset.labels.name,
            "classes": json.dumps(self.dataset.labels.classes),
            "class_weights": json.dumps(self._weights.tolist()),
            "data": ", ".join(f"{each.name} {each.split}: {len(each.samples)}" for each in parts),
        }

    def _train_step(self) -> float:
        progress = self.step / self.recipe.steps
        batch = self._feed.batch(self.recipe.phase(progress))
        for group in self._optimiser.param_groups:
            group["lr"] = group["rate"] * learning_rate(self.recipe, progress)
        self.network.train()
        with torch.autocast(self._device.type, self._half, enabled=self._half is not None):
            heads: Heads = self.network(batch.pictures.to(self._device))
        loss = self._loss(heads, batch.truths.to(self._device), progress)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(self._not_a_number("loss", batch))
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(self._optimiser)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        # A scaler skips such a step and tries a smaller scale; nothing else would stop it from
        # reaching the weights, and the next checkpoint.
        if not self._scaler.is_enabled() and not math.isfinite(float(norm)):
            raise TrainingError(self._not_a_number("gradient", batch))
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._update_average()
        return value

    def _loss(self, heads: Heads, truths: Tensor, progress: float) -> Tensor:
        recipe, size = self.recipe, list(truths.shape[1:])
        keep = recipe.keep_hardest if progress >= recipe.hard_from else 1.0
        logits = resize(heads.logits.float(), size)
        loss = hard_cross_entropy(logits, truths, self._weights, keep=keep)
        if recipe.lovasz and progress >= recipe.lovasz_from:
            # A ninth of the pixels: sorting all of them would double the cost of a step.
            sparse, sparse_truths = logits[..., ::3, ::3], truths[..., ::3, ::3]
            loss = loss + recipe.lovasz * lovasz_softmax(sparse, sparse_truths)
        for name, weight in recipe.losses.items():
            loss = loss + weight * LOSSES[name](logits, truths)
        for each in heads.auxiliary:
            coarse = resize(each.float(), size)
            loss = loss + recipe.auxiliary * hard_cross_entropy(
                coarse, truths, self._weights, keep=1.0
            )
        if heads.boundary is not None:
            borders = resize(heads.boundary.float(), size)
            loss = loss + recipe.boundary * boundary(borders, truths)
        return loss

    def _validated(self, dataset: Dataset) -> float:
        finished = unweighted(self.average, self._weights.tolist(), self.recipe.take_back)
        multiple = entry(self.recipe.network).multiple
        return validate(finished.to(self._device), dataset, multiple=multiple)

    def _not_a_number(self, what: str, batch: Batch) -> str:
        path = self.folder / "checkpoint.pt"
        kept = (
            f"step {read_checkpoint(path)['step']} is in {str(path)!r}"
            if path.exists()
            else "no checkpoint was written yet"
        )
        return (
            f"the {what} of step {self.step} is not a number; its pictures: "
            f"{', '.join(batch.files)}; {kept}: look at these pictures, or train anew with a "
            "lower learning_rate"
        )

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
    """The averaged network of a checkpoint, in evaluation mode, and the checkpoint's notes; with
    as much of the class weights taken back as the recipe asks for.

    notes: ``recipe`` (a dict), ``labels`` (the label set's name), ``data``, ``step``,
    ``seconds``. Raises EngineError for any other file.
    """
    state = read_checkpoint(path)
    notes = {key: state[key] for key in ("labels", "data", "step", "seconds")}
    notes["recipe"] = json.loads(state["recipe"])
    classes = json.loads(state["classes"])
    learn(LabelSet.of_classes(notes["labels"], classes, source=str(path)))
    network = build_network(notes["recipe"]["network"], len(classes))
    network.load_state_dict(state["average"])
    weights, share = json.loads(state["class_weights"]), from_json(notes["recipe"]).take_back
    return unweighted(network.eval(), weights, share), notes


def _check(recipe: Recipe) -> None:
    """Raises UsageError for what the recipe's file alone does not show to be wrong."""
    unknown = recipe.losses.keys() - LOSSES.keys()
    if unknown:
        raise UsageError(f"no loss named {min(unknown)!r}; there are: {', '.join(LOSSES)}")
    multiple = entry(recipe.network).multiple
    for phase in recipe.phases:
        if phase.height % multiple or phase.width % multiple:
            raise UsageError(
                f"{recipe.network} takes crops in multiples of {multiple}, not "
                f"{phase.height}x{phase.width}: change the recipe's phases"
            )


def _encoder(network: nn.Module, recipe: Recipe) -> nn.Module:
    try:
        return network.get_submodule("encoder")
    except AttributeError as error:
        raise UsageError(
            f"{recipe.network} has no encoder that could start from {recipe.encoder!r}: leave "
            "`encoder` out of the recipe"
        ) from error
