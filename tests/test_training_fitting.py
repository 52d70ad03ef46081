"""Strokes that descend until they draw an image."""

from __future__ import annotations

import torch
from torch import Tensor

from fontgan.nn.pen import draw_padded
from fontgan.training.fitting import LEAST, FitWeights, fit

STEPS = torch.linspace(0.2, 0.8, 5)
MASK = torch.tensor([[True, True], [True, False]])


def crosses() -> tuple[Tensor, Tensor]:
    """Return a cross and a bar: points (2, 2, 5, 2), and their ink (2, 32, 32)."""

    across = torch.stack([STEPS, torch.full((5,), 0.4)], dim=-1)
    down = torch.stack([torch.full((5,), 0.6), STEPS], dim=-1)
    points = torch.stack([across, down]).repeat(2, 1, 1, 1)
    radii = torch.full((2, 2, 5), 0.05)
    return points, draw_padded(points, radii, MASK, 32, softness=0.3)


def test_strokes_are_moved_until_they_draw_the_images() -> None:
    goal, ink = crosses()
    away = goal + torch.tensor([0.08, -0.06])
    fitted = fit(away, MASK, ink, steps=60)
    assert ((away - goal)[MASK].abs().amax() > 0.07) and ink.mean() > 0.05
    assert fitted.error.max() < 0.02
    across = fitted.points[0, 0, :, 1]  # its height
    assert (across - 0.4).abs().max() < 0.03
    assert (fitted.radii[MASK].mean() - 0.05).abs() < 0.01


def test_a_fit_changes_nothing_it_was_given_and_is_the_same_each_time() -> None:
    goal, ink = crosses()
    before = goal.clone()
    first, second = (fit(goal, MASK, ink, steps=3) for _ in range(2))
    torch.testing.assert_close(goal, before)
    torch.testing.assert_close(first.points, second.points)
    assert not first.points.requires_grad and first.error.shape == (2,)


def test_what_a_mask_leaves_out_pulls_nothing() -> None:
    goal, ink = crosses()
    other = goal.clone()
    other[1, 1] = 0.9
    first, second = (fit(points, MASK, ink, steps=5) for points in (goal, other))
    torch.testing.assert_close(first.points[1, 0], second.points[1, 0])
    torch.testing.assert_close(first.error, second.error)


def test_strokes_keep_apart_and_none_becomes_a_hairline() -> None:
    bars = [torch.stack([STEPS, torch.full((5,), at)], dim=-1) for at in (0.3, 0.5)]
    goal, mask = torch.stack(bars)[None], torch.tensor([[True, True]])
    ink = draw_padded(goal[:, :1], torch.full((1, 1, 5), 0.05), mask[:, :1], 32, softness=0.3)
    fitted = fit(goal, mask, ink, steps=40)  # one bar of ink draws both to itself
    assert fitted.radii.min() > LEAST
    assert fitted.merged.item() < 0.4
    pressed = fit(goal, mask, ink, steps=40, weights=FitWeights(off=20, crowding=0))
    assert pressed.merged.item() > 0.5
