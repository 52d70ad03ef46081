"""A pen that draws strokes and hands the drawing's gradients back to their points and widths.

A stroke is a chain of points with radii; it covers what lies nearer to one of its segments than the
radius there. The edge is soft: coverage is a sigmoid of the distance, and united strokes are what
no stroke leaves free. A stroke's two ends are round, square, or between: beyond them distance is
Euclid's, Chebyshev's along the segment's direction, or a mean of both. Source: signed distances as
in Li et al. 2020, "Differentiable Vector Graphics Rasterization"; the soft union is that of Liu et
al. 2019, "Soft Rasterizer", equation 3.

What a stroke draws ends `REACH` softnesses from its edge, where it would be 3e-4 of ink; further
off there is no gradient either (`fontgan.losses.covering` draws strokes from afar). So the image
is cut into tiles, and a tile is drawn by the segments that may be the nearest there; the backward
pass reckons distances again and keeps one number a pixel near a stroke, however many points
it has. On a GPU, where finding such tiles would make the device wait for the host, every segment
draws everywhere. In either case what is drawn is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from fontgan.nn.pen_depth import depth_of, kept_where

TILE = 8  # pixels
REACH = 8.0  # softnesses
POINT = 0.03  # softnesses: a shorter segment is a dot
ROWS = {"cpu": 1 << 11, "cuda": 1 << 20}  # tiles of strokes at once
TIED = 1000  # roundings at one softness: closer distances are the same


def draw(
    points: Tensor,
    radii: Tensor,
    glyph: Tensor,
    glyphs: int,
    size: int,
    softness: float = 0.5,
    visibility: Tensor | None = None,
    square: Tensor | None = None,
) -> Tensor:
    """Draw strokes into images (glyphs, size, size) of ink in [0, 1], in float32 at least.

    Args:
        points: (T, P, 2), P >= 2, x to the right and y down, in sides of the image.
        radii: (T, P), in sides of the image; linear from a point to the next.
        glyph: (T,), the image that a stroke belongs to; integers, not falling.
        glyphs: how many images.
        size: side of an image in pixels.
        softness: pixels over which a stroke's edge falls from .73 to .5 and to .27.
        visibility: (T,) in [0, 1], share of a stroke's ink that is drawn; None is all.
        square: (T, 2) in [0, 1], how square a stroke's first and last end are; None is 0, round.
            Square ones, 1, reach a radius beyond the points, as SVG's ``stroke-linecap="square"``.

    A point that is not a number makes its image so.

    >>> line = torch.tensor([[[0.25, 0.5], [0.75, 0.5]]])
    >>> ink = draw(line, torch.full((1, 2), 0.125), torch.tensor([0]), 1, size=16)
    >>> [round(x, 2) for x in ink[0, 8, :6].tolist()]  # a round end: the edge is at 2
    [0.04, 0.25, 0.7, 0.93, 0.95, 0.95]
    """
    tiles: Tensor = _tiles(points, radii, glyph, glyphs, size, softness, visibility, square)
    side = -(-size // TILE)
    image = tiles.view(glyphs, side, side, TILE, TILE).transpose(2, 3)
    return image.reshape(glyphs, side * TILE, side * TILE)[:, :size, :size]


def draw_padded(
    points: Tensor,
    radii: Tensor,
    mask: Tensor,
    size: int,
    softness: float = 0.5,
    visibility: Tensor | None = None,
    square: Tensor | None = None,
) -> Tensor:
    """Draw images (B, size, size) of strokes (B, L, P, 2) and radii (B, L, P) where mask (B, L).

    Otherwise as `draw`; ``visibility`` is (B, L), and ``square`` (B, L, 2). On a GPU the masked
    strokes are drawn invisibly, for picking the others would make it wait.
    """
    images, most = mask.shape
    glyph = torch.arange(images, device=points.device).repeat_interleave(most)
    points, radii, used = points.flatten(0, 1), radii.flatten(0, 1), mask.flatten()
    visibility = None if visibility is None else visibility.flatten()
    square = None if square is None else square.flatten(0, 1)
    if points.device.type == "cpu":
        points, radii, glyph = points[used], radii[used], glyph[used]
        visibility = None if visibility is None else visibility[used]
        square = None if square is None else square[used]
    else:
        points, radii = (x.where(used.view(-1, *[1] * (x.ndim - 1)), 0) for x in (points, radii))
        visibility = used.to(points.dtype) if visibility is None else visibility * used
    return draw(points, radii, glyph, images, size, softness, visibility, square)


def _tiles(
    points: Tensor,
    radii: Tensor,
    glyph: Tensor,
    glyphs: int,
    size: int,
    softness: float,
    visibility: Tensor | None,
    square: Tensor | None,
) -> Tensor:
    """Return all tiles of all images (glyphs * tiles, TILE^2)."""
    with torch.autocast(points.device.type, enabled=False):
        dtype = torch.promote_types(points.dtype, torch.float32)
        segments = _segments(points.to(dtype), radii.to(dtype), size / softness)
        if square is not None:
            segments = torch.cat([segments, _ends(square.to(dtype), segments.shape[1])])
        with torch.no_grad():
            plan = _Plan.of(segments, glyph, glyphs, size, softness)
        if visibility is not None:
            visibility = visibility.to(dtype)
        return _Pen.apply(segments, visibility, plan)  # type: ignore[no-any-return,no-untyped-call]


def _segments(points: Tensor, radii: Tensor, scale: float) -> Tensor:
    """Return (7, P - 1, T): start x, y, direction x, y, length, radius there, its slope."""
    points, radii = points.permute(2, 1, 0) * scale, radii.T * scale
    start, way = points[:, :-1], points[:, 1:] - points[:, :-1]
    dot = way.square().sum(dim=0) < POINT**2
    way = torch.stack([way[0].where(~dot, 1), way[1].where(~dot, 0)])
    length = way.square().sum(dim=0).sqrt()
    direction = way / length
    slope = ((radii[1:] - radii[:-1]) / length).where(~dot, 0)
    rows = (*start, *direction, length.where(~dot, 0), radii[:-1], slope)
    return torch.stack(rows)


def _ends(square: Tensor, segments: int) -> Tensor:
    """Return (2, segments, T): how square the ends before and after are; joints are round."""
    before, after = square.T[:, None]
    rest = segments - 1
    return torch.stack([F.pad(before, (0, 0, 0, rest)), F.pad(after, (0, 0, rest, 0))])


@dataclass(frozen=True)
class _Plan:
    """Which segments draw which tiles; a patch is a tile as one stroke draws it.

    Patches with more candidates come first: the r-th candidates are those of the first patches.

    Attributes:
        stroke: (M,), the patch's; ``tile``: (M,), its place among all tiles of all images.
        centre: (2, M), of the tile, in softnesses.
        offset: (2, TILE^2), of the pixels from it.
        candidates: (M_r,) each, indices of segments that may be nearest somewhere in the patch.
        images: how many; ``side``: tiles of an image's side.
    """

    stroke: Tensor
    tile: Tensor
    centre: Tensor
    offset: Tensor
    candidates: tuple[Tensor, ...]
    images: int
    side: int

    @classmethod
    def of(cls, segments: Tensor, glyph: Tensor, images: int, size: int, softness: float) -> _Plan:
        """Find what is near by the distances of the tiles' centres."""
        side, dtype, device = -(-size // TILE), segments.dtype, segments.device
        centres = _grid((torch.arange(side, device=device).to(dtype) + 0.5) * (TILE / softness))
        offset = _grid((torch.arange(TILE, device=device).to(dtype) - (TILE - 1) / 2) / softness)
        find = _near if device.type == "cpu" else _everywhere
        patch, candidates = find(segments, centres, (TILE - 1) / math.sqrt(2) / softness)
        stroke, tile = patch // side**2, patch % side**2
        place = glyph[stroke] * side**2 + tile
        return cls(stroke, place, centres[:, tile], offset, candidates, images, side)

    def parts(self) -> Iterator[tuple[slice, list[Tensor]]]:
        """Yield ranges of patches and the candidates of their first ones."""
        rows = ROWS.get(self.stroke.device.type, ROWS["cuda"])
        for first in range(0, len(self.stroke), rows):
            last = min(first + rows, len(self.stroke))
            yield slice(first, last), [c[first:last] for c in self.candidates if len(c) > first]


def _grid(places: Tensor) -> Tensor:
    """Return (2, n^2): x and y of all pairs of n places, row by row."""
    return torch.stack([places.repeat(len(places)), places.repeat_interleave(len(places))])


def _near(segments: Tensor, centres: Tensor, reach: float) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return patches, stroke by stroke its tiles, and the candidates of those of each rank.

    A segment is a candidate if it may be nearest in a pixel up to ``reach`` from the centre, and no
    further than `REACH`. Comparisons are such that what is not a number is near.
    """
    rows = segments.flatten(1)
    at = depth_of(rows, centres.new_zeros(2, rows.shape[1]), centres).value
    length, slope = rows[4], rows[6].abs()
    slack = (reach + torch.minimum(slope * reach, slope * length))[:, None]
    deepest, shape = at + slack, (*segments.shape[1:], centres.shape[1])
    bound = (at - slack).view(shape).amax(dim=0).clamp(min=-REACH)
    near = (~(deepest.view(shape) < bound)).flatten(1)  # (P - 1, strokes * tiles)
    count = near.sum(dim=0, dtype=torch.uint8)
    patch = count.nonzero()[:, 0]
    count, order = count[patch].sort(descending=True, stable=True)
    patch = patch[order]
    seen = near[:, patch].cumsum(dim=0, dtype=torch.int16)
    own, candidates = patch // centres.shape[1], []
    for rank in range(int(count[0]) if len(count) else 0):
        some = int((count > rank).sum())
        segment = (seen[:, :some] <= rank).sum(dim=0)
        candidates.append(segment * segments.shape[2] + own[:some])
    return patch, tuple(candidates)


def _everywhere(
    segments: Tensor, centres: Tensor, _reach: float
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return all patches, and all segments of their strokes as candidates; as `_near` otherwise."""
    patch = torch.arange(segments.shape[2] * centres.shape[1], device=segments.device)
    own = patch // centres.shape[1]
    return patch, tuple(own + k * segments.shape[2] for k in range(segments.shape[1]))


class _Pen(torch.autograd.Function):
    """Segments (7 or 9, P - 1, T) and visibility to tiles (all tiles, TILE^2) of ink."""

    @staticmethod
    def forward(ctx: Any, segments: Tensor, visibility: Tensor | None, plan: _Plan) -> Tensor:
        rows, pixels = segments.flatten(1), plan.offset.shape[1]
        depth = rows.new_empty(len(plan.stroke), pixels)
        for part, candidates in plan.parts():
            for rank, segment in enumerate(candidates):
                some = slice(part.start, part.start + len(segment))
                value = depth_of(rows[:, segment], plan.centre[:, some], plan.offset).value
                if rank:
                    torch.maximum(depth[some], value, out=depth[some])
                else:
                    depth[some] = value
        depth = F.threshold(depth, -REACH, -math.inf, inplace=True)
        free = (-depth).sigmoid_()
        if visibility is not None:
            free = (free - 1).mul_(visibility[plan.stroke][:, None]).add_(1)
        sums = rows.new_zeros(plan.images * plan.side**2, pixels)
        left = sums.index_add_(0, plan.tile, free.clamp_(min=1e-37).log_()).exp_()
        ctx.save_for_backward(segments, visibility, depth, left)
        ctx.plan = plan
        return 1 - left

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
        segments, visibility, depth, left = ctx.saved_tensors
        plan: _Plan = ctx.plan
        pull = (left * grad)[plan.tile]  # of -log(free)
        covered, seen = depth.sigmoid(), None
        if visibility is None:
            pull.mul_(covered)
        else:
            share = visibility[plan.stroke][:, None]
            pull /= (1 - share * covered).clamp_(min=1e-37)
            seen = (pull * covered).sum(dim=1)
            seen = torch.zeros_like(visibility).index_add_(0, plan.stroke, seen)
            pull *= share * covered * (1 - covered)
        return _backward(segments, depth, pull, plan), seen, None


def _backward(segments: Tensor, depth: Tensor, pull: Tensor, plan: _Plan) -> Tensor:
    """Return the gradient of the segments from that of the depths, which is used up."""
    rows = segments.flatten(1)
    result, tied = torch.zeros_like(rows), TIED * torch.finfo(rows.dtype).eps
    for part, candidates in plan.parts():
        for segment in candidates:
            some = slice(part.start, part.start + len(segment))
            own = rows[:, segment]
            measured = depth_of(own, plan.centre[:, some], plan.offset)
            won = kept_where(torch.ge, (measured.value - depth[some]).add_(tied), pull[some])
            pull[some] -= won
            result.index_add_(1, segment, measured.backward(won, own, plan.offset))
    return result.view_as(segments)
