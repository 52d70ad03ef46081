"""How strokes of a pen end: how square, and in which direction.

An end is as square as it stands out: where its corners would lie in other ink, or close to it, they
would stick out of a joint or close a gap, and it is round.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ROUND = 0.5  # and less: drawn rounder than square, a hand was no better for it
STEADY = 1.3  # radii: so far from an end its stroke is straight, for the last point often turns
CLEAR = 0.8  # radii from an end's corners to other ink, from which on it stands out wholly
OWN = 3.0  # radii: so far from an end its own stroke is no other ink
NOWHERE = 9.0  # sides: farther than any ink


class Ends(nn.Module):
    """Ends the strokes of hands, from 0, round, to 1, square.

    It is no part of the trained weights: it is measured after training, and drawn with.

    Args:
        square: (N,) in [0, 1], of each style.
    """

    square: Tensor

    def __init__(self, square: Tensor) -> None:
        super().__init__()
        self.register_buffer("square", square)

    def forward(
        self, style: Tensor, points: Tensor, radii: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return points (B, L, P, 2) whose ends are steady, and how square each is, (B, L, 2).

        Args:
            style: (B,) long indices, or (B, N) float weights that mix linearly.
            points: (B, L, P, 2), P >= 2, in sides.
            radii: (B, L, P), the same.
            mask: (B, L) bool, which strokes there are.
        """
        square = self._of(style)[:, None, None]
        some = (square[..., None] / ROUND).clamp(max=1)  # of mixed hands
        points = torch.lerp(points, steady(points, radii), some)
        return points, square * standing_out(points, radii, mask)

    def _of(self, style: Tensor) -> Tensor:
        if style.is_floating_point():
            return (style @ self.square.to(style)).clamp(0, 1)
        looked_up: Tensor = self.square[style]
        return looked_up


def steady(points: Tensor, radii: Tensor) -> Tensor:
    """Return points (B, L, P, 2) with what is near an end in line with it."""
    for _ in range(2):  # the last end, and the other one
        points, radii = _steady_first(points.flip(2), radii.flip(2)), radii.flip(2)
    return points


def _steady_first(points: Tensor, radii: Tensor) -> Tensor:
    first = points[:, :, :1]
    arc = _arc(points)
    near = arc < STEADY * radii[:, :, :1]
    past = near.sum(dim=2, keepdim=True).clamp(max=points.shape[2] - 1)
    anchor = points.gather(2, past[..., None].expand(-1, -1, -1, 2))
    share = arc / arc.gather(2, past).clamp(min=1e-6)
    return torch.where(near[..., None], first + share[..., None] * (anchor - first), points)


def _arc(points: Tensor) -> Tensor:
    """Return how far along the stroke each point is from the first, (B, L, P)."""
    steps = (points[:, :, 1:] - points[:, :, :-1]).square().sum(dim=-1).sqrt()
    return torch.cat([torch.zeros_like(steps[..., :1]), steps.cumsum(dim=2)], dim=2)


def standing_out(points: Tensor, radii: Tensor, mask: Tensor) -> Tensor:
    """Return how far ends stand out of other ink, (B, L, 2) from 0, not at all, to 1."""
    out = [
        _first_standing_out(points, radii, mask),
        _first_standing_out(points.flip(2), radii.flip(2), mask),
    ]
    return torch.stack(out, dim=2)


def _first_standing_out(points: Tensor, radii: Tensor, mask: Tensor) -> Tensor:
    first, thick = points[:, :, 0], radii[:, :, 0]
    way = first - points[:, :, 1]
    way = way / way.square().sum(dim=-1, keepdim=True).add(1e-12).sqrt()
    aside = torch.stack([-way[..., 1], way[..., 0]], dim=-1)
    near = _arc(points)[:, :, :-1] < OWN * thick[..., None]  # (B, L, P - 1), of the own stroke
    number = torch.arange(mask.shape[1], device=mask.device)
    own = (number[:, None] == number)[None, :, :, None]
    other = ~(own & near[:, None]) & mask[:, None, :, None]
    least = torch.full_like(thick, NOWHERE)
    for turn in (-1, 0, 1):  # a corner, the tip, the other corner
        place = first + thick[..., None] * (way + turn * aside)
        least = torch.minimum(least, _clearance(place, points, radii, other))
    return (least / (CLEAR * thick)).clamp(0, 1)


def _clearance(places: Tensor, points: Tensor, radii: Tensor, other: Tensor) -> Tensor:
    """Return how far places (B, L, 2) are from the ink that is other, (B, L); in it below 0.

    Args:
        places: one of each stroke.
        points: (B, L, P, 2).
        radii: (B, L, P).
        other: (B, L, L, P - 1), of each place which segments are.
    """
    start, radius = points[:, None, :, :-1], radii[:, None, :, :-1]
    way, widening = points[:, None, :, 1:] - start, radii[:, None, :, 1:] - radius
    off = places[:, :, None, None] - start  # (B, L, L, P - 1, 2)
    share = (off * way).sum(dim=-1) / way.square().sum(dim=-1).add(1e-12)
    share = share.clamp(0, 1)
    away = (off - share[..., None] * way).square().sum(dim=-1).sqrt()
    away = away - radius - share * widening
    return away.masked_fill(~other, NOWHERE).amin(dim=(2, 3))
