"""The outline of a pen: it lies where the pen's ink ends, without overlaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from fontTools.pens.areaPen import AreaPen

from fontgan.errors import DataError
from fontgan.outlines.curves import draw
from fontgan.outlines.pen_outline import Contours, outline
from fontgan.strokes import catalogue
from fontgan.strokes.paths import Strokes

CHARS = "永銀鑫書我"


def written(char: str, seed: int = 0) -> Strokes:
    """Strokes with a shaky hand and a pen whose pressure varies."""
    rng = np.random.default_rng(seed)
    points = catalogue.find("hanzi-writer")[char].resampled(8)
    points = points + rng.normal(0, 0.005, points.shape).astype(np.float32)
    radii = 0.01 + 0.02 * rng.random(points.shape[:2], np.float32)
    return Strokes(tuple(points), tuple(radii))


def distance(strokes: Strokes, places: np.ndarray) -> np.ndarray:
    """Signed distance of places (N, 2) from the pen's ink, by definition; negative inside."""
    found = np.full(len(places), np.inf)
    for line, radii in zip(strokes.polylines, strokes.radii or (), strict=True):
        for (a, ra), (b, rb) in zip(
            list(zip(line, radii, strict=True))[:-1],
            list(zip(line, radii, strict=True))[1:],
            strict=True,
        ):
            # discs at many places of the segment, so that the hull of its ends is filled
            for share in np.linspace(0, 1, 65):
                centre, radius = a + share * (b - a), ra + share * (rb - ra)
                found = np.minimum(found, np.hypot(*(places - centre).T) - radius)
    return found


def along(contours: Contours) -> np.ndarray:
    """Places (N, 2) on the curves, between their points too."""
    at = np.linspace(0, 1, 9)[:, None]
    found = []
    for segment in (one for contour in contours for one in contour):
        while len(segment) > 1 or segment.ndim < 3:  # de Casteljau
            segment = np.repeat(segment[:, None], 9, 1) if segment.ndim < 3 else segment
            segment = segment[:-1] * (1 - at) + segment[1:] * at
            if len(segment) == 1:
                break
        found.append(segment[0])
    return np.concatenate(found)


def area(contours: Contours) -> float:
    pen = AreaPen()
    draw(pen, contours)
    return float(pen.value)


@pytest.mark.parametrize("char", CHARS)
def test_it_lies_where_the_ink_ends(char: str) -> None:
    strokes = written(char)
    places = along(outline(strokes))
    assert len(places) > 200
    assert np.abs(distance(strokes, places)).max() < 0.5 / 256  # half a pixel at 256 px


@pytest.mark.parametrize("square", [0.6, 1.0])
def test_square_ends_are_in_it(square: float) -> None:
    strokes = written("永")
    ends = np.full((len(strokes), 2), square)
    places = along(outline(replace(strokes, square=ends)))
    nearest = distance(strokes, places)
    assert nearest.max() > 1 / 256  # they reach farther than round ones
    lines, radii = strokes.polylines, strokes.radii or ()
    for line, widths in zip(lines, radii, strict=True):
        for end, before in ((0, 1), (-1, -2)):
            way = (line[end] - line[before]) / np.hypot(*(line[end] - line[before]))
            off = places - line[end]
            beyond, across = off @ way, off @ np.array([-way[1], way[0]])
            blend = (1 - square) * np.hypot(beyond, across)
            blend = blend + square * np.maximum(np.abs(beyond), np.abs(across))
            nearest = np.minimum(nearest, np.where(beyond < 0, np.inf, blend - widths[end]))
    assert np.abs(nearest).max() < 0.5 / 256


@pytest.mark.parametrize("char", CHARS)
def test_it_covers_as_much_as_the_pen_and_nothing_twice(char: str) -> None:
    strokes, side = written(char), 128
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5) / side
    ink = (distance(strokes, grid) < 0).mean()
    assert abs(area(outline(strokes))) == pytest.approx(ink, rel=0.02)


def test_contours_do_not_cross() -> None:
    for contour in outline(written("鑫")):
        ring = shapely.LinearRing(along([contour]))
        assert shapely.is_valid(shapely.polygons(shapely.remove_repeated_points(ring, 1e-6)))


def test_a_box_has_a_hole_that_runs_the_other_way() -> None:
    square = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]], np.float32)
    contours = outline(Strokes((square,), (np.full(5, 0.05, np.float32),)))
    outer, hole = (area([contour]) for contour in contours)
    assert outer * hole < 0
    assert abs(outer) == pytest.approx(0.6 * 0.6 + 4 * 0.6 * 0.05 + np.pi * 0.05**2, rel=1e-2)
    assert abs(hole) == pytest.approx(0.5 * 0.5, rel=1e-2)


def test_a_dot_is_a_disc_of_four_curves_with_its_extrema_on_points() -> None:
    dot = Strokes((np.array([[0.5, 0.5], [0.5, 0.5]], np.float32),), (np.full(2, 0.2, np.float32),))
    (contour,) = outline(dot)
    assert [len(segment) for segment in contour] == [4] * 4
    starts = np.array([segment[0] for segment in contour])
    wanted = np.array([[0.3, 0.5], [0.5, 0.3], [0.5, 0.7], [0.7, 0.5]])
    assert np.abs(starts[np.lexsort(starts.T[::-1])] - wanted).max() < 2e-3


def test_a_curve_goes_no_farther_than_its_points() -> None:
    for segment in (one for contour in outline(written("我")) for one in contour):
        curve = along([[segment]])
        ends = segment[[0, -1]]
        assert (curve >= ends.min(0) - 5e-4).all() and (curve <= ends.max(0) + 5e-4).all()


def test_a_pen_that_leaves_nothing_has_no_outline() -> None:
    thin = Strokes((np.array([[0.5, 0.5]], np.float32),), (np.zeros(1, np.float32),))
    assert outline(thin) == []


def test_strokes_without_radii_are_one_clear_line() -> None:
    with pytest.raises(DataError, match="without radii have no outline"):
        outline(catalogue.find("hanzi-writer")["永"])
