"""The pen in operations that an ONNX file has: every segment everywhere, one after another.

It draws what `fontgan.nn.pen` draws, whose tiles a runtime does not know.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fontgan.methods.base import PenStrokes
from fontgan.nn.pen import POINT, REACH


def draw_everywhere(strokes: PenStrokes, size: int, softness: float) -> Tensor:
    """Draw strokes: (B, 1, size, size) in [-1, 1], ink -1."""
    nearest = None
    for point in range(strokes.points.shape[2] - 1):
        distance = _distance(strokes, point, size, POINT * softness / size)
        nearest = distance if nearest is None else torch.minimum(nearest, distance)
    assert nearest is not None
    depth = nearest * (size / softness)
    drawn = strokes.mask[..., None] & (depth <= REACH)
    free = torch.where(drawn, torch.sigmoid(depth), torch.ones_like(depth)).prod(dim=1)
    return (2 * free - 1).view(-1, 1, size, size)


def _distance(strokes: PenStrokes, point: int, size: int, dot: float) -> Tensor:
    """Return how far pixels are from the edge of each stroke's segment (B, L, S * S), in sides."""
    places = (torch.arange(size) + 0.5) / size
    start, end = strokes.points[:, :, point], strokes.points[:, :, point + 1]
    way = end - start
    right = places.repeat(size) - start[..., :1]
    below = places.repeat_interleave(size) - start[..., 1:]
    square = way.square().sum(dim=-1, keepdim=True).clamp(min=1e-12)
    along = ((right * way[..., :1] + below * way[..., 1:]) / square).clamp(0, 1)
    beside = right - along * way[..., :1], below - along * way[..., 1:]
    first, last = strokes.radii[:, :, point, None], strokes.radii[:, :, point + 1, None]
    length = (beside[0].square() + beside[1].square() + 1e-12).sqrt()
    ends = point == 0, point == strokes.points.shape[2] - 2
    if strokes.square is not None and any(ends):
        length = length - _gain(way, beside, length, strokes.square, ends, dot)
    return length - first - along * (last - first)


def _gain(
    way: Tensor,
    beside: tuple[Tensor, Tensor],
    length: Tensor,
    square: Tensor,
    ends: tuple[bool, bool],
    dot: float,
) -> Tensor:
    """Return how much nearer pixels beyond a stroke's first and last end are, as these are square.

    A segment shorter than ``dot`` has the direction of x.
    """
    span = way.square().sum(dim=-1, keepdim=True).sqrt()
    short, span = span < dot, span.clamp(min=1e-12)
    east = torch.where(short, torch.ones_like(span), way[..., :1] / span)
    south = torch.where(short, torch.zeros_like(span), way[..., 1:] / span)
    beyond = east * beside[0] + south * beside[1]
    across = east * beside[1] - south * beside[0]
    gain = length - torch.maximum(beyond.abs(), across.abs())
    before, after = (square[..., end, None] * float(ends[end]) for end in (0, 1))
    here = torch.where(beyond < 0, before, after)
    return torch.where(beyond == 0, torch.zeros_like(gain), here * gain)
