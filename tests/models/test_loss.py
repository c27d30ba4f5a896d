from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from rtseg.labels import IGNORE
from rtseg.models.loss import class_weights, hard_cross_entropy, lovasz_softmax

SURE = 50.0


def test_class_weights_worked_by_hand() -> None:
    # Shares 0.64 and 0.36 give 1/0.8 and 1/0.6; their weighted mean is 0.8 + 0.6 = 1.4.
    weights = class_weights(torch.tensor([64.0, 36.0]))
    torch.testing.assert_close(weights, torch.tensor([1.25, 5 / 3]) / 1.4)


def test_a_class_that_never_occurs_has_a_finite_weight() -> None:
    assert class_weights(torch.tensor([10.0, 0.0])).isfinite().all()


def test_keeping_everything_is_the_weighted_cross_entropy_of_torch() -> None:
    logits, target = _random_case()
    weights = torch.tensor([0.5, 1.0, 3.0])
    expected = functional.cross_entropy(logits, target, weights, ignore_index=IGNORE)
    torch.testing.assert_close(hard_cross_entropy(logits, target, weights, keep=1.0), expected)


def test_keeping_half_is_the_mean_of_the_harder_half() -> None:
    # Two classes and logits (x, 0) with truth 0 lose ln(1 + e^-x): the smaller x, the harder.
    x = torch.tensor([3.0, -1.0, 2.0, -2.0])
    logits = torch.stack([x, torch.zeros(4)])[None, :, None]
    expected = (math.log1p(math.exp(1)) + math.log1p(math.exp(2))) / 2
    loss = hard_cross_entropy(logits, torch.zeros(1, 1, 4).long(), torch.ones(2), keep=0.5)
    assert loss.item() == pytest.approx(expected)


def test_a_heavy_weight_does_not_make_a_pixel_hard() -> None:
    # The pixel of class 1 is nearly right; its weight of 100 must not push the wrong one out.
    logits = torch.tensor([[-1.0, 0.0], [0.0, 4.0]]).T[None, :, None]
    target = torch.tensor([[[0, 1]]])
    loss = hard_cross_entropy(logits, target, torch.tensor([1.0, 100.0]), keep=0.5)
    assert loss.item() == pytest.approx(math.log1p(math.exp(1)))


@pytest.mark.parametrize("keep", [1.0, 0.4])
def test_ignored_pixels_change_neither_cross_entropy_nor_its_gradient(keep: float) -> None:
    logits, target = _random_case()
    ignored = (target == IGNORE)[:, None].expand_as(logits)
    logits.requires_grad_()
    loss = hard_cross_entropy(logits, target, torch.ones(3), keep=keep)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient[ignored].abs().max() == 0
    other = torch.where(ignored, logits + 9.0, logits)
    assert hard_cross_entropy(other, target, torch.ones(3), keep=keep).item() == loss.item()


def test_nothing_labelled_costs_nothing_and_can_still_be_differentiated() -> None:
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    target = torch.full((1, 2, 2), IGNORE)
    loss = hard_cross_entropy(logits, target, torch.ones(3), keep=0.5)
    loss = loss + lovasz_softmax(logits, target)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.abs().max() == 0


def test_a_sure_and_right_prediction_has_no_lovasz_loss() -> None:
    target = torch.tensor([[[0, 1, 2, IGNORE]]])
    logits = SURE * functional.one_hot(target.clamp(max=2), 3).movedim(-1, 1).float()
    assert lovasz_softmax(logits, target).item() == pytest.approx(0.0, abs=1e-6)


def test_the_lovasz_loss_of_a_hard_prediction_is_one_minus_its_iou() -> None:
    # On corners of the cube the surrogate is the Jaccard loss itself: IoU 1/2 and 2/3 here.
    target, predicted = torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]])
    logits = SURE * functional.one_hot(predicted, 2).movedim(-1, 1).float()
    assert lovasz_softmax(logits, target).item() == pytest.approx(1 - 7 / 12, abs=1e-6)


def test_the_lovasz_gradient_is_that_of_finite_differences() -> None:
    logits, target = _random_case()
    assert torch.autograd.gradcheck(
        lambda x: lovasz_softmax(x, target), logits.double().requires_grad_(), eps=1e-6, atol=1e-6
    )


def test_ignored_pixels_change_no_lovasz_loss() -> None:
    logits, target = _random_case()
    ignored = (target == IGNORE)[:, None].expand_as(logits)
    other = torch.where(ignored, logits + 9.0, logits)
    assert lovasz_softmax(other, target).item() == lovasz_softmax(logits, target).item()


def _random_case() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (2, 3, 4, 5), and targets of which some are ignored."""
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    target = torch.randint(0, 3, (2, 4, 5), generator=generator)
    target[:, 0, ::2] = IGNORE
    return logits, target
