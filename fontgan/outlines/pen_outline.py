"""The outline that a pen leaves behind: what `fontgan.nn.pen` draws as ink, as closed curves.

A stroke is a chain of segments between discs; what the pen covers between two discs is their convex
hull. The hulls of all segments of all strokes are united, so that the outline has no overlaps, and
few smooth curves are fitted to what they enclose.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from fontgan.errors import DataError
from fontgan.outlines.curves import Fitting, Points, fit_ring
from fontgan.strokes.paths import Strokes

SIDES = 32  # of the polygon that stands for a disc: off by a 200th of its radius
THINNEST = 1e-4  # radius: what a pen leaves that leaves nothing visible
SMALLEST = 1e-5  # area, of a contour or a hole that a reader could see
TOLERANCE = 0.0012  # of the unit; a third of a pixel at 256 px
_ANGLES = np.arange(SIDES) * (2 * np.pi / SIDES)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) / np.cos(np.pi / SIDES) ** 0.5

Contours = list[list[Points]]


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
    how = Fitting(tolerance)
    return [fit_ring(ring, how) for ring in rings(strokes)]


def rings(strokes: Strokes) -> Iterator[Points]:
    """Yield the united hulls' rings (n, 2): outer ones counter-clockwise in (x, y), holes not."""
    if strokes.radii is None:
        raise DataError("strokes without radii have no outline; give the pen a width")
    pairs = zip(strokes.polylines, strokes.radii, strict=True)
    hulls = np.concatenate([_hulls(line, radii) for line, radii in pairs])
    for part in shapely.get_parts(shapely.union_all(hulls)):
        part = shapely.orient_polygons(part)
        for ring in (part.exterior, *part.interiors):
            if shapely.area(shapely.polygons(ring)) > SMALLEST:
                yield shapely.get_coordinates(ring)[:-1]


def _hulls(line: NDArray[np.float32], radii: NDArray[np.float32]) -> NDArray[np.object_]:
    """Return the convex hull of each segment's two discs; of a dot its disc."""
    thick = np.maximum(radii.astype(np.float64), THINNEST)[:, None, None]
    discs = line.astype(np.float64)[:, None] + _CIRCLE * thick  # (n, SIDES, 2)
    pairs = np.concatenate([discs[:-1], discs[1:]], axis=1) if len(line) > 1 else discs
    hulls: NDArray[np.object_] = shapely.convex_hull(shapely.multipoints(pairs))
    return hulls
