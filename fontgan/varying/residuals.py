"""What a hand's own glyph has that its drawn strokes have not: found by descent through the pen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses import covering, images
from fontgan.methods.base import PenStrokes
from fontgan.nn.pen import draw_padded
from fontgan.varying.ways import WAYS, moved

STEPS, RATE, COOLED = 30, 0.15, 0.1  # of Adam; the share of its rate that is left at the end
BETAS = (0.85, 0.98)  # steps are few
SIDE, SOFTNESS = 32, 0.5  # pixels: finer glyphs are looked at in means
PIXELS, MEANS, LOST, EVERY = 10.0, 10.0, 0.3, 4
MODEST = 0.005  # weight of an amount's square: no more is moved than the picture asks for


@dataclass(frozen=True)
class Residual:
    """How B drawings must be moved to become the given glyphs.

    Attributes:
        amounts: (B, WAYS) of `fontgan.varying.ways`.
        error: (B,), mean absolute difference of ink that is left, in [0, 1].
    """

    amounts: Tensor
    error: Tensor


def residual(strokes: PenStrokes, target: Tensor) -> Residual:
    """Move drawn strokes in smooth ways until they draw the glyphs (B, 1, S, S) in [-1, 1]."""
    with torch.enable_grad():
        target = target.detach()
        ink = F.avg_pool2d((1 - target) / 2, max(1, target.shape[-1] // SIDE))
        amounts = ink.new_zeros(len(ink), WAYS).requires_grad_()
        optimiser = torch.optim.Adam([amounts], betas=BETAS)
        for step in range(STEPS):
            for group in optimiser.param_groups:
                group["lr"] = RATE * (1 - (1 - COOLED) * step / STEPS)
            optimiser.zero_grad()
            loss = _difference(strokes, amounts, ink, afar=step % EVERY == 0)
            (loss * len(ink)).backward()  # a sum over the glyphs: none slows another
            optimiser.step()
    amounts = amounts.detach()
    with torch.no_grad():
        error = (_drawn(strokes, amounts, ink)[2] - ink).abs().mean(dim=(1, 2, 3))
    return Residual(amounts, error)


def _drawn(strokes: PenStrokes, amounts: Tensor, ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    points, radii = moved(strokes.points, strokes.radii, strokes.mask, amounts)
    pen = points, radii, strokes.mask
    drawn = draw_padded(*pen, ink.shape[-1], SOFTNESS, square=strokes.square)
    return points, radii, drawn[:, None]


def _difference(strokes: PenStrokes, amounts: Tensor, ink: Tensor, afar: bool) -> Tensor:
    """Return how the moved strokes differ from the ink, pixel by pixel, in means and from afar."""
    points, radii, drawn = _drawn(strokes, amounts, ink)
    loss = PIXELS * F.l1_loss(drawn, ink) + MODEST * amounts.square().sum(dim=1).mean()
    loss = loss + MEANS * images.pyramid(drawn, ink, levels=2)
    if afar:
        loss = loss + EVERY * LOST * covering.lost(points, radii, strokes.mask, ink)
    return loss
