"""What a stroke's square ends cover beyond its first and its last point.

The measure of distance beyond an end is that of `fontgan.nn.pen`: a mean of Euclid's length and
Chebyshev's, the second as much as the end is square. What is nearer than the radius is convex.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

STEPS = 16  # of a quarter of the way round an end; one of them is its corner
DOT = 1e-4  # sides: an end without a direction has that of x
_ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 2 * STEPS + 1)
_WAYS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
_FARTHER = np.abs(_WAYS).max(axis=1, keepdims=True)


def end_shapes(
    lines: Sequence[NDArray[np.floating]],
    radii: Sequence[NDArray[np.floating]],
    square: NDArray[np.floating],
) -> list[NDArray[np.float64]]:
    """Return polygons (n, 2): what strokes cover beyond those of their ends that are not round.

    Args:
        lines: (n, 2) each.
        radii: (n,) each.
        square: (L, 2) in [0, 1]: 0 is half a disc, 1 half a square.
    """
    return [
        place + thick * _half(share) @ np.array([way, [-way[1], way[0]]])
        for line, widths, shares in zip(lines, radii, square.astype(np.float64), strict=True)
        for share, (place, thick, way) in zip(shares, ends(line, widths), strict=True)
        if share > 0
    ]


def _half(square: float) -> NDArray[np.float64]:
    """Return the end of a stroke of radius 1 that goes along x, (2 * STEPS + 1, 2)."""
    half: NDArray[np.float64] = _WAYS / ((1 - square) + square * _FARTHER)
    return half


def ends(
    line: NDArray[np.floating], radii: NDArray[np.floating]
) -> Iterator[tuple[NDArray[np.float64], float, NDArray[np.float64]]]:
    """Yield the place (2,), the radius and the outward direction (2,) of a stroke's two ends."""
    line = np.resize(line.astype(np.float64), (max(2, len(line)), 2))  # a dot's point twice
    for end, before, east in ((0, 1, -1.0), (-1, -2, 1.0)):
        way = line[end] - line[before]
        length = np.hypot(*way)
        yield line[end], float(radii[end]), way / length if length > DOT else np.array([east, 0.0])
