"""How square the strokes of a hand end: found in its own glyphs by descent through the pen.

While a network learns, ends tell nothing, for its strokes stand a pixel off. So the strokes are
first let go: each point and radius moves until the strokes draw the glyph, and the one number of
the hand with them. Ends that do not stand out of other ink have no say.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses import images, writing
from fontgan.methods.base import PenStrokes
from fontgan.nn.ends import ROUND, standing_out
from fontgan.nn.pen import draw_padded

GLYPHS, FEWEST = 16, 4  # of a hand: more say the same, fewer say nothing
SIDE, SOFTNESS = 64, 0.35  # pixels: finer glyphs are looked at in means
STEPS, COOLED = 70, 0.1  # of Adam; the share of its rates that is left at the end
COMING = 25  # steps in which strokes come home: till then ends look rounder than they are
RATES = (0.004, 0.03, 0.3)  # of points in sides, of radii's logarithms, of a logit
BETAS = (0.85, 0.98)  # steps are few
PIXELS, MEANS, BENDING, UNEVENNESS = 10.0, 5.0, 0.05, 0.05
SETTLED = 0.15  # what has fallen so far does not rise above that again


def squareness(strokes: PenStrokes, target: Tensor) -> float:
    """Return how square a hand's strokes end, in [0, 1]; 0 where that cannot be seen.

    Args:
        strokes: of B of its characters, as a model draws them.
        target: (B, 1, S, S) in [-1, 1], the hand's own glyphs.
    """
    some = slice(GLYPHS)
    ink = (1 - target[some].detach()) / 2
    if len(ink) < FEWEST:
        return 0.0
    ink = F.avg_pool2d(ink, max(1, ink.shape[-1] // SIDE))
    given = PenStrokes(strokes.points[some], strokes.radii[some], strokes.mask[some])
    with torch.enable_grad():
        found = _descend(given, ink)
    return found if found > ROUND else 0.0  # what is no number is round too


def _descend(given: PenStrokes, ink: Tensor) -> float:
    clear = standing_out(given.points, given.radii, given.mask)
    moves, widening = (torch.zeros_like(x).requires_grad_() for x in (given.points, given.radii))
    logit = ink.new_zeros(1).requires_grad_()
    optimiser = torch.optim.Adam([{"params": [x]} for x in (moves, widening, logit)], betas=BETAS)
    for step in range(STEPS):
        for group, rate in zip(optimiser.param_groups, RATES, strict=True):
            group["lr"] = rate * (1 - (1 - COOLED) * step / STEPS)
        optimiser.zero_grad()
        logit.requires_grad_(step >= COMING)
        square = logit.sigmoid()
        if square < SETTLED:
            break
        loss = _difference(given, moves, given.radii * widening.exp(), square * clear, ink)
        (loss * len(ink)).backward()  # a sum over the glyphs: none slows another
        optimiser.step()
    return logit.sigmoid().item()


def _difference(
    given: PenStrokes, moves: Tensor, radii: Tensor, square: Tensor, ink: Tensor
) -> Tensor:
    """Return how strokes that are let go differ from the ink, and how unsteady they have become."""
    size, points = ink.shape[-1], given.points + moves
    drawn = draw_padded(points, radii, given.mask, size, SOFTNESS, square=square)[:, None]
    loss = PIXELS * F.l1_loss(drawn, ink) + MEANS * images.pyramid(drawn, ink, levels=1)
    loss = loss + BENDING * writing.bending(moves, given.mask, size)
    return loss + UNEVENNESS * writing.unevenness(radii, given.mask)
