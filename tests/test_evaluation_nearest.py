"""Which hand of a model is nearest to another."""

from __future__ import annotations

import torch

from fontgan.evaluation.nearest import _as_large
from fontgan.methods.base import PenStrokes
from fontgan.nn.pen import draw_padded


def test_strokes_are_scaled_and_moved_to_where_the_writing_is() -> None:
    generator = torch.Generator().manual_seed(0)
    points = 0.2 + 0.6 * torch.rand(9, 4, 5, 2, generator=generator)
    radii, mask = torch.full((9, 4, 5), 0.02), torch.ones(9, 4, dtype=torch.bool)
    mask[0] = False  # a character without strokes is no measure
    smaller = 0.5 + 0.6 * (points - 0.5) + torch.tensor([0.05, -0.1])
    images = 1 - 2 * draw_padded(smaller, radii, mask, 64)[:, None]
    fitted = _as_large(PenStrokes(points, radii, mask), images)
    assert (fitted.points - smaller).abs().max() < 0.02
    nothing = _as_large(PenStrokes(points, radii, mask & False), images)
    assert torch.equal(nothing.points, points)
