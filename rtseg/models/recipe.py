"""Everything that decides a training's result, besides the data: one TOML file per recipe."""

from __future__ import annotations

import importlib
import sys
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rtseg.errors import UsageError
from rtseg.models.catalogue import entry

SHIPPED = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Phase:
    """A stretch of training: until share ``until`` (0..1] of the steps, crops of this size.

    batch: 2 or more, or some batch norms would see a single value per channel.
    """

    until: float
    height: int
    width: int
    batch: int

    def __post_init__(self) -> None:
        if self.batch < 2 or min(self.height, self.width) < 1:
            raise UsageError(
                f"a phase needs a batch of at least 2 and a size, not {self.batch} crops of "
                f"{self.height}x{self.width}"
            )


@dataclass(frozen=True)
class Recipe:
    """Written beside the checkpoint. Small crops first: they cost half and there are more.

    encoder: ImageNet weights that the encoder starts from (a key of ``imagenet.PACKAGES``), or
    empty. encoder_rate: its learning rate, relative to the rest.
    schedule: "poly" (DeepLab's (1 - progress)^0.9) or "one-cycle" (Smith & Topin 2018, cosine).
    keep_hardest: share of pixels that counts, from progress ``hard_from`` on (OHEM).
    lovasz: weight of Lovasz-Softmax from progress ``lovasz_from`` on. losses: more of them by
    name (``loss.LOSSES``), with weights. auxiliary, boundary: weights of such heads.
    mix_share: of pictures that get classes of another pasted in (ClassMix).
    take_back: share of the class weights that is taken back after training (``unweighted``).
    extra_share: of every batch that comes from the extra data, 0 where there is none.
    scale, aspect, degrees, rare_share: see ``augment.View``.
    """

    network: str = "roadnet-m"
    steps: int = 7000
    seed: int = 1
    encoder: str = ""
    encoder_rate: float = 1.0
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    schedule: str = "poly"
    phases: tuple[Phase, ...] = (Phase(0.7, 256, 352, 16), Phase(1.0, 352, 480, 8))
    keep_hardest: float = 0.6
    hard_from: float = 0.3
    lovasz: float = 0.5
    lovasz_from: float = 0.5
    losses: dict[str, float] = field(default_factory=dict)
    auxiliary: float = 0.4
    boundary: float = 1.0
    ema: float = 0.998
    mix_share: float = 0.4
    extra_share: float = 0.0
    take_back: float = 0.0
    scale: tuple[float, float] = (0.75, 2.0)
    aspect: float = 0.15
    degrees: float = 4.0
    rare_share: float = 0.5

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"--steps must be at least 1, not {self.steps}")
        if self.schedule not in ("poly", "one-cycle"):
            raise UsageError(f"schedule {self.schedule!r} is neither 'poly' nor 'one-cycle'")
        if not self.phases or self.phases[-1].until < 1:
            raise UsageError("the last phase must last until 1, the end of training")
        if not 0.0 < self.scale[0] <= self.scale[1]:
            raise UsageError(f"scale must be two numbers above 0, in order, not {self.scale}")
        if not 0.0 <= self.extra_share < 1.0:
            raise UsageError(f"extra_share must be at least 0 and below 1, not {self.extra_share}")

    def phase(self, progress: float) -> Phase:
        """progress: 0..1, the share of the steps that is done."""
        return next(phase for phase in self.phases if progress < phase.until or phase.until >= 1)


def find_recipe(reference: str, **changes: Any) -> Recipe:
    """A shipped recipe by name, a TOML file by path, or a network's name for the defaults, with
    crops rounded up to what it takes.

    changes: fields to set instead; None is no change.
    """
    changes = {key: value for key, value in changes.items() if value is not None}
    path = Path(reference)
    if path.suffix != ".toml":
        path = SHIPPED / f"{reference}.toml"
        if not path.is_file():
            return _defaults(reference, **changes)
    return replace(_read(path), **changes)


def recipe_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def as_json(recipe: Recipe) -> dict[str, Any]:
    return asdict(recipe)


def from_json(values: dict[str, Any]) -> Recipe:
    """The inverse of ``as_json``, and what a TOML file holds; raises UsageError for other keys."""
    known = {each.name for each in fields(Recipe)}
    for key in values:
        if key not in known:
            raise UsageError(f"a recipe has no {key!r}; it has: {', '.join(sorted(known))}")
    values = dict(values)
    try:
        if "phases" in values:
            values["phases"] = tuple(Phase(**each) for each in values["phases"])
        if "scale" in values:
            values["scale"] = (float(values["scale"][0]), float(values["scale"][1]))
        return Recipe(**values)
    except (TypeError, ValueError, IndexError) as error:
        raise UsageError(f"the recipe is not well formed: {error}") from error


def _defaults(network: str, **changes: Any) -> Recipe:
    multiple = entry(network).multiple
    recipe = Recipe(network=network, **changes)
    phases = (
        replace(
            each,
            height=-(-each.height // multiple) * multiple,
            width=-(-each.width // multiple) * multiple,
        )
        for each in recipe.phases
    )
    return replace(recipe, phases=tuple(phases))


def _read(path: Path) -> Recipe:
    parser = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        values = parser.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the recipe {str(path)!r}: {error}") from error
    return from_json(values)
