"""Smooth lines through few points."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def smooth(values: Tensor, pieces: int) -> Tensor:
    """Put points between points (..., P, n), on the smooth line through them.

    Args:
        values: of the points, in their order.
        pieces: what each way from a point to the next becomes.

    Returns:
        (..., (P - 1) * pieces + 1, n); every ``pieces``-th is one of the given.

    Source: Catmull and Rom 1974; at the ends as if the line went straight on.

    >>> corner = torch.tensor([[0.0, 0], [1, 0], [1, 1]])
    >>> smooth(corner, 2)[1].tolist()  # the way is already turning
    [0.5625, -0.0625]
    """
    weights = _weights(values.shape[-2], pieces).to(values)
    return weights @ values


@lru_cache(maxsize=64)
def _weights(points: int, pieces: int) -> Tensor:
    """Return what each point is worth at each place, (places, points)."""
    given = torch.eye(points, dtype=torch.float64)
    before, after = 2 * given[:1] - given[1:2], 2 * given[-1:] - given[-2:-1]
    around = torch.cat([before, given, after])
    first, start, end, last = (around[k : k + points - 1] for k in range(4))
    rows = []
    for piece in range(pieces):
        t = piece / pieces
        curve = (
            2 * start
            + t * (end - first)
            + t**2 * (2 * first - 5 * start + 4 * end - last)
            + t**3 * (3 * start - first - 3 * end + last)
        )
        rows.append(curve / 2)
    places = torch.stack(rows, dim=1).flatten(0, 1)
    return torch.cat([places, given[-1:]])
