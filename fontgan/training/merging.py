"""Strokes that have settled on one another: what moves them to the same ink cannot tell them apart.

A stroke has merged into another where much of it came to lie on the other's centre line, far
nearer than it was before both were moved. Where strokes cross or join, they were near before.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEAR = 0.018  # sides: on the other's centre line; half a print's stroke is .03
NEARER = 0.35  # of the distance before


def merged(points: Tensor, before: Tensor, mask: Tensor) -> Tensor:
    """Return how much of a stroke lies on one other that it was apart from: (B,), the greatest.

    Args:
        points: (B, L, P, 2), P >= 2, strokes in sides of the image.
        before: (B, L, P, 2), where they were, in the same box.
        mask: (B, L), which strokes there are.

    >>> before = torch.tensor([[[[0.2, 0.3], [0.8, 0.3]], [[0.2, 0.5], [0.8, 0.5]]]])
    >>> mask = torch.tensor([[True, True]])
    >>> merged(before, before, mask).item()
    0.0
    >>> merged(before.flip(1)[:, :1].repeat(1, 2, 1, 1), before, mask).item()
    1.0
    """
    now, then = distances(points, mask), distances(before, mask)
    there = (now < NEAR) & (now < NEARER * then)
    share = there.float().mean(dim=2) * mask[:, :, None]  # (B, L, L), of a stroke, on another
    return share.amax(dim=(1, 2))


def distances(points: Tensor, mask: Tensor) -> Tensor:
    """Return how far samples of strokes are from other strokes: (B, L, N, L), itself infinitely.

    The N = 2 P - 1 samples of a stroke are its points and the middles between them.
    """
    images, most, count, _ = points.shape
    middles = (points[:, :, 1:] + points[:, :, :-1]) / 2
    samples = torch.cat([points, middles], dim=2).flatten(1, 2)[:, :, None]
    start, way = points[:, :, :-1].flatten(1, 2)[:, None], points.diff(dim=2).flatten(1, 2)[:, None]
    along = ((samples - start) * way).sum(dim=-1) / way.square().sum(dim=-1).clamp(min=1e-12)
    foot = start + along.clamp(0, 1)[..., None] * way
    away = (samples - foot).square().sum(dim=-1).sqrt()
    away = away.view(images, most, 2 * count - 1, most, count - 1).amin(dim=-1)
    other = mask[:, None, :] & ~torch.eye(most, dtype=torch.bool, device=mask.device)
    return away.masked_fill(~other[:, :, None], torch.inf)
