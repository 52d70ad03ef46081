"""Strokes moved until they draw given images: gradient descent alone, no network.

Each character has a scale and a shift, each of its strokes a shift, each point a shift and a
radius. Ink that no stroke reaches and points that lie on paper are seen from any distance; first it
is drawn coarsely, where strokes meet sooner, then at the images' own size and with sharper edges.
Strokes may not crowd: two on one bar would draw it as well, and leave another bar to none.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses import covering, writing
from fontgan.nn.pen import draw_padded
from fontgan.training.merging import merged

RADIUS, LEAST = 0.03, 0.012  # to begin with and in the end, in sides: no hairlines
RATES = {"affine": 0.035, "points": 0.007, "radii": 0.045}
BETAS = (0.85, 0.98)  # steps are few
COOLED = 0.1  # share of a rate that is left at the end
SOFT, SHARP = 0.5, 0.3  # pixels: a print's edge is a pixel wide
EVERY = 4  # steps: what is seen from afar hardly changes from one to the next
FAR_SIDE = 4  # pixels of a side that are one from afar


@dataclass(frozen=True)
class FitWeights:
    """Weights of what a fit makes small; distances are in pixels of the images.

    Attributes:
        pixels: mean absolute difference of the images; ``means``: of means of 2 and of 4 a side.
        lost: how far ink is from the strokes; ``off``: how far points are from ink.
        bending: how unevenly a stroke's points are moved; ``unevenness``: of its widths.
        crowding: how much nearer than half as far as before strokes come to each other; it ends
            with the steps.
    """

    pixels: float = 10.0
    means: float = 5.0
    lost: float = 0.3
    off: float = 0.15
    bending: float = 0.2
    unevenness: float = 0.05
    crowding: float = 0.6


@dataclass(frozen=True)
class Fitted:
    """Strokes that draw B images.

    Attributes:
        points: (B, L, P, 2) in sides of the image.
        radii: (B, L, P), the same.
        error: (B,), mean absolute difference of the ink, drawn as sharply as a print, from the
            image's, both in [0, 1].
        merged: (B,), how much of a stroke lies on one other that it was apart from.
    """

    points: Tensor
    radii: Tensor
    error: Tensor
    merged: Tensor


def fit(
    points: Tensor,
    mask: Tensor,
    ink: Tensor,
    steps: int = 60,
    coarse: float = 0.8,
    weights: FitWeights | None = None,
    rate: float = 1.0,
) -> Fitted:
    """Move strokes (B, L, P, 2), P >= 3, until they draw the ink (B, S, S) in [0, 1].

    Args:
        points: in sides of the image; what they are moved from.
        mask: (B, L), which strokes there are; one or more an image.
        ink: the images, 1 where there is ink; S a multiple of 4.
        steps: of Adam.
        coarse: share of the steps that are drawn at half the side.
        weights: of what is made small.
        rate: how fast things move; strokes that change places at 1 may not at a half.
    """
    moving, weights = _Moving(points, mask), weights or FitWeights()
    half, afar = (F.avg_pool2d(ink[:, None], side)[:, 0] for side in (2, FAR_SIDE))
    optimiser = torch.optim.Adam(moving.groups(), betas=BETAS)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * RATES[group["name"]] * (1 - (1 - COOLED) * step / steps)
        optimiser.zero_grad()
        loss = _near(moving, *((half, SOFT) if step < coarse * steps else (ink, SHARP)), weights)
        loss = loss + _shape(moving, ink.shape[-1], weights)
        loss = loss + (1 - step / steps) * weights.crowding * _crowding(moving, ink.shape[-1])
        if step % EVERY == 0:
            loss = loss + EVERY * _far(moving, afar, weights)
        (loss * len(ink)).backward()  # a sum over the images: none slows another
        optimiser.step()
    with torch.no_grad():
        where, radii = moving.strokes()
        drawn = draw_padded(where, radii, mask, ink.shape[-1], SHARP)
    error = (drawn - ink).abs().mean(dim=(1, 2))
    return Fitted(where, radii, error, merged(where, points, mask))


class _Moving:
    """Strokes that descend: where they come from, and what has moved them."""

    def __init__(self, points: Tensor, mask: Tensor) -> None:
        self.points, self.mask = points, mask
        images, most, count, _ = points.shape
        own = torch.eye(most, dtype=torch.bool, device=points.device)
        own = own.repeat_interleave(count, dim=0).repeat_interleave(count, dim=1)
        self.apart = _between(points).masked_fill(own, 0)
        self.affine = points.new_zeros(images, 1, 1, 4).requires_grad_()
        self.strokewise = points.new_zeros(images, most, 1, 2).requires_grad_()
        self.pointwise = torch.zeros_like(points).requires_grad_()
        self.weight = points.new_zeros(images, most, count).requires_grad_()

    def groups(self) -> list[dict[str, object]]:
        """Return what an optimiser moves."""
        moved = {
            "affine": [self.affine],
            "points": [self.strokewise, self.pointwise],
            "radii": [self.weight],
        }
        return [{"name": name, "params": values} for name, values in moved.items()]

    def strokes(self) -> tuple[Tensor, Tensor]:
        """Return points and radii as they are now."""
        scale, shift = self.affine.split(2, dim=-1)
        points = (self.points - 0.5) * scale.exp() + 0.5 + shift
        radii = LEAST + (RADIUS - LEAST) * self.weight.exp()
        return points + self.strokewise + self.pointwise, radii


def _near(moving: _Moving, ink: Tensor, softness: float, weights: FitWeights) -> Tensor:
    """Return how the drawing differs from the ink, pixel by pixel and in means."""
    drawn = draw_padded(*moving.strokes(), moving.mask, ink.shape[-1], softness)
    pairs = [(F.avg_pool2d(drawn, side), F.avg_pool2d(ink, side)) for side in (2, 4)]
    means = torch.stack([F.l1_loss(*pair) for pair in pairs]).sum()
    return weights.pixels * F.l1_loss(drawn, ink) + weights.means * means


def _far(moving: _Moving, ink: Tensor, weights: FitWeights) -> Tensor:
    """Return what is seen from any distance; ink (B, S / 4, S / 4)."""
    (points, radii), mask, ink = moving.strokes(), moving.mask, ink[:, None]
    lost = covering.lost(points, radii, mask, ink)
    return FAR_SIDE * (weights.lost * lost + weights.off * writing.off(points, mask, ink))


def _shape(moving: _Moving, size: int, weights: FitWeights) -> Tensor:
    """Return how far strokes are bent and how uneven they are."""
    points, radii = moving.strokes()
    bends = writing.bending(points - moving.points, moving.mask, size)
    return weights.bending * bends + weights.unevenness * writing.unevenness(radii, moving.mask)


def _crowding(moving: _Moving, size: int) -> Tensor:
    """Return how much nearer than half as far as before points are to those of other strokes."""
    points, mask = moving.strokes()[0], moving.mask
    used = mask.repeat_interleave(points.shape[2], dim=1)
    too_near = F.relu(moving.apart / 2 - _between(points)) * used[:, None]
    each = (too_near.sum(dim=2) * used).sum(dim=1) / used.sum(dim=1).clamp(min=1)
    return size * each.mean()


def _between(points: Tensor) -> Tensor:
    """Return the distances (B, L * P, L * P) between points."""
    flat = points.flatten(1, 2)
    return ((flat[:, :, None] - flat[:, None]).square().sum(dim=-1) + 1e-12).sqrt()
