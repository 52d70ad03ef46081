"""Losses over the strokes of a pen, however far they are from where they should be.

Strokes are points (B, L, P, 2) and radii (B, L, P) in sides of the image, with a mask (B, L) of
those that there are; ink is (B, 1, S, S) in [0, 1]. Each is a mean over the glyphs of a batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses.covering import FAR, SIDE, coarse, wide

_INK = 0.5
LITTLE = 0.02  # of ink, in means of pixels: shares are of no less


def off(points: Tensor, mask: Tensor, ink: Tensor) -> Tensor:
    """Return how far the points are from the ink, in pixels: nothing may be added.

    >>> ink = torch.zeros(1, 1, 16, 16)
    >>> ink[..., 8, 2:14] = 1
    >>> points = torch.tensor([[[[4, 8.5], [12, 8.5]], [[4, 4.5], [12, 4.5]]]]) / 16
    >>> off(points, torch.tensor([[True, False]]), ink).item()
    0.0
    >>> off(points, torch.tensor([[True, True]]), ink).item()  # 0 and 4
    2.0
    """
    with torch.no_grad():
        away = distance_map(coarse(wide(ink))) * (ink.shape[-1] / min(SIDE, ink.shape[-1]))
    grid = 2 * wide(points).flatten(1, 2)[:, None] - 1
    at = F.grid_sample(away, grid, padding_mode="border", align_corners=False)
    return _mean(at.view(points.shape[:-1]), mask)


def bending(moves: Tensor, mask: Tensor, size: int) -> Tensor:
    """Return how unevenly neighbouring points are moved (B, L, P, 2), squared, in pixels.

    A stroke that is moved, turned or stretched as a whole costs nothing.

    >>> moves = torch.tensor([[[[0.0, 0], [1, 2], [2, 4], [3, 6]]]])
    >>> bending(moves, torch.tensor([[True]]), 8).item()
    0.0
    """
    bends = moves[:, :, 2:] - 2 * moves[:, :, 1:-1] + moves[:, :, :-2]
    return _mean((size * bends).square().sum(dim=-1), mask)


def ink_share(drawn: Tensor, target: Tensor) -> Tensor:
    """Return how much more or less ink there is (B, 1, S, S) in [-1, 1], squared, as a share.

    What is drawn a pixel beside is closest to the target, by pixels, where it is too little.

    >>> target, drawn = torch.ones(2, 1, 1, 4, 4)
    >>> target[..., 0, :], drawn[..., 1, :2] = -1, -1
    >>> ink_share(drawn, target).item()
    0.25
    """
    drawn, target = ((1 - x.flatten(1)).mean(dim=1) for x in (drawn, target))
    return ((drawn - target) / target.clamp(min=LITTLE)).square().mean()


def edges(points: Tensor, radii: Tensor, mask: Tensor, ink: Tensor) -> Tensor:
    """Return how far the outermost points are from the ink's four edges, in pixels.

    >>> ink = torch.zeros(1, 1, 16, 16)
    >>> ink[..., 8, 2:14] = 1  # its left is 2, its right 14, its top 8 and its bottom 9
    >>> points = torch.tensor([[[[4, 8.5], [13.5, 8.5]]]]) / 16
    >>> edges(points, torch.full((1, 1, 2), 0.5 / 16), torch.tensor([[True]]), ink).item()
    0.375
    """
    box = stroke_box(wide(points), wide(radii), mask)
    with torch.no_grad():
        true = ink_box(ink)
        some = (ink > _INK).flatten(1).any(dim=1) & mask.any(dim=1)
    away = (box - true).abs().mean(dim=(1, 2))
    return away.where(some, 0).mean() * ink.shape[-1]


def stroke_box(points: Tensor, radii: Tensor, mask: Tensor) -> Tensor:
    """Return the corners of what strokes cover, (B, 2, 2) in sides: least x and y, then greatest.

    Of a glyph without strokes they mean nothing.
    """
    gap, reach = torch.where(mask, 0.0, FAR)[..., None, None], radii[..., None]
    first = (points - reach + gap).amin(dim=(1, 2))
    return torch.stack([first, (points + reach - gap).amax(dim=(1, 2))], dim=1)


def ink_box(ink: Tensor) -> Tensor:
    """Return the corners of ink, as those of `stroke_box`; where there is none they mean nothing.

    >>> ink = torch.zeros(1, 1, 4, 4)
    >>> ink[..., 1, 2:] = 1
    >>> ink_box(ink).tolist()
    [[[0.5, 0.25], [1.0, 0.5]]]
    """
    dark = ink[:, 0] > _INK
    return torch.stack([_ends(dark.any(dim=axis)) for axis in (1, 2)], dim=-1) / ink.shape[-1]


def unevenness(radii: Tensor, mask: Tensor) -> Tensor:
    """Return how fast widths change from point to point: their logarithms' squared differences.

    >>> unevenness(torch.full((1, 1, 4), 0.1), torch.tensor([[True]])).item()
    0.0
    """
    logs = radii.log()
    return _mean((logs[:, :, 1:] - logs[:, :, :-1]).square(), mask)


def distance_map(ink: Tensor) -> Tensor:
    """Return how far each pixel is from the next one of ink, (B, 1, S, S) in pixels; no ink is 0.

    Exact, row by row and then column by column (Felzenszwalb and Huttenlocher 2012, section 2).

    >>> ink = torch.zeros(1, 1, 5, 5)
    >>> ink[..., 0, 1] = 1
    >>> distance_map(ink)[0, 0, 4, 1:].square().round().tolist()
    [16.0, 17.0, 20.0, 25.0]
    """
    size = ink.shape[-1]
    line = torch.arange(size, device=ink.device, dtype=ink.dtype)
    squares = (line[:, None] - line).square()
    none = torch.where(ink[:, 0] > _INK, 0.0, FAR**2)
    beside = (none[:, :, None] + squares).amin(dim=-1)  # (B, y, x)
    square = (beside.transpose(1, 2)[:, :, None] + squares).amin(dim=-1).transpose(1, 2)
    return square.where(square < FAR**2, 0.0).sqrt()[:, None]


def _ends(dark: Tensor) -> Tensor:
    """Return where the dark ones of (B, S) begin and end (B, 2); anything where there are none."""
    line = torch.arange(dark.shape[1], device=dark.device)
    first = torch.where(dark, line, dark.shape[1]).amin(dim=1)
    return torch.stack([first, torch.where(dark, line, -1).amax(dim=1) + 1], dim=1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the glyphs of the mean over their strokes, of values (B, L, n)."""
    each = (values.mean(dim=-1) * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
    return each.mean()
