"""The outline that a pen leaves behind: what `fontgan.nn.pen` draws as ink, as closed curves.

A stroke is a chain of segments between discs; what the pen covers between two discs is their convex
hull; square ends cover more. The hulls of all segments of all strokes are united, so that the
outline has no overlaps, and few smooth curves are fitted to what they enclose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import shapely
from numpy.typing import NDArray

from fontgan.errors import DataError
from fontgan.outlines.curves import Contours, Fitting, fit_rings
from fontgan.outlines.loops import Points
from fontgan.outlines.pen_ends import end_shapes
from fontgan.outlines.regions import Region, rings_of
from fontgan.strokes.paths import Floats, Strokes

SIDES = 32  # of the polygon that stands for a disc: off by a 200th of its radius
THINNEST = 1e-4  # radius: what a pen leaves that leaves nothing visible
SMALLEST = 1e-5  # area, of a contour or a hole that a reader could see
STRAIGHT, PASSES = 1e-4, 3  # farthest that a point left out was off its neighbours' hull
TOLERANCE = 0.0012  # of the unit; a third of a pixel at 256 px
_ANGLES = np.arange(SIDES) * (2 * np.pi / SIDES)
_FLAT = np.cos(np.pi / SIDES) ** 0.5  # of a disc of radius 1: how far the polygon's edges are
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) / _FLAT
_EDGES = np.stack([np.cos(_ANGLES + np.pi / SIDES), np.sin(_ANGLES + np.pi / SIDES)])


def outline(strokes: Strokes, tolerance: float = TOLERANCE) -> Contours:
    """Return the united outline of strokes in their own unit, y down as they have it.

    Outer contours run one way and holes the other, so that either rule of filling fills them.

    Args:
        strokes: with radii.
        tolerance: farthest that the curves may be from the hulls, in the unit.

    Returns:
        Closed contours of (2, 2) lines and (4, 2) cubic curves; extrema are on points.

    Raises:
        DataError: strokes without radii.
    """
    return outlines([strokes], tolerance)[0]


def outlines(glyphs: Sequence[Strokes], tolerance: float = TOLERANCE) -> list[Contours]:
    """Return the outline of each of some glyphs: what `outline` does, sooner.

    Raises:
        DataError: strokes without radii.
    """
    each = [list(rings(strokes)) for strokes in glyphs]
    every = iter(fit_rings([ring for own in each for ring in own], Fitting(tolerance)))
    return [list(islice(every, len(own))) for own in each]


def rings(strokes: Strokes) -> Iterator[Points]:
    """Yield the united hulls' rings (n, 2): outer ones counter-clockwise in (x, y), holes not."""
    yield from rings_of(ink_of(strokes), SMALLEST)


def ink_of(strokes: Strokes) -> Region:
    """Return what a pen's ink covers: the united hulls.

    Raises:
        DataError: strokes without radii.
    """
    if strokes.radii is None:
        raise DataError("strokes without radii have no outline; give the pen a width")
    covered = _hulls(strokes.polylines, strokes.radii)
    if strokes.square is not None:
        ends = end_shapes(strokes.polylines, strokes.radii, strokes.square)
        covered = np.concatenate([covered, [shapely.Polygon(end) for end in ends]])
    return shapely.union_all(covered)


def _hulls(lines: Sequence[Floats], radii: Sequence[Floats]) -> NDArray[np.object_]:
    """Return the convex hull of the two discs of each segment of strokes; of a dot its disc.

    In the direction of each edge of a disc's polygon one disc reaches farther than the other. From
    edge to edge the hull goes along that disc, and where they change over, from one to the other.
    """
    one, two = _segments(lines, radii)
    farther = (one[:, :2] - two[:, :2]) @ _EDGES + (one[:, 2:] - two[:, 2:]) * _FLAT > 0
    before = np.roll(farther, 1, axis=1)
    discs = np.stack([disc[:, None, :2] + disc[:, None, 2:] * _CIRCLE for disc in (two, one)])
    first = np.where(before[..., None], discs[1], discs[0])
    then = np.where(before[..., None], discs[0], discs[1])
    there = np.stack([np.ones_like(before), before != farther], axis=2)
    corners = np.stack([first, then], axis=2)[there]
    hull = np.repeat(np.arange(len(one)), there.sum(axis=(1, 2)))
    hulls: NDArray[np.object_] = shapely.polygons(shapely.linearrings(corners, indices=hull))
    return hulls


def _segments(lines: Sequence[Floats], radii: Sequence[Floats]) -> tuple[Points, Points]:
    """Return the discs (n, 3) at which segments begin and end: x, y and radius; a dot's twice."""
    thick = np.maximum(np.concatenate(radii).astype(np.float64), THINNEST)
    discs = np.concatenate([np.concatenate(lines).astype(np.float64), thick[:, None]], axis=1)
    stroke = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    for _ in range(PASSES):
        keep = ~_on_the_way(discs, stroke)
        discs, stroke = discs[keep], stroke[keep]
    going_on = np.flatnonzero(stroke[:-1] == stroke[1:])
    dots = np.flatnonzero(np.bincount(stroke)[stroke] == 1)
    begins, ends = np.concatenate([going_on, dots]), np.concatenate([going_on + 1, dots])
    return discs[begins], discs[ends]


def _on_the_way(discs: Points, stroke: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which discs, none of them neighbours, lie in the hull of the two beside them anyway.

    A stroke of many points is mostly straight, and uniting hulls is what takes the time.
    """
    found = np.zeros(len(discs), bool)
    if len(discs) < 3:
        return found
    first, way = discs[:-2], discs[2:] - discs[:-2]
    off = discs[1:-1] - first
    share = (off[:, :2] * way[:, :2]).sum(1) / np.maximum((way[:, :2] ** 2).sum(1), 1e-12)
    off -= share.clip(0, 1)[:, None] * way
    near = np.hypot(off[:, 0], off[:, 1]) + np.abs(off[:, 2]) < STRAIGHT
    found[1:-1] = near & (stroke[:-2] == stroke[2:])
    found[::2] = False
    return found
