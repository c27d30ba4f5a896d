"""What training minimises. Logits are (N, C, h, w), targets (N, h, w) int64 with 255 ignored."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from rtseg.labels import IGNORE


def class_weights(counts: Tensor) -> Tensor:
    """(C,) from labelled pixels per class: 1 / sqrt(frequency), scaled so that an average pixel
    weighs 1. Gentler than ENet's 1 / ln(1.02 + p) (Paszke et al. 2016) on the very rare classes.
    """
    frequency = counts / counts.sum()
    weights = frequency.clamp(min=1e-4).rsqrt()
    return weights / (weights * frequency).sum()


def hard_cross_entropy(logits: Tensor, target: Tensor, weights: Tensor, *, keep: float) -> Tensor:
    """Weighted cross entropy over the hardest share ``keep`` (0..1] of the labelled pixels.

    Online hard example mining (Shrivastava et al. 2016) by a fixed share; hard is what is wrong
    before the weights, or a rare class would be hard by definition. keep=1 is the plain
    class-weighted mean. Zero, with a gradient of zeros, where nothing is labelled.
    """
    losses = functional.cross_entropy(
        logits, target, weights, ignore_index=IGNORE, reduction="none"
    ).flatten()
    labelled = target.flatten() != IGNORE
    losses, norm = losses[labelled], weights[target.flatten()[labelled]]
    if not len(losses):
        return logits.sum() * 0.0
    if keep < 1.0:
        hardest = (losses.detach() / norm).topk(max(1, int(len(losses) * keep))).indices
        losses, norm = losses[hardest], norm[hardest]
    return losses.sum() / norm.sum()


def cross_entropy(logits: Tensor, target: Tensor, *, keep: float = 1.0) -> Tensor:
    """``hard_cross_entropy`` with every class of the same weight."""
    return hard_cross_entropy(logits, target, logits.new_ones(logits.shape[1]), keep=keep)


def focal(logits: Tensor, target: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Cross entropy times (1 - p)^gamma, p the softmax probability of the true class (Lin et al.
    2017, equation 4, for exclusive classes); the mean over the labelled pixels.
    """
    losses = functional.cross_entropy(logits, target, ignore_index=IGNORE, reduction="none")
    missed = -torch.expm1(-losses)
    labelled = target != IGNORE
    return (missed**gamma * losses)[labelled].sum() / labelled.sum().clamp(min=1)


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """1 - Dice of the softmax scores (Milletari et al. 2016), per class over the whole batch, by
    segmentation-models-pytorch. The mean is over all C: a class without a pixel adds 0 to it.
    """
    loss: Tensor = _smp_dice()(logits, target)
    return loss


def lovasz_softmax(logits: Tensor, target: Tensor) -> Tensor:
    """Berman et al. 2018, algorithm 1: a surrogate of 1 - mIoU, over the classes in ``target``."""
    classes = logits.shape[1]
    scores = logits.softmax(1).movedim(1, -1).reshape(-1, classes)
    flat = target.flatten()
    scores, flat = scores[flat != IGNORE], flat[flat != IGNORE]
    losses = []
    for label in flat.bincount().nonzero().flatten().tolist():
        truth = (flat == label).to(scores.dtype)
        errors, order = (truth - scores[:, label]).abs().sort(descending=True)
        losses.append(errors @ _jaccard_gradient(truth[order]))
    return torch.stack(losses).mean() if losses else logits.sum() * 0.0


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "ohem": partial(cross_entropy, keep=0.6),
    "focal": focal,
    "dice": dice,
    "lovasz": lovasz_softmax,
}
"""Name -> function of (logits, target), for the main and the auxiliary heads."""


def boundary_target(target: Tensor, *, radius: int = 1) -> Tensor:
    """(N, h, w) int64: 1 within ``radius`` pixels (rows or columns) of a pixel of another class,
    else 0; IGNORE stays, and next to it alone there is no border.
    """
    labelled = target != IGNORE
    ids = target[:, None].float()
    highest = _window_maximum(ids.masked_fill(~labelled[:, None], -1.0), radius)
    lowest = -_window_maximum((-ids).masked_fill(~labelled[:, None], -float(IGNORE)), radius)
    return (highest > lowest)[:, 0].long().masked_fill(~labelled, IGNORE)


def boundary(logits: Tensor, target: Tensor, *, radius: int = 1) -> Tensor:
    """Of a head that sees borders: logits (N, 1, h, w), target the label map.

    Binary cross entropy in which border and rest weigh the same (Xie & Tu 2015, equation 2, as in
    PIDNet, Xu et al. 2023) plus, picture by picture, Dice with squares and a smoothing of 1
    (STDC, Fan et al. 2021, section 3.3).
    """
    borders = boundary_target(target, radius=radius)
    labelled = borders != IGNORE
    scores, truth = logits[:, 0], (borders == 1).to(logits.dtype)
    share = truth.sum() / labelled.sum().clamp(min=1)
    weights = torch.where(truth > 0, 1.0 - share, share) * labelled
    entropy = functional.binary_cross_entropy_with_logits(scores, truth, weights, reduction="sum")
    found = scores.sigmoid() * labelled
    parts = (2.0 * (found * truth).sum((1, 2)) + 1.0) / (
        (found**2).sum((1, 2)) + truth.sum((1, 2)) + 1.0
    )
    return entropy / labelled.sum().clamp(min=1) + (1.0 - parts).mean()


def _jaccard_gradient(truth: Tensor) -> Tensor:
    """How much the Jaccard loss grows as each next-worst pixel becomes an error."""
    total = truth.sum()
    intersection = total - truth.cumsum(0)
    union = total + (1.0 - truth).cumsum(0)
    jaccard = 1.0 - intersection / union
    return torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])


def _window_maximum(x: Tensor, radius: int) -> Tensor:
    return functional.max_pool2d(x, 2 * radius + 1, 1, radius)


@cache
def _smp_dice() -> Any:
    """Imported when asked for: the library takes seconds to load."""
    import rtseg.models.torchvision_import  # noqa: F401

    # isort: split
    from segmentation_models_pytorch.losses import DiceLoss

    return DiceLoss("multiclass", ignore_index=IGNORE)
