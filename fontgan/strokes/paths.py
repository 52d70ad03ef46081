"""Strokes: the ordered centre lines of one character."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Strokes:
    """The strokes of one character, in the order and the direction in which they are written.

    Em units: x grows to the right and y DOWN, the origin is the upper left corner of the em box,
    and the em box is [0, 1] x [0, 1]. Points may lie a little outside.

    Attributes:
        polylines: L >= 1 strokes, (n_i, 2) float32 each, n_i >= 1; one point is a dot.
        radii: half the width of the stroke at each point, (n_i,) float32 each in em units; None
            where the source tells nothing of widths.
        square: (L, 2) float32, how square the first and the last end of each stroke are, from 0,
            round, to 1: as SVG's ``stroke-linecap``; None is round, for all.

    Raises:
        DataError: no stroke, a stroke without points, a coordinate or a radius that is not finite.
    """

    polylines: tuple[Floats, ...]
    radii: tuple[Floats, ...] | None = None
    square: Floats | None = None

    def __post_init__(self) -> None:
        lines = tuple(np.asarray(line, np.float32) for line in self.polylines)
        _check_lines(lines)
        object.__setattr__(self, "polylines", lines)
        if self.radii is not None:
            radii = tuple(np.asarray(one, np.float32) for one in self.radii)
            _check_radii(radii, lines)
            object.__setattr__(self, "radii", radii)

    def __len__(self) -> int:
        return len(self.polylines)

    @property
    def alone(self) -> list[Strokes]:
        """Each stroke by itself."""
        return [
            Strokes(
                self.polylines[k : k + 1],
                self.radii and self.radii[k : k + 1],
                None if self.square is None else self.square[k : k + 1],
            )
            for k in range(len(self))
        ]

    @property
    def box(self) -> Floats:
        """Return the box of all points: (2, 2), least (x, y) and greatest (x, y)."""
        points = np.concatenate(self.polylines)
        return np.stack([points.min(0), points.max(0)])

    def resampled(self, points: int) -> Floats:
        """Return (L, P, 2) float32: P >= 1 points a stroke at equal steps of arc length.

        The first and the last point stay (P >= 2). A stroke without length repeats its point.

        Raises:
            DataError: fewer than one point asked for.
        """
        return _at(self.polylines, np.concatenate(self.polylines), _steps(points))

    def resampled_radii(self, points: int) -> Floats | None:
        """Return (L, P) float32, the radii at the points of ``resampled``; None without radii."""
        if self.radii is None:
            return None
        return _at(self.polylines, np.concatenate(self.radii)[:, None], _steps(points))[..., 0]

    def moved(self, scale: NDArray[np.floating], shift: NDArray[np.floating]) -> Strokes:
        """Return the strokes at ``point * scale + shift``, both (2,); radii grow by the mean."""
        lines = tuple((line * scale + shift).astype(np.float32) for line in self.polylines)
        grown = np.float32(np.sqrt(np.prod(np.abs(scale))))
        return Strokes(lines, self.radii and tuple(one * grown for one in self.radii), self.square)


def length(line: NDArray[np.floating]) -> float:
    """Return the arc length of a polyline, (n, 2).

    >>> length(np.array([[0, 0], [3, 4], [3, 5]], np.float32))
    6.0
    """
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _steps(points: int) -> NDArray[np.float64]:
    if points < 1:
        raise DataError(f"a stroke is resampled to 1 point or more, not {points}")
    return np.linspace(0, 1, points)


def _at(lines: tuple[Floats, ...], values: Floats, steps: NDArray[np.float64]) -> Floats:
    """Return (L, P, D): values at these shares of the arc length of each of L polylines.

    They are reckoned together, one polyline's length after the other's: a call a polyline would
    take half of the time of a drawing.

    Args:
        lines: (n_i, 2) each.
        values: (n_1 + n_2 + ..., D) of their points.
        steps: (P,) in [0, 1].
    """
    counts = np.array([len(line) for line in lines])
    last = np.cumsum(counts) - 1
    first = last - counts + 1
    ways = np.hypot(*np.diff(np.concatenate(lines).astype(np.float64), axis=0).T)
    ways[last[:-1]] = 0  # from one polyline to the next
    along = np.concatenate([[0.0], np.cumsum(ways)])
    places = along[first, None] + steps * (along[last] - along[first])[:, None]
    before = np.searchsorted(along, places, side="right") - 1
    before = np.clip(before, first[:, None], last[:, None])
    after = np.minimum(before + 1, last[:, None])
    share = (places - along[before]) / np.maximum(along[after] - along[before], 1e-300)
    start, wide = values[before], values.astype(np.float64)
    found: Floats = (start + share[..., None] * (wide[after] - start)).astype(np.float32)
    return found


def _check_lines(lines: tuple[Floats, ...]) -> None:
    if not lines:
        raise DataError("a character needs one stroke or more; there is none")
    for number, line in enumerate(lines, 1):
        if line.ndim != 2 or line.shape[1] != 2 or not len(line):
            raise DataError(f"stroke {number} must be (n, 2) points, n >= 1, not {line.shape}")
    _check_finite(lines, "points")


def _check_radii(radii: tuple[Floats, ...], lines: tuple[Floats, ...]) -> None:
    if [one.shape for one in radii] != [(len(line),) for line in lines]:
        raise DataError("radii must be one number for each point of each stroke")
    _check_finite(radii, "radii")
    if min(float(one.min()) for one in radii) < 0:
        raise DataError("a radius of a stroke is less than zero")


def _check_finite(arrays: tuple[Floats, ...], what: str) -> None:
    if np.isfinite(np.concatenate(arrays)).all():
        return
    number = next(n for n, one in enumerate(arrays, 1) if not np.isfinite(one).all())
    raise DataError(f"stroke {number} has {what} that are not finite numbers")
