"""Runs of points as lines and cubic curves: all runs of a batch of glyphs fitted at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fontgan.outlines.loops import Flags, Places, Points, spread, unit

ROUNDS = 3  # of finding where on the curve each point is
FEWEST = 4  # points of a run that is cut further


@dataclass(frozen=True, eq=False)
class Runs:
    """Stretches of points, to each of which one segment is to be fitted.

    Attributes:
        points: (M, 2), of all stretches.
        begins, ends: (R,) places of the first and the last point of each stretch.
        tangents: (R, 2, 2) unit directions in which its curve leaves its first and its last point.
    """

    points: Points
    begins: Places
    ends: Places
    tangents: Points

    def __len__(self) -> int:
        return len(self.begins)

    def some(self, which: Flags) -> Runs:
        """Return those of the stretches that are marked, (R,)."""
        return Runs(self.points, self.begins[which], self.ends[which], self.tangents[which])

    @cached_property
    def counts(self) -> Places:
        """How many points each has, (R,)."""
        return self.ends - self.begins + 1

    @cached_property
    def firsts(self) -> Places:
        """Where each begins among the points of all, (R,)."""
        return np.cumsum(self.counts) - self.counts

    @cached_property
    def run(self) -> Places:
        """To which stretch each point belongs."""
        return np.repeat(np.arange(len(self)), self.counts)

    @cached_property
    def own(self) -> Points:
        """The points of the stretches, one after another."""
        own: Points = self.points[np.repeat(self.begins, self.counts) + spread(self.counts)]
        return own

    @cached_property
    def spans(self) -> Points:
        """The ways from first to last points, (R, 2)."""
        return self.points[self.ends] - self.points[self.begins]

    def sums(self, values: Points) -> Points:
        """Add up values of points over each stretch."""
        total: Points = np.add.reduceat(values, self.firsts)
        return total

    def greatest(self, values: Points) -> Points:
        """Return the greatest of the values of points over each stretch."""
        top: Points = np.maximum.reduceat(values, self.firsts)
        return top


@dataclass(frozen=True, eq=False)
class Segments:
    """What was fitted, in the order of the points.

    Attributes:
        curves: (n, 4, 2); of a line the inner points mean nothing.
        lines: (n,) which of them are lines.
        begins: (n,) the place of the point that each begins at.
    """

    curves: Points
    lines: Flags
    begins: Places

    @classmethod
    def joined(cls, parts: list[Segments]) -> Segments:
        """Put several together, in the order of their points."""
        begins = np.concatenate([part.begins for part in parts])
        order = np.argsort(begins, kind="stable")
        return cls(
            np.concatenate([part.curves for part in parts])[order],
            np.concatenate([part.lines for part in parts])[order],
            begins[order],
        )


def fit(runs: Runs, tolerance: float) -> Segments:
    """Fit a line or as many curves as it takes to each stretch, none farther off than allowed."""
    parts = []
    while len(runs):
        straight = (runs.counts == 2) | (_off_line(runs) <= tolerance / 2)
        parts.append(_lines(runs.some(straight)))
        runs = runs.some(~straight)
        if not len(runs):
            break
        curves, errors = _curves(runs)
        worst = runs.greatest(errors)
        good = (worst <= tolerance) | (runs.counts < FEWEST)
        parts.append(Segments(curves[good], np.zeros(good.sum(), bool), runs.begins[good]))
        runs = _halved(runs, _where(runs, errors, worst), ~good)
    return Segments.joined(parts)


def _lines(runs: Runs) -> Segments:
    ends = np.stack([runs.points[runs.begins], runs.points[runs.ends]], axis=1)
    return Segments(ends[:, [0, 0, 1, 1]], np.ones(len(runs), bool), runs.begins)


def _off_line(runs: Runs) -> Points:
    """Return how far each stretch is from the line between its ends, (R,)."""
    way = unit(runs.spans)[runs.run]
    off = runs.own - runs.points[runs.begins][runs.run]
    return runs.greatest(np.abs(off[:, 1] * way[:, 0] - off[:, 0] * way[:, 1]))


def _where(runs: Runs, errors: Points, worst: Points) -> Places:
    """Return the place of each stretch's worst point, never one of its ends."""
    hits = np.flatnonzero(errors == worst[runs.run])
    first = hits[np.flatnonzero(np.diff(runs.run[hits], prepend=-1))]
    places: Places = runs.begins + first - runs.firsts
    return places.clip(runs.begins + 1, runs.ends - 1)


def _halved(runs: Runs, places: Places, which: Flags) -> Runs:
    """Cut some stretches at a place each; the two curves go on smooth there."""
    runs, places = runs.some(which), places[which]
    ways = unit(runs.points[places + 1] - runs.points[places - 1])
    return Runs(
        runs.points,
        np.concatenate([runs.begins, places]),
        np.concatenate([places, runs.ends]),
        np.concatenate(
            [
                np.stack([runs.tangents[:, 0], -ways], axis=1),
                np.stack([ways, runs.tangents[:, 1]], axis=1),
            ]
        ),
    )


def _curves(runs: Runs) -> tuple[Points, Points]:
    """Return the cubic (R, 4, 2) nearest to each stretch, and the distance of each point from it.

    Source: Schneider, An Algorithm for Automatically Fitting Digitized Curves, Graphics Gems 1990.
    """
    at = _along(runs)
    for _ in range(ROUNDS):
        curves = _least_squares(runs, at)
        at = _nearer(runs, curves, at)
    return curves, np.hypot(*(_values(curves[runs.run], at) - runs.own).T)


def _along(runs: Runs) -> Points:
    """Return for each point its share of its stretch's length."""
    steps = np.hypot(*np.diff(runs.own, axis=0, prepend=runs.own[:1]).T)
    steps[runs.firsts] = 0
    along = np.cumsum(steps)
    along -= along[runs.firsts][runs.run]
    share: Points = along / np.maximum(runs.greatest(along), 1e-300)[runs.run]
    return share


def _least_squares(runs: Runs, at: Points) -> Points:
    """Return the cubics (R, 4, 2) whose inner points lie along the tangents, by least squares."""
    s = 1 - at
    near, far = 3 * s * s * at, 3 * s * at * at
    first, last = runs.points[runs.begins], runs.points[runs.ends]
    start, end = s**3 + near, at**3 + far
    rest = runs.own - start[:, None] * first[runs.run] - end[:, None] * last[runs.run]
    out, back = runs.tangents[:, 0], runs.tangents[:, 1]
    one, two = runs.sums(near * near), runs.sums(far * far)
    cross = runs.sums(near * far) * (out * back).sum(1)
    left = (runs.sums(near[:, None] * rest) * out).sum(1)
    right = (runs.sums(far[:, None] * rest) * back).sum(1)
    determinant = one * two - cross * cross
    known = np.where(np.abs(determinant) > 1e-12, determinant, np.inf)
    reach = np.stack([left * two - right * cross, right * one - left * cross], 1) / known[:, None]
    span = np.hypot(*runs.spans.T)
    odd = (reach.min(1) < 1e-3 * span) | (reach.max(1) > 3 * np.maximum(span, 1e-9))
    reach = np.where(odd[:, None], span[:, None] / 3, reach)
    inner = np.stack([first, last], 1) + reach[:, :, None] * runs.tangents
    return np.concatenate([first[:, None], inner, last[:, None]], axis=1)


def _nearer(runs: Runs, curves: Points, at: Points) -> Points:
    """Return places on the curves that are nearer to the points, by one of Newton's steps."""
    first, second = 3 * np.diff(curves, axis=1), 6 * np.diff(curves, n=2, axis=1)
    first, second, s = first[runs.run], second[runs.run], 1 - at
    off = _values(curves[runs.run], at) - runs.own
    slope = (
        (s * s)[:, None] * first[:, 0]
        + (2 * s * at)[:, None] * first[:, 1]
        + (at * at)[:, None] * first[:, 2]
    )
    bend = s[:, None] * second[:, 0] + at[:, None] * second[:, 1]
    below = (slope * slope + off * bend).sum(1)
    step = (off * slope).sum(1) / np.where(np.abs(below) > 1e-12, below, np.inf)
    ladder = 2.0 * runs.run  # so that one stretch's places never hold back the next one's
    moved: Points = np.maximum.accumulate((at - step).clip(0, 1) + ladder) - ladder
    return moved


def _values(curves: Points, at: Points) -> Points:
    """Return the points (M, 2) of curves (M, 4, 2), each at its place."""
    s = 1 - at
    weights = np.stack([s**3, 3 * s * s * at, 3 * s * at * at, at**3], axis=1)
    values: Points = np.einsum("mk,mkd->md", weights, curves)
    return values
