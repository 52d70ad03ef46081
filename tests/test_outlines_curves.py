"""Curves fitted to polygons: near enough, few, cut at corners and extrema; many as one by one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from fontTools.misc.bezierTools import calcCubicBounds

from fontgan.outlines.curves import Fitting, fit_rings


def circle(radius: float = 1.0, sides: int = 64) -> np.ndarray:
    angles = np.arange(sides) * 2 * np.pi / sides
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def blob(seed: int) -> np.ndarray:
    """A round shape with bays."""
    rng = np.random.default_rng(seed)
    angles = np.arange(200) * 2 * np.pi / 200
    radii = 1 + sum(rng.normal(0, 0.1) * np.cos(n * angles + rng.random()) for n in range(2, 7))
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def places(segments: list[np.ndarray]) -> np.ndarray:
    at = np.linspace(0, 1, 33)[:, None]
    found = []
    for one in segments:
        while len(one) > 1:
            one = [a * (1 - at) + b * at for a, b in pairwise(one)]
        found.append(one[0])
    return np.concatenate(found)


def test_a_circle_is_four_curves_within_the_tolerance() -> None:
    (segments,) = fit_rings([circle()], Fitting(0.01))
    assert [one.shape for one in segments] == [(4, 2)] * 4
    assert np.abs(np.hypot(*places(segments).T) - 1).max() < 0.01


def test_a_square_is_four_lines_from_corner_to_corner() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    (segments,) = fit_rings([square], Fitting(0.01))
    assert [one.tolist() for one in segments] == [
        [start.tolist(), end.tolist()]
        for start, end in zip(square, np.roll(square, -1, 0), strict=True)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_every_segment_begins_where_the_last_one_ends_and_none_bulges_past_its_ends(
    seed: int,
) -> None:
    (segments,) = fit_rings([blob(seed)], Fitting(0.01))
    for one, other in zip(segments, segments[1:] + segments[:1], strict=True):
        assert np.array_equal(one[-1], other[0])
        if len(one) == 4:
            left, low, right, high = calcCubicBounds(*one.tolist())
            least, most = one[[0, 3]].min(0) - 0.005, one[[0, 3]].max(0) + 0.005
            assert (least <= (left, low)).all() and ((right, high) <= most).all()


def test_many_polygons_are_fitted_as_each_by_itself() -> None:
    rings = [circle(), blob(1), np.array([[0, 0], [1, 0], [0, 1]], float), blob(2)]
    together = fit_rings(rings, Fitting(0.01))
    for ring, found in zip(rings, together, strict=True):
        (alone,) = fit_rings([ring], Fitting(0.01))
        assert all(np.allclose(a, b) for a, b in zip(alone, found, strict=True))


def test_nothing_fitted_is_nothing() -> None:
    assert fit_rings([], Fitting(0.01)) == []


def test_points_that_stand_twice_and_a_polygon_of_one_place_do_no_harm() -> None:
    still = np.zeros((3, 2))
    double = np.repeat(circle(), 2, axis=0)
    round_, point = fit_rings([double, still], Fitting(0.01))
    assert len(round_) == 4
    assert np.abs(places(point)).max() == 0
