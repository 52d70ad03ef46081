"""Many closed polygons as one array, looked at together: where they bend, and where they turn back.

One polygon has too few points for numpy's calls to pay; a whole batch of glyphs has enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
FLAT = 0.2  # a unit direction's part below this: the direction is taken as the other axis


@dataclass(frozen=True, eq=False)
class Loops:
    """Closed polygons, one after another.

    Attributes:
        points: (N, 2); a polygon's first point is not repeated as its last.
        sizes: (R,) how many points each polygon has, at least 1.
    """

    points: Points
    sizes: Places

    @classmethod
    def of(cls, rings: Sequence[Points]) -> Loops:
        """Put polygons (n, 2) together."""
        return cls(
            np.concatenate([np.asarray(ring, np.float64) for ring in rings]),
            np.array([len(ring) for ring in rings]),
        )

    @cached_property
    def starts(self) -> Places:
        """Where each polygon begins, (R,)."""
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]])

    @cached_property
    def ring(self) -> Places:
        """To which polygon each point belongs, (N,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def after(self) -> Places:
        """The place of the next point of the same polygon, (N,)."""
        after = np.arange(1, len(self.points) + 1)
        after[self.starts + self.sizes - 1] = self.starts
        return after

    @cached_property
    def before(self) -> Places:
        """The place of the point before in the same polygon, (N,)."""
        before = np.arange(-1, len(self.points) - 1)
        before[self.starts] = self.starts + self.sizes - 1
        return before

    def distinct(self) -> Loops:
        """Leave out points that stand twice, where at least three are left."""
        keep = np.abs(self.points - self.points[self.before]).max(axis=1) > 1e-9
        left = np.add.reduceat(keep.astype(np.int64), self.starts)
        keep |= (left < 3)[self.ring]
        return Loops(self.points[keep], np.where(left < 3, self.sizes, left))

    def dense(self, step: float) -> Loops:
        """Put points on edges that are longer than ``step``."""
        ways = self.points[self.after] - self.points
        counts = np.maximum(1, np.ceil(np.hypot(*ways.T) / step).astype(np.int64))
        shares = spread(counts) / np.repeat(counts, counts)
        points = np.repeat(self.points, counts, 0) + np.repeat(ways, counts, 0) * shares[:, None]
        return Loops(points, np.add.reduceat(counts, self.starts))

    def turns(self) -> Points:
        """By how much the polygons turn at each point, (N,) radians from 0 to pi."""
        ways = self.points[self.after] - self.points
        angles = np.arctan2(ways[:, 1], ways[:, 0])
        turns: Points = np.abs((angles - angles[self.before] + np.pi) % (2 * np.pi) - np.pi)
        return turns

    def extreme(self, corners: Flags) -> Flags:
        """Where x or y turns back, (N,): on a flat stretch, at its middle; between corners not."""
        found = np.zeros(len(self.points), bool)
        for axis in (0, 1):
            values = self.points[:, axis]
            steps = np.sign(np.round(values[self.after] - values, 9))
            moving = np.flatnonzero(steps)
            before = self.previous(moving)
            back = steps[moving] != steps[before]
            begin, end = self.after[before[back]], moving[back]  # of what is flat
            starts, sizes = self.starts[self.ring[end]], self.sizes[self.ring[end]]
            middle = starts + (begin - starts + (end - begin) % sizes // 2) % sizes
            found[middle[~(corners[begin] & corners[end])]] = True
        return found

    def tangents(self, places: Places, corners: Flags, direction: int) -> Points:
        """Return unit directions (n, 2) in which curves leave some points.

        At a corner, along its own edge; elsewhere between the edges, so that the curve goes on
        smooth, and at an extremum along the axis.

        Args:
            places: of the points, (n,).
            corners: which of them are corners, (n,).
            direction: 1 to leave forwards, -1 backwards.
        """
        onward, back = (self.after, self.before)[::direction]
        ahead = unit(self.points[onward[places]] - self.points[places])
        behind = unit(self.points[places] - self.points[back[places]])
        smooth = unit(ahead + behind)
        smooth = unit(np.where(np.abs(smooth) < FLAT, 0.0, smooth))
        return np.where(corners[:, None], ahead, smooth)

    def previous(self, places: Places) -> Places:
        """Return of each of some places the one before it in the same polygon, going round."""
        first, last = self._groups(places)
        found = np.roll(places, 1)
        found[first] = places[last]
        return found

    def next(self, places: Places) -> Places:
        """Return of each of some places the one after it in the same polygon, going round."""
        first, last = self._groups(places)
        found = np.roll(places, -1)
        found[last] = places[first]
        return found

    def _groups(self, places: Places) -> tuple[Places, Places]:
        """Return the first and the last of each polygon's places among ordered places."""
        first = np.flatnonzero(np.diff(self.ring[places], prepend=-1))
        return first, np.append(first[1:], len(places))[: len(first)] - 1


def unit(ways: Points) -> Points:
    """Return directions (n, 2) of length 1; (1, 0) for those without length."""
    lengths = np.hypot(*ways.T)
    known = lengths > 0
    made: Points = np.where(known[:, None], ways, (1.0, 0.0)) / np.where(known, lengths, 1)[:, None]
    return made


def spread(counts: Places) -> Places:
    """Return 0, 1, ... n - 1 for each count n, one after another.

    >>> spread(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
