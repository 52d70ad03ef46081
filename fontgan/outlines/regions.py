"""What ink covers, as regions of the plane: their contours, how thick they are, made thicker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import shapely

from fontgan.outlines.loops import Points

Region = Any  # shapely's (multi)polygons are untyped


def rings_of(region: Region, smallest: float, clockwise: bool = False) -> Iterator[Points]:
    """Yield a region's rings (n, 2), last points not repeated: outer ones one way, holes the other.

    Args:
        region: polygons that do not overlap.
        smallest: area of a contour or a hole; smaller ones are left out.
        clockwise: the way of the outer ones, where y grows upwards.
    """
    for part in shapely.get_parts(region):
        part = shapely.orient_polygons(part, exterior_cw=clockwise)
        for ring in (part.exterior, *part.interiors):
            if shapely.area(shapely.polygons(ring)) > smallest:
                yield shapely.get_coordinates(ring)[:-1]


def pen_width(region: Region) -> float:
    """Return how thick strokes are on the whole: twice the area over the length of the edge.

    A stroke of length L and width w covers L w and has an edge of about 2 L, whatever its form.
    """
    edge = float(shapely.length(region))
    return 2 * float(shapely.area(region)) / edge if edge else 0.0


def thickened(region: Region, by: float) -> Region:
    """Return a region whose strokes are thicker by that much; thinner where it is below 0."""
    return shapely.buffer(region, by / 2, quad_segs=6) if by else region
