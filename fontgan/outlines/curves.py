"""Closed polygons as few smooth cubic curves, with corners kept and extrema on points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from fontTools.misc.bezierTools import calcCubicParameters, solveQuadratic, splitCubicAtT
from numpy.typing import NDArray

Points = NDArray[np.float64]
CORNER = 0.5  # radians: a polygon that turns more at a point has a corner there
STEP = 4.0  # tolerances between the points that a curve is fitted to
EDGE = 0.02  # share of a curve: an extremum so near to its end is the end
ROUNDS = 3  # of finding where on the curve each point is


@dataclass(frozen=True)
class Fitting:
    """How curves are fitted.

    Attributes:
        tolerance: farthest that a curve may be from the polygon, in its units.
        corner: radians; where the polygon turns more, the curve has a corner too.
    """

    tolerance: float
    corner: float = CORNER


def fit_ring(ring: Points, how: Fitting) -> list[Points]:
    """Return a closed polygon (n, 2), last point not repeated, as curves.

    Returns:
        Segments from point to point round the ring: (2, 2) lines and (4, 2) cubic curves.

    Source: Schneider, An Algorithm for Automatically Fitting Digitized Curves, Graphics Gems 1990.
    """
    ring = _dense(_distinct(ring), how.tolerance * STEP)
    corners = _turns(ring) > how.corner
    cuts = np.flatnonzero(corners | _extreme(ring)).tolist()
    if len(cuts) < 2:
        cuts = [0, len(ring) // 2]
    segments = []
    for begin, end in zip(cuts, [*cuts[1:], cuts[0] + len(ring)], strict=True):
        run = np.take(ring, np.arange(begin, end + 1), axis=0, mode="wrap")
        tangents = (
            _tangent(ring, begin, bool(corners[begin]), 1),
            _tangent(ring, end % len(ring), bool(corners[end % len(ring)]), -1),
        )
        segments += _fit(run, tangents, how.tolerance)
    return [part for segment in segments for part in _at_extrema(segment)]


def _distinct(ring: Points) -> Points:
    """Leave out points that stand twice."""
    apart = np.abs(ring - np.roll(ring, 1, axis=0)).max(axis=1) > 1e-9
    return ring[apart] if apart.sum() > 2 else ring


def _dense(ring: Points, step: float) -> Points:
    """Put points on long edges."""
    after = np.roll(ring, -1, axis=0)
    counts = np.maximum(1, np.ceil(np.hypot(*(after - ring).T) / step).astype(int))
    starts, ways = np.repeat(ring, counts, 0), np.repeat(after - ring, counts, 0)
    places = np.concatenate([np.arange(n) / n for n in counts])
    dense: Points = starts + ways * places[:, None]
    return dense


def _turns(ring: Points) -> Points:
    """Return by how much the polygon turns at each point, in radians."""
    ways = np.roll(ring, -1, axis=0) - ring
    angles = np.arctan2(ways[:, 1], ways[:, 0])
    turns = (angles - np.roll(angles, 1) + np.pi) % (2 * np.pi) - np.pi
    return np.abs(turns)


def _extreme(ring: Points) -> NDArray[np.bool_]:
    """Tell where x or y turns back: on a flat stretch, at its middle."""
    found = np.zeros(len(ring), bool)
    for axis in (0, 1):
        steps = np.sign(np.round(np.roll(ring[:, axis], -1) - ring[:, axis], 9))
        moving = np.flatnonzero(steps)
        if len(moving):
            last = np.roll(moving, 1)
            back = steps[moving] != steps[last]
            gaps = (moving[back] - last[back]) % len(ring)
            found[(last[back] + (gaps + 1) // 2) % len(ring)] = True
    return found


def _tangent(ring: Points, place: int, corner: bool, direction: int) -> Points:
    """Return the unit direction in which a curve leaves a point of the ring.

    At a corner, along its own edge; elsewhere between the edges, so that the curve goes on smooth.
    """
    ahead = ring[(place + direction) % len(ring)] - ring[place]
    behind = ring[place] - ring[(place - direction) % len(ring)]
    if corner:
        return _unit(ahead)
    way = _unit(_unit(ahead) + _unit(behind))
    flat = np.abs(way) < 0.2  # an extremum: the curve leaves it along the axis
    return _unit(np.where(flat, 0.0, way)) if flat.any() else way


def _unit(way: Points) -> Points:
    length = float(np.hypot(*way))
    return way / length if length > 0 else np.array([1.0, 0.0])


def _fit(run: Points, tangents: tuple[Points, Points], tolerance: float) -> list[Points]:
    """Fit a line or curves to a run of points (n, 2) with given directions at its ends."""
    if len(run) == 2 or _off_line(run) <= tolerance / 2:
        return [run[[0, -1]]]
    curve, errors = _curve(run, tangents)
    worst = int(errors.argmax())
    if errors[worst] <= tolerance or len(run) < 4:
        return [curve]
    worst = min(max(worst, 1), len(run) - 2)
    way = _unit(run[worst + 1] - run[worst - 1])
    return [
        *_fit(run[: worst + 1], (tangents[0], -way), tolerance),
        *_fit(run[worst:], (way, tangents[1]), tolerance),
    ]


def _at_extrema(segment: Points) -> list[Points]:
    """Cut a curve where it is at its least or greatest x or y, if that is well within it."""
    if len(segment) == 2:
        return [segment]
    cubic, square, line, _ = calcCubicParameters(*segment.tolist())
    places = sorted(
        place
        for axis in (0, 1)
        for place in solveQuadratic(3 * cubic[axis], 2 * square[axis], line[axis])
        if EDGE < place < 1 - EDGE
    )
    return [np.array(part) for part in splitCubicAtT(*segment.tolist(), *places)]


def _off_line(run: Points) -> float:
    """Return how far the points are from the line between the ends."""
    way = _unit(run[-1] - run[0])
    off = (run - run[0]) @ np.array([-way[1], way[0]])
    return float(np.abs(off).max())


def _curve(run: Points, tangents: tuple[Points, Points]) -> tuple[Points, Points]:
    """Return the cubic (4, 2) nearest to points, and the distance of each from it."""
    lengths = np.hypot(*np.diff(run, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()
    for _ in range(ROUNDS):
        curve = _least_squares(run, tangents, at)
        at = _nearer(run, curve, at)
    distances: Points = np.hypot(*(_bernstein(at) @ curve - run).T)
    return curve, distances


def _least_squares(run: Points, tangents: tuple[Points, Points], at: Points) -> Points:
    """Return the cubic whose inner points lie along the tangents, by least squares."""
    weights = _bernstein(at)
    ends = run[[0, 0, -1, -1]]
    one, two = (weights[:, k, None] * way for k, way in zip((1, 2), tangents, strict=True))
    rest = run - weights @ ends
    cross = float((one * two).sum())
    matrix = np.array([[float((one * one).sum()), cross], [cross, float((two * two).sum())]])
    wanted = np.array([float((one * rest).sum()), float((two * rest).sum())])
    span = float(np.hypot(*(run[-1] - run[0])))
    if abs(float(np.linalg.det(matrix))) > 1e-12:
        reach = np.linalg.solve(matrix, wanted)
    else:
        reach = np.zeros(2)
    if reach.min() < 1e-3 * span or reach.max() > 3 * max(span, 1e-9):
        reach = np.full(2, span / 3)
    inner = ends[1:3] + reach[:, None] * np.stack(tangents)
    return np.concatenate([ends[:1], inner, ends[-1:]])


def _nearer(run: Points, curve: Points, at: Points) -> Points:
    """Return places on the curve that are nearer to the points, by one of Newton's steps."""
    first, second = 3 * np.diff(curve, axis=0), 6 * np.diff(curve, n=2, axis=0)
    s = 1 - at
    off = _bernstein(at) @ curve - run
    slope = np.stack([s * s, 2 * s * at, at * at], 1) @ first
    bend = np.stack([s, at], 1) @ second
    below = (slope * slope + off * bend).sum(1)
    moved = at - np.where(
        np.abs(below) > 1e-12, (off * slope).sum(1) / np.where(below, below, 1), 0
    )
    return np.maximum.accumulate(moved.clip(0, 1))


def _bernstein(at: Points) -> Points:
    s = 1 - at
    return np.stack([s**3, 3 * s * s * at, 3 * s * at * at, at**3], axis=1)


def draw(pen: object, rings: Sequence[Sequence[Points]]) -> None:
    """Draw closed contours of segments with a fontTools pen."""
    for segments in rings:
        pen.moveTo(tuple(segments[0][0]))  # type: ignore[attr-defined]
        for segment in segments:
            points = [tuple(point) for point in segment[1:].tolist()]
            (pen.lineTo if len(points) == 1 else pen.curveTo)(*points)  # type: ignore[attr-defined]
        pen.closePath()  # type: ignore[attr-defined]
