from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from rtseg.labels import IGNORE
from rtseg.models.loss import (
    LOSSES,
    boundary,
    boundary_target,
    class_weights,
    dice,
    focal,
    hard_cross_entropy,
    lovasz_softmax,
)
from rtseg.models.torchvision_import import torchvision  # noqa: F401

# isort: split
from segmentation_models_pytorch.losses import LovaszLoss

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


@pytest.mark.parametrize("name", LOSSES)
def test_every_named_loss_ignores_what_nobody_labelled_and_has_the_gradient_of_its_values(
    name: str,
) -> None:
    logits, target = _random_case()
    loss = LOSSES[name]
    ignored = (target == IGNORE)[:, None].expand_as(logits)
    other = torch.where(ignored, logits + torch.arange(3.0)[:, None, None], logits)
    assert loss(other, target).item() == pytest.approx(loss(logits, target).item(), abs=1e-6)
    assert torch.autograd.gradcheck(
        lambda x: loss(x, target), logits.double().requires_grad_(), eps=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("name", LOSSES)
def test_every_named_loss_is_small_only_for_what_is_right(name: str) -> None:
    target = torch.arange(3).expand(2, 4, 3)
    right = SURE * functional.one_hot(target, 3).movedim(-1, 1).float()
    assert LOSSES[name](right, target).item() == pytest.approx(0.0, abs=1e-6)
    assert LOSSES[name](right.roll(1, 1), target).item() > 0.9


@pytest.mark.parametrize("name", LOSSES)
def test_every_named_loss_of_nothing_labelled_is_zero_with_a_gradient_of_zeros(name: str) -> None:
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    loss = LOSSES[name](logits, torch.full((1, 2, 2), IGNORE))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss.item() == 0
    assert gradient.abs().max() == 0


def test_focal_without_focus_is_the_cross_entropy_of_torch() -> None:
    logits, target = _random_case()
    expected = functional.cross_entropy(logits, target, ignore_index=IGNORE)
    torch.testing.assert_close(focal(logits, target, gamma=0.0), expected)


def test_focal_worked_by_hand() -> None:
    # Softmax of (0, ln 3) is (1/4, 3/4); the true class has 3/4: (1/4)^2 * -ln(3/4).
    logits = torch.tensor([0.0, math.log(3)]).view(1, 2, 1, 1)
    loss = focal(logits, torch.ones(1, 1, 1).long())
    assert loss.item() == pytest.approx(-math.log(0.75) / 16)


def test_dice_is_that_of_a_loop_over_classes() -> None:
    logits, target = _random_case()
    scores = logits.softmax(1).movedim(1, -1)[target != IGNORE].numpy()
    truth = np.eye(3)[target[target != IGNORE].numpy()]
    parts = [
        2 * (scores[:, c] * truth[:, c]).sum() / (scores[:, c].sum() + truth[:, c].sum())
        for c in range(3)
    ]
    assert dice(logits, target).item() == pytest.approx(1 - np.mean(parts), rel=1e-5)


def test_lovasz_is_that_of_segmentation_models_pytorch() -> None:
    logits, target = _random_case()
    expected = LovaszLoss("multiclass", ignore_index=IGNORE)(logits, target)
    torch.testing.assert_close(lovasz_softmax(logits, target), expected)


def test_a_border_is_where_two_classes_meet() -> None:
    target = torch.tensor([[0, 0, 0, 1, 1, IGNORE, 2, 2]])[None]
    assert boundary_target(target).tolist() == [[[0, 0, 1, 1, 0, IGNORE, 0, 0]]]
    # Two pixels wide, classes 1 and 2 see each other across what nobody labelled.
    assert boundary_target(target, radius=2).tolist() == [[[0, 1, 1, 1, 1, IGNORE, 1, 0]]]


def test_the_border_target_is_that_of_a_loop() -> None:
    _, target = _random_case()
    found = boundary_target(target)
    assert {0, 1, IGNORE} <= set(boundary_target(target.sort(2).values).unique().tolist())
    for n, y, x in np.ndindex(*target.shape):
        window = target[n, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        others = {*window.flatten().tolist()} - {IGNORE, int(target[n, y, x])}
        expected = IGNORE if target[n, y, x] == IGNORE else int(bool(others))
        assert found[n, y, x] == expected


def test_the_boundary_loss_worked_by_hand() -> None:
    # One row 0 0 0 1, so the last two pixels are border; every score is sigmoid(0) = 1/2.
    # Balanced entropy: each weight is 1/2, ln 2 / 2. Dice: 1 - (2 * 1 + 1) / (4 * 1/4 + 2 + 1).
    loss = boundary(torch.zeros(1, 1, 1, 4), torch.tensor([[[0, 0, 0, 1]]]))
    assert loss.item() == pytest.approx(math.log(2) / 2 + 1 / 4)


def test_rare_borders_weigh_as_much_as_the_rest() -> None:
    # 2 of 8 pixels are border: missing them all costs what inventing all the others costs.
    target = torch.tensor([[[0, 0, 0, 0, 0, 0, 0, 1]]])
    borders = boundary_target(target)[:, None] == 1
    gradient = _gradient(torch.zeros(1, 1, 1, 8), target)
    dice_free = gradient - _dice_gradient(torch.zeros(1, 1, 1, 8), borders.float())
    assert dice_free[borders].sum().item() == pytest.approx(-dice_free[~borders].sum().item())
    assert dice_free[borders].abs().min() > 0


def test_the_boundary_loss_falls_with_what_it_is_for_and_ignores_the_unlabelled() -> None:
    _, target = _random_case()
    target = target.sort(2).values
    borders = boundary_target(target)
    logits = torch.where(borders == 1, 3.0, -3.0)[:, None]
    assert {0, 1, IGNORE} == set(borders.unique().tolist())
    good, bad = boundary(logits, target), boundary(-logits, target)
    assert good < 0.2 < 1 < bad
    other = torch.where(borders[:, None] != IGNORE, logits, -9.0)
    assert boundary(other, target).item() == good.item()
    assert torch.autograd.gradcheck(
        lambda x: boundary(x, target), logits.double().requires_grad_(), eps=1e-6, atol=1e-6
    )


def _gradient(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    logits.requires_grad_()
    return torch.autograd.grad(boundary(logits, target), logits)[0]


def _dice_gradient(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    logits.requires_grad_()
    found = logits.sigmoid()
    part = (2 * (found * truth).sum() + 1) / ((found**2).sum() + truth.sum() + 1)
    return torch.autograd.grad(1 - part, logits)[0]


def _random_case() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (2, 3, 4, 5), and targets of which some are ignored."""
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(2, 3, 4, 5, generator=generator)
    target = torch.randint(0, 3, (2, 4, 5), generator=generator)
    target[:, 0, ::2] = IGNORE
    return logits, target
