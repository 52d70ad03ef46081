"""From what was drawn to outlines in font units: regions matched, moved, fitted, made quadratic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from numpy.typing import NDArray

from fontgan.outlines import pen_outline, tracing
from fontgan.outlines.curves import Contours, Fitting, draw, fit_rings
from fontgan.outlines.regions import Region, pen_width, rings_of, thickened
from fontgan.strokes.paths import Strokes

UNITS = 2000  # of an em: fine enough that rounding to whole units does not show in thin strokes
PEN, TRACED = 0.0012, 0.0006  # farthest that curves may be from vectors and from traced contours
QUADRATIC = 0.0004  # farthest that quadratic curves may be from the cubic ones
SMALLEST = 1e-5  # area of a contour, in square em

Ink = Strokes | NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """Where a square image lies in the em: x, y in sides, y down, go to em units, y up.

    Attributes:
        scale: em a side.
        right: of the image's left side from the glyph's origin, in em.
        up: of the image's upper side from the baseline, in em.
    """

    scale: float
    right: float
    up: float


@dataclass(frozen=True)
class Match:
    """What drawn glyphs need to look like written ones.

    Attributes:
        size: by which they grow about the middle of the em's square.
        thicker: by how much their strokes are to be thicker, in em.
    """

    size: float = 1.0
    thicker: float = 0.0


@dataclass(frozen=True)
class Drawn:
    """A glyph as it was drawn or written.

    Attributes:
        char: the character.
        ink: strokes of a pen, or an image (S, S), grey, ink 0.
        place: where the image's square lies.
    """

    char: str
    ink: Ink
    place: Place


@dataclass(frozen=True, eq=False)
class Shape:
    """The outline of a glyph in font units, y up, in whole numbers.

    Attributes:
        contours: closed, of (2, 2) lines and (4, 2) cubic curves; outer ones run clockwise.
        pen: width of its strokes, in font units.
    """

    contours: Contours
    pen: float = 0.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Least x and y, greatest x and y; extrema are on points. Zeros where there is nothing."""
        if not self.contours:
            return 0.0, 0.0, 0.0, 0.0
        ends = np.concatenate([part[[0, -1]] for contour in self.contours for part in contour])
        return (*ends.min(axis=0).tolist(), *ends.max(axis=0).tolist())

    def moved(self, x: float, y: float = 0.0) -> Shape:
        """Return it elsewhere."""
        by = np.round([x, y])
        return Shape([[part + by for part in one] for one in self.contours], self.pen)

    def turned(self, x: float, y: float) -> Shape:
        """Return it turned by a quarter, clockwise, about a point."""
        quarter, about = np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([x, y])
        turned = [[np.round((p - about) @ quarter + about) for p in one] for one in self.contours]
        return Shape(turned, self.pen)

    def scaled(self, by: float) -> Shape:
        """Return it in other units."""
        return Shape([[np.round(p * by) for p in one] for one in self.contours], self.pen * by)

    def quadratic(self, units: int = UNITS) -> Any:
        """Return a TrueType glyph."""
        pen = TTGlyphPen(None)
        draw(Cu2QuPen(pen, QUADRATIC * units), self.contours)
        return pen.glyph()


def shape_all(glyphs: Sequence[Drawn], match: Match | None = None) -> list[Shape]:
    """Return the outline of each of some glyphs, in ``UNITS`` an em."""
    regions = [_region(glyph, match) for glyph in glyphs]
    exact = [isinstance(glyph.ink, Strokes) for glyph in glyphs]
    shapes: list[Shape] = [Shape([])] * len(glyphs)
    for pens, tolerance in ((True, PEN), (False, TRACED)):
        places = [place for place, pen in enumerate(exact) if pen is pens]
        rings = [list(rings_of(regions[n], SMALLEST * UNITS**2, clockwise=True)) for n in places]
        fitted = iter(fit_rings([r for own in rings for r in own], Fitting(tolerance * UNITS)))
        for place, own in zip(places, rings, strict=True):
            whole = (_whole(next(fitted)) for _ in own)
            contours = [one for one in whole if len(one) > 1]
            shapes[place] = Shape(contours, pen_width(regions[place]))
    return shapes


def quadratics(glyphs: Sequence[Drawn], match: Match | None = None) -> list[tuple[Shape, Any]]:
    """Return the outline and the TrueType glyph of each of some glyphs."""
    return [(shape, shape.quadratic()) for shape in shape_all(glyphs, match)]


def region_of(glyph: Drawn) -> Region:
    """Return what the ink of a glyph covers, in font units, y up."""
    if isinstance(glyph.ink, Strokes):
        region = pen_outline.ink_of(glyph.ink)
    else:
        region = tracing.ink_of(glyph.ink)
    place = glyph.place
    scale = np.array([place.scale, -place.scale]) * UNITS
    shift = np.array([place.right, place.up]) * UNITS
    return shapely.transform(region, lambda points: points * scale + shift)


def _region(glyph: Drawn, match: Match | None) -> Region:
    region = region_of(glyph)
    if match is None:
        return region
    side = UNITS * glyph.place.scale / 2
    middle = np.array([UNITS * glyph.place.right + side, UNITS * glyph.place.up - side])
    grown = shapely.transform(region, lambda points: (points - middle) * match.size + middle)
    return thickened(grown, match.thicker * UNITS)


def _whole(contour: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Round to whole units; a segment that has no length then is gone."""
    whole = [np.round(part) + 0.0 for part in contour]
    return [part for part in whole if (part != part[0]).any()]
