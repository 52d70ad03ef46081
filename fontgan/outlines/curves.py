"""Closed polygons as few smooth cubic curves, with corners kept and extrema on points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from fontTools.misc.bezierTools import splitCubicAtT

from fontgan.outlines.loops import Flags, Loops, Places, Points, spread
from fontgan.outlines.runs import Runs, Segments, fit

CORNER = 0.5  # radians: a polygon that turns more at a point has a corner there
STEP = 4.0  # tolerances between the points that a curve is fitted to
EDGE = 0.02  # share of a curve: an extremum so near to its end is the end

Contours = list[list[Points]]


@dataclass(frozen=True)
class Fitting:
    """How curves are fitted.

    Attributes:
        tolerance: farthest that a curve may be from the polygon, in its units.
        corner: radians; where the polygon turns more, the curve has a corner too.
    """

    tolerance: float
    corner: float = CORNER


def fit_rings(rings: Sequence[Points], how: Fitting) -> Contours:
    """Return closed polygons (n, 2), last points not repeated, as curves.

    A batch of glyphs takes a fraction of the time of its polygons one by one.

    Returns:
        Of each polygon its segments from point to point: (2, 2) lines and (4, 2) cubic curves.
    """
    if not rings:
        return []
    loops = Loops.of(rings).distinct().dense(how.tolerance * STEP)
    corners = loops.turns() > how.corner
    cuts = _cuts(loops, corners)
    runs = _runs(loops, corners, cuts)
    found = fit(runs, how.tolerance)
    whose = loops.ring[cuts][np.searchsorted(runs.begins, found.begins, side="right") - 1]
    contours: Contours = [[] for _ in rings]
    for number, parts in zip(whose.tolist(), _at_extrema(found), strict=True):
        contours[number] += parts
    return contours


def draw(pen: object, contours: Sequence[Sequence[Points]]) -> None:
    """Draw closed contours of segments with a fontTools pen."""
    for segments in contours:
        pen.moveTo(tuple(segments[0][0].tolist()))  # type: ignore[attr-defined]
        for segment in segments:
            points = [tuple(point) for point in segment[1:].tolist()]
            (pen.lineTo if len(points) == 1 else pen.curveTo)(*points)  # type: ignore[attr-defined]
        pen.closePath()  # type: ignore[attr-defined]


def _cuts(loops: Loops, corners: Flags) -> Places:
    """Return where curves must end: two or more points of each polygon."""
    cut = corners | loops.extreme(corners)
    few = np.add.reduceat(cut.astype(np.int64), loops.starts) < 2
    cut &= ~few[loops.ring]
    cut[loops.starts[few]] = True
    cut[(loops.starts + loops.sizes // 2)[few]] = True
    return np.flatnonzero(cut)


def _runs(loops: Loops, corners: Flags, cuts: Places) -> Runs:
    """Return the stretches of points from one cut to the next, round each polygon."""
    ends = loops.next(cuts)
    starts, sizes = loops.starts[loops.ring[cuts]], loops.sizes[loops.ring[cuts]]
    counts = (ends - cuts - 1) % sizes + 2
    inside = np.repeat(cuts - starts, counts) + spread(counts)
    places = np.repeat(starts, counts) + inside % np.repeat(sizes, counts)
    begins = np.cumsum(counts) - counts
    out, back = (loops.tangents(at, corners[at], way) for at, way in ((cuts, 1), (ends, -1)))
    return Runs(loops.points[places], begins, begins + counts - 1, np.stack([out, back], axis=1))


def _at_extrema(found: Segments) -> Iterator[list[Points]]:
    """Yield each line, and each curve cut where its x or y is least or greatest well within it."""
    places = _turning(found.curves)
    within = (places > EDGE) & (places < 1 - EDGE)
    cut = within.any(axis=1) & ~found.lines
    for curve, line, turns, its, inside in zip(
        found.curves, found.lines.tolist(), cut.tolist(), places, within, strict=True
    ):
        if line:
            yield [curve[[0, 3]]]
        elif turns:
            yield [np.array(p) for p in splitCubicAtT(*curve.tolist(), *sorted(its[inside]))]
        else:
            yield [curve]


def _turning(curves: Points) -> Points:
    """Return where curves (n, 4, 2) turn back in x or y: (n, 4) places, NaN where they do not."""
    first = np.diff(curves, axis=1)
    a = first[:, 0] - 2 * first[:, 1] + first[:, 2]
    b = first[:, 1] - first[:, 0]
    c = first[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        # a t^2 + 2 b t + c = 0, by the form that loses no digits
        q = -(b + np.copysign(np.sqrt(b * b - a * c), b))
        places: Points = np.concatenate([q / a, c / q], axis=1)
    return places
