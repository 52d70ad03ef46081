"""How strokes end: square as far as they stand out, and in line with their stroke."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fontgan.nn.ends import Ends, standing_out, steady

THICK = 0.05


def line(start: tuple[float, float], end: tuple[float, float]) -> Tensor:
    """Return a straight stroke (12, 2)."""
    share = torch.linspace(0, 1, 12)[:, None]
    return torch.tensor(start) * (1 - share) + torch.tensor(end) * share


def out(*strokes: Tensor, used: int | None = None) -> list[list[float]]:
    """Return how far the two ends of each stroke of a glyph stand out."""
    points = torch.stack(strokes)[None]
    mask = torch.arange(len(strokes))[None] < (used or len(strokes))
    return standing_out(points, torch.full(points.shape[:3], THICK), mask)[0].tolist()


def hook() -> Tensor:
    """A stroke whose last point turns aside."""
    bent = line((0.1, 0.5), (0.9, 0.5))
    bent[-1] += torch.tensor([-0.05, 0.03])
    return bent


def test_ends_in_the_open_stand_out_and_a_joined_one_does_not() -> None:
    upright, bar = line((0.5, 0.1), (0.5, 0.9)), line((0.51, 0.5), (0.9, 0.5))
    assert out(upright, bar) == [[1, 1], [0, 1]]
    assert out(upright, bar, used=1)[0] == [1, 1]
    assert out(bar, upright, used=1)[0] == [1, 1]  # of a stroke that is not there no ink


def test_an_end_that_meets_its_own_beginning_does_not_stand_out() -> None:
    angle = torch.linspace(0, 2 * math.pi, 12)
    ring = 0.5 + 0.3 * torch.stack([angle.sin(), -angle.cos()], dim=1)
    assert out(ring) == [[0, 0]]
    assert out(ring[:9].repeat_interleave(2, dim=0)[:12]) == [[1, 1]]  # open yet


def test_the_nearer_other_ink_is_the_rounder_an_end() -> None:
    ends = [
        out(line((0.5, 0.1), (0.5, 0.9)), line((0.5 + 3 * THICK + gap, 0.5), (0.95, 0.5)))[1][0]
        for gap in (-0.06, -0.04, -0.03, 0.0)
    ]
    assert ends[0] == 0 and 0 < ends[1] < ends[2] < ends[3] == 1


def test_the_last_point_of_a_steady_stroke_does_not_turn() -> None:
    points, radii = torch.stack([hook(), hook().flip(0)])[None], torch.full((1, 2, 12), THICK)
    straight = steady(points, radii)
    assert torch.allclose(straight[0, 1].flip(0), straight[0, 0])
    assert torch.equal(straight[0, 0, [0, -1]], points[0, 0, [0, -1]])
    last, before = straight[0, 0, -1] - straight[0, 0, -2], straight[0, 0, -2] - straight[0, 0, -3]
    turn = math.atan2(*before) - math.atan2(*last)
    assert turn == pytest.approx(0, abs=0.05)
    assert torch.allclose(straight[0, 0, :8], points[0, 0, :8])


def test_round_hands_write_as_before_and_mixed_hands_are_mixed() -> None:
    ends, points = Ends(torch.tensor([0.0, 1.0])), torch.stack([hook(), hook()])[:, None]
    radii, mask = torch.full((2, 1, 12), THICK), torch.ones(2, 1, dtype=torch.bool)
    same, square = ends(torch.tensor([0, 1]), points, radii, mask)
    assert torch.equal(same[0], points[0]) and not torch.equal(same[1], points[1])
    assert square.tolist() == [[[0, 0]], [[1, 1]]]
    weights = torch.tensor([[0.25, 0.75], [0.75, 0.25]])
    assert ends(weights, points, radii, mask)[1].tolist() == [[[0.75] * 2], [[0.25] * 2]]
