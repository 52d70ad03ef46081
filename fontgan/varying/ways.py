"""The ways in which a hand's drawings of one character differ; the same for every character.

A way is a smooth movement, so that strokes beside each other move together. Some are of the whole
glyph: it is shifted, stretched, slanted, bent, pressed harder. Others are of its strokes: each is
shifted, stretched, turned, bent and pressed by amounts that change slowly in the order of writing,
a sum of cosines. All are linear in their amounts, whose unit is about what a hand does; but a pen
is never pressed much harder than `HARDEST`, nor lifted as far.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

WAVES = 6  # cosines over the order of strokes; the first is the same for all strokes
SHIFT = 0.012  # sides of the image, of a stroke or of the edge of a glyph
STRETCH, TURN, BEND = 0.06, 0.06, 0.05  # shares of a stroke's length; radians
PRESS, HARDEST = 0.1, 0.4  # logarithms of a radius
_OF_STROKES = 7  # x, y, stretch, turn, bend, press, taper
_OF_GLYPHS = 12  # x and y by five fields each, pressure by two
WAYS = _OF_STROKES * WAVES + _OF_GLYPHS


def moved(points: Tensor, radii: Tensor, mask: Tensor, amounts: Tensor) -> tuple[Tensor, Tensor]:
    """Return strokes moved and pressed by amounts of all ways.

    Args:
        points: (B, L, P, 2), P >= 2, in sides of the image.
        radii: (B, L, P), the same.
        mask: (B, L) bool, which strokes there are.
        amounts: (B, WAYS).

    Returns:
        Points and radii of the same shapes.

    >>> line = torch.tensor([[[[0.25, 0.5], [0.75, 0.5]]]])
    >>> lower = torch.eye(WAYS)[WAVES:WAVES + 1]  # a shift in y, of all strokes alike
    >>> points, radii = moved(line, torch.ones(1, 1, 2), torch.tensor([[True]]), lower)
    >>> [round(y, 3) for y in points[..., 1].flatten().tolist()], radii.tolist()
    ([0.512, 0.512], [[[1.0, 1.0]]])
    """
    of_strokes, of_glyphs = amounts.split([_OF_STROKES * WAVES, _OF_GLYPHS], dim=1)
    each = _waves(mask) @ of_strokes.unflatten(1, (_OF_STROKES, WAVES)).transpose(1, 2)
    shift, stretch, turn, bend, press, taper = each[:, :, None].split([2, 1, 1, 1, 1, 1], dim=-1)
    along = torch.linspace(-1, 1, points.shape[2], device=points.device, dtype=points.dtype)[
        :, None
    ]
    arms = points - points.mean(dim=2, keepdim=True)
    chord = points[:, :, -1:] - points[:, :, :1]
    moves = SHIFT * shift + STRETCH * stretch * arms + TURN * turn * _turned(arms)
    moves = moves + BEND * bend * _turned(chord) * (1.5 * along.square() - 0.5)
    pressed = PRESS * (press + taper * along)
    fields, pressures = of_glyphs[:, None, None].split([10, 2], dim=-1)
    u, v = (2 * points - 1).split(1, dim=-1)
    places = torch.cat([u, v, u * v, u.square() - 1 / 3, v.square() - 1 / 3], dim=-1)[..., None, :]
    moves = moves + SHIFT * (fields.unflatten(-1, (2, 5)) * places).sum(dim=-1)
    pressed = pressed + PRESS * (pressures * torch.cat([u, v], dim=-1)).sum(dim=-1, keepdim=True)
    pressed = HARDEST * torch.tanh(pressed[..., 0] / HARDEST)
    return points + moves, radii * pressed.exp()


def _waves(mask: Tensor) -> Tensor:
    """Return cosines over the order of the strokes there are, (B, L, WAVES)."""
    count = mask.sum(dim=1).clamp(min=1)[:, None]
    order = (torch.arange(mask.shape[1], device=mask.device) + 0.5) / count
    return torch.cos(math.pi * order[..., None] * torch.arange(WAVES, device=mask.device))


def _turned(arrows: Tensor) -> Tensor:
    """Return arrows (..., 2) turned by a right angle."""
    return torch.stack([-arrows[..., 1], arrows[..., 0]], dim=-1)
