"""What training minimises. Logits are (N, C, h, w), targets (N, h, w) int64 with 255 ignored."""

from __future__ import annotations

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


def _jaccard_gradient(truth: Tensor) -> Tensor:
    """How much the Jaccard loss grows as each next-worst pixel becomes an error."""
    total = truth.sum()
    intersection = total - truth.cumsum(0)
    union = total + (1.0 - truth).cumsum(0)
    jaccard = 1.0 - intersection / union
    return torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
