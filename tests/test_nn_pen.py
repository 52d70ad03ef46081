"""The pen against a plain reckoning of distances, and its gradients."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from fontgan.nn import pen
from fontgan.nn.pen import REACH, draw, draw_padded

SIZES = (16, 32, 50, 64, 100, 128, 256)


def scribble(strokes: int, points: int = 6, glyphs: int = 4, seed: int = 0) -> tuple[Tensor, ...]:
    """Return random strokes as points, radii (float64) and their glyphs."""
    random = torch.Generator().manual_seed(seed)
    start = torch.rand(strokes, 1, 2, generator=random, dtype=torch.float64)
    steps = 0.1 * torch.randn(strokes, points, 2, generator=random, dtype=torch.float64)
    radii = 0.05 * torch.rand(strokes, points, generator=random, dtype=torch.float64)
    glyph = torch.randint(0, glyphs, (strokes,), generator=random).sort().values
    return start + steps, radii, glyph


def plainly(points: Tensor, radii: Tensor, size: int, softness: float = 0.5) -> np.ndarray:
    """Return (T, size, size): what each stroke covers, every pixel by every segment."""
    x, y = np.meshgrid(*[np.arange(size) + 0.5] * 2)
    covered = []
    for stroke, widths in zip(points.numpy() * size, radii.numpy() * size, strict=True):
        nearest = np.full((size, size), np.inf)
        for k in range(len(stroke) - 1):
            (ax, ay), (dx, dy) = stroke[k], stroke[k + 1] - stroke[k]
            t = ((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12)
            t = np.clip(t, 0, 1)
            away = np.hypot(x - ax - t * dx, y - ay - t * dy)
            radius = widths[k] + t * (widths[k + 1] - widths[k])
            nearest = np.minimum(nearest, away - radius)
        depth = np.clip(nearest / softness, -60, 60)
        covered.append(np.where(depth > REACH, 0, 1 / (1 + np.exp(depth))))
    return np.stack(covered)


def united(covered: np.ndarray, glyph: Tensor, glyphs: int) -> np.ndarray:
    return np.stack([1 - np.prod(1 - covered[glyph.numpy() == g], axis=0) for g in range(glyphs)])


@pytest.mark.parametrize("size", SIZES)
def test_the_pen_draws_what_plain_distances_say(size: int) -> None:
    points, radii, glyph = scribble(24)
    expected = united(plainly(points, radii, size), glyph, 4)
    assert expected.mean() > 0.05
    double = draw(points, radii, glyph, 4, size)
    single = draw(points.float(), radii.float(), glyph, 4, size)
    np.testing.assert_allclose(double, expected, atol=1e-5)
    np.testing.assert_allclose(single, expected, atol=5e-5)
    assert double.dtype == torch.float64 and single.dtype == torch.float32


@pytest.mark.parametrize("softness", [0.3, 1.0, 2.0])
def test_soft_edges_are_sigmoids_of_the_distance(softness: float) -> None:
    points, radii, glyph = scribble(8)
    expected = united(plainly(points, radii, 32, softness), glyph, 4)
    np.testing.assert_allclose(draw(points, radii, glyph, 4, 32, softness), expected, atol=1e-5)


def test_gradients_are_those_of_finite_differences() -> None:
    points, radii, glyph = scribble(5, glyphs=2, seed=1)
    visibility = torch.linspace(0.2, 0.9, 5, dtype=torch.float64)
    inputs = [x.requires_grad_() for x in (points, radii, visibility)]
    assert torch.autograd.gradcheck(
        lambda p, r: draw(p, r, glyph, 2, 20), inputs[:2], atol=1e-6, fast_mode=True
    )
    assert torch.autograd.gradcheck(
        lambda p, r, v: draw(p, r, glyph, 2, 20, visibility=v), inputs, atol=1e-6, fast_mode=True
    )


def test_a_dot_covers_a_disc() -> None:
    points = torch.tensor([[[0.4, 0.5], [0.4, 0.5], [0.4, 0.5]]], requires_grad=True)
    radii = torch.full((1, 3), 0.25, requires_grad=True)
    ink = draw(points, radii, torch.tensor([0]), 1, 128)
    assert ink.sum().item() / 128**2 == pytest.approx(math.pi * 0.25**2, rel=0.01)
    ink.sum().backward()
    assert points.grad is not None and points.grad.isfinite().all()
    assert radii.grad is not None
    assert radii.grad.sum().item() / 128**2 == pytest.approx(2 * math.pi * 0.25, rel=0.01)


def test_strokes_upon_each_other_are_no_more_than_ink() -> None:
    points = torch.tensor([[[0.2, 0.5], [0.8, 0.5]]]).repeat(50, 1, 1)
    ink = draw(points, torch.full((50, 2), 0.2), torch.zeros(50, dtype=torch.long), 1, 32)
    assert 0.99 < ink.max() <= 1 and ink.min() >= 0


def test_a_stroke_off_the_canvas_draws_nothing() -> None:
    points = torch.tensor([[[2.0, 2.0], [3.0, 2.0]]], requires_grad=True)
    ink = draw(points, torch.full((1, 2), 0.1), torch.tensor([1]), 2, 32)
    ink.sum().backward()
    assert not ink.any()
    assert points.grad is not None and not points.grad.any()


def test_no_strokes_are_empty_images() -> None:
    ink = draw(torch.empty(0, 4, 2), torch.empty(0, 4), torch.empty(0, dtype=torch.long), 2, 20)
    assert ink.shape == (2, 20, 20) and not ink.any()


def test_a_point_that_is_no_number_spoils_its_own_image_alone() -> None:
    points, radii, glyph = scribble(12)
    points[0, 1, 0] = math.nan
    ink = draw(points, radii, glyph, 4, 32)
    assert ink[glyph[0]].isnan().any()
    assert ink[[g for g in range(4) if g != glyph[0]]].isfinite().all()


def test_an_invisible_stroke_is_not_drawn_and_half_a_one_is_grey() -> None:
    points, radii, glyph = scribble(3, glyphs=1)
    visibility = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    covered = plainly(points, radii, 32) * visibility.numpy()[:, None, None]
    ink = draw(points, radii, glyph, 1, 32, visibility=visibility)
    np.testing.assert_allclose(ink, united(covered, glyph, 1), atol=1e-5)


def test_padded_strokes_are_left_out() -> None:
    points, radii, _ = scribble(6)
    padded, widths = points.view(2, 3, 6, 2), radii.view(2, 3, 6)
    mask = torch.tensor([[True, True, False], [True, False, False]])
    ink = draw_padded(padded, widths, mask, 32)
    used = mask.flatten()
    expected = draw(points[used], radii[used], torch.tensor([0, 0, 1]), 2, 32)
    torch.testing.assert_close(ink, expected)


def test_half_precision_around_the_pen_does_not_reach_it() -> None:
    points, radii, glyph = scribble(8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ink = draw(points.float(), radii.float(), glyph, 4, 32)
    torch.testing.assert_close(ink, draw(points.float(), radii.float(), glyph, 4, 32))


@pytest.mark.parametrize("size", [20, 64])
def test_every_segment_everywhere_draws_the_same(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a GPU does, so that it need not wait, and what a processor does."""
    strokes = [x.requires_grad_() for x in scribble(16)[:2]]
    glyph = scribble(16)[2]
    results = []
    for _ in range(2):
        ink = draw(*strokes, glyph, 4, size)
        results.append((ink, *torch.autograd.grad(ink.square().sum(), strokes)))
        monkeypatch.setattr(pen, "_near", pen._everywhere)
    for near, everywhere in zip(*results, strict=True):
        torch.testing.assert_close(near, everywhere, atol=1e-6, rtol=1e-6)


def test_many_strokes_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    points, radii, glyph = scribble(16)
    whole = draw(points.requires_grad_(), radii, glyph, 4, 32)
    (wanted,) = torch.autograd.grad(whole.sum(), points)
    monkeypatch.setitem(pen.ROWS, "cpu", 7)
    parts = draw(points, radii, glyph, 4, 32)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(torch.autograd.grad(parts.sum(), points)[0], wanted)


def test_descending_brings_a_stroke_home() -> None:
    goal = torch.tensor([[[0.3, 0.3], [0.5, 0.5], [0.7, 0.4]]])
    radii, glyph = torch.full((1, 3), 0.06), torch.tensor([0])
    target = draw(goal, radii, glyph, 1, 32)
    points = (goal + torch.tensor([0.04, -0.05])).requires_grad_()
    optimiser = torch.optim.Adam([points], lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        (draw(points, radii, glyph, 1, 32) - target).square().mean().backward()
        optimiser.step()
    assert (points - goal).abs().max() < 0.02
