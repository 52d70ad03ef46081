"""Strokes whose ends are square, or between round and square."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from test_nn_pen import plainly, scribble, united
from torch import Tensor

from fontgan.nn import pen
from fontgan.nn.pen import REACH, draw, draw_padded


def capped(points: Tensor, radii: Tensor, square: Tensor, size: int) -> np.ndarray:
    """Return (T, size, size): what strokes of one segment cover whose two ends are so square."""
    x, y = np.meshgrid(*[np.arange(size) + 0.5] * 2)
    covered = []
    for (a, b), (one, two), (before, after) in zip(
        points.numpy() * size, radii.numpy() * size, square.numpy(), strict=True
    ):
        long = np.hypot(*(b - a))
        east, south = (b - a) / long
        forth = east * (x - a[0]) + south * (y - a[1])
        along, across = np.clip(forth, 0, long), east * (y - a[1]) - south * (x - a[0])
        beyond = forth - along
        share = np.where(beyond < 0, before, after)
        chebyshev = np.maximum(np.abs(beyond), np.abs(across))
        away = (1 - share) * np.hypot(beyond, across) + share * chebyshev
        depth = np.clip((away - one - along / long * (two - one)) / 0.5, -60, 60)
        covered.append(np.where(depth > REACH, 0, 1 / (1 + np.exp(depth))))
    return np.stack(covered)


@pytest.mark.parametrize("size", [32, 50, 128])
def test_ends_are_as_square_as_is_asked(size: int) -> None:
    points, radii, glyph = scribble(24, points=2)
    square = torch.linspace(0, 1, 48, dtype=torch.float64).view(24, 2)
    expected = united(capped(points, radii, square, size), glyph, 4)
    assert np.abs(expected - united(plainly(points, radii, size), glyph, 4)).max() > 0.1
    drawn = draw(points, radii, glyph, 4, size, square=square)
    np.testing.assert_allclose(drawn, expected, atol=1e-5)


def test_ends_that_are_not_square_at_all_are_the_round_ones() -> None:
    points, radii, glyph = scribble(16)
    rounded = draw(points, radii, glyph, 4, 64)
    assert torch.equal(draw(points, radii, glyph, 4, 64, square=torch.zeros(16, 2)), rounded)


def test_a_square_end_reaches_a_radius_beyond_and_joints_stay_round() -> None:
    corner = torch.tensor([[[0.25, 0.75], [0.25, 0.25], [0.75, 0.25]]])
    radii, glyph = torch.full((1, 3), 0.125), torch.tensor([0])
    round_, square = (
        draw(corner, radii, glyph, 1, 64, 0.1, square=torch.full((1, 2), share))[0]
        for share in (0.0, 1.0)
    )
    differing = (square - round_ > 0.5).nonzero()
    assert differing[:, 0].max() == 55 and differing[:, 1].max() == 55  # 0.875 of 64: the ends
    assert square[50:56, 8:24].min() > 0.9 and square[57:].max() < 0.01  # all of the lower end
    assert torch.equal(square[:24, :24], round_[:24, :24])  # where the two segments meet


def test_gradients_of_square_ends_are_those_of_finite_differences() -> None:
    points, radii, glyph = scribble(5, glyphs=2, seed=1)
    square = torch.linspace(0.1, 0.9, 10, dtype=torch.float64).view(5, 2)
    inputs = [x.requires_grad_() for x in (points, radii, square)]
    assert torch.autograd.gradcheck(
        lambda p, r, s: draw(p, r, glyph, 2, 20, square=s), inputs, atol=1e-6, fast_mode=True
    )


def test_how_square_ends_are_is_found_by_descending() -> None:
    points, radii, glyph = torch.tensor([[[0.3, 0.4], [0.7, 0.6]]]), torch.full((1, 2), 0.1), 0
    glyphs = torch.tensor([glyph])
    target = draw(points, radii, glyphs, 1, 32, square=torch.full((1, 2), 0.9))
    number = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([number], lr=0.2)
    for _ in range(60):
        optimiser.zero_grad()
        drawn = draw(points, radii, glyphs, 1, 32, square=number.sigmoid().expand(1, 2))
        (drawn - target).square().mean().backward()
        optimiser.step()
    assert number.sigmoid().item() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("size", [20, 64])
def test_square_ends_are_the_same_by_every_segment_everywhere(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, radii, glyph = scribble(16)
    square = torch.linspace(0, 1, 32, dtype=torch.float64).view(16, 2)
    inputs = [x.requires_grad_() for x in (points, radii, square)]
    results = []
    for _ in range(2):
        ink = draw(*inputs[:2], glyph, 4, size, square=inputs[2])
        results.append((ink, *torch.autograd.grad(ink.square().sum(), inputs)))
        monkeypatch.setattr(pen, "_near", pen._everywhere)
    for near, everywhere in zip(*results, strict=True):
        torch.testing.assert_close(near, everywhere, atol=1e-6, rtol=1e-6)


def test_strokes_of_a_batch_have_their_own_ends() -> None:
    points, radii, _ = scribble(6)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    square, used = torch.linspace(0, 1, 12, dtype=torch.float64).view(2, 3, 2), mask.flatten()
    ink = draw_padded(points.view(2, 3, 6, 2), radii.view(2, 3, 6), mask, 32, square=square)
    glyph = torch.tensor([0, 0, 1])
    expected = draw(points[used], radii[used], glyph, 2, 32, square=square.flatten(0, 1)[used])
    torch.testing.assert_close(ink, expected)
