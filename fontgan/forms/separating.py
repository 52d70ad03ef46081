"""Telling lines, columns and characters apart by where there is no ink."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]


def borders(profile: NDArray[np.int64], count: int) -> list[int]:
    """Return the count + 1 borders of even spans, each where there is least ink near its place."""
    inked = np.flatnonzero(profile)
    low, high = int(inked[0]), int(inked[-1]) + 1
    width = (high - low) / count
    found = [low]
    for number in range(1, count):
        place, reach = low + number * width, max(1, int(width * 0.3))
        near = np.arange(int(place) - reach, int(place) + reach + 1)
        near = near[(near > found[-1]) & (near < high)]
        cost = profile[near] + 0.02 * profile.max() * np.abs(near - place) / reach
        found.append(int(near[cost.argmin()]) if near.size else int(place))
    return [*found, high]


def middles(profile: NDArray[np.int64], spans: Sequence[int]) -> NDArray[np.float64]:
    """Return the even places that fit the middles of the ink between borders best."""
    found = []
    for start, stop in pairwise(spans):
        inked = np.flatnonzero(profile[start:stop])
        found.append(start + (inked[0] + inked[-1]) / 2 if inked.size else (start + stop) / 2)
    if len(found) < 3:
        return np.array(found)
    places = np.arange(len(found), dtype=np.float64)
    slope, first = np.polyfit(places, found, 1).tolist()
    even: NDArray[np.float64] = first + slope * places
    return even


def step(places: NDArray[np.float64], spans: Sequence[int]) -> float:
    """Return how far even places lie from each other."""
    return float(np.diff(places).mean()) if len(places) > 1 else float(spans[1] - spans[0])


def bands(ink: NDArray[np.bool_], count: int) -> list[Span]:
    """Return the bands of ink, top to bottom; small ones belong to their nearest neighbour."""
    found = _runs(ink.sum(axis=1))
    while len(found) > count:
        gaps = [second[0] - first[1] for first, second in pairwise(found)]
        place = int(np.argmin(gaps))
        tallest = max(end - start for start, end in found)
        merged = (found[place][0], found[place + 1][1])
        if merged[1] - merged[0] > 1.5 * tallest:
            break
        found[place : place + 2] = [merged]
    return found


def characters(ink: NDArray[np.bool_], count: int) -> list[Span]:
    """Return the spans of a line's characters: pieces that a narrow gap divides are joined."""
    spans = _runs(ink.sum(axis=0))
    while len(spans) > count:
        # joined is what makes the least wide piece: parts of one character lie in one em
        widths = [second[1] - first[0] for first, second in pairwise(spans)]
        gaps = [second[0] - first[1] for first, second in pairwise(spans)]
        cost = [width + 2 * gap for width, gap in zip(widths, gaps, strict=True)]
        place = int(np.argmin(cost))
        spans[place : place + 2] = [(spans[place][0], spans[place + 1][1])]
    return spans


def _runs(profile: NDArray[np.int64]) -> list[Span]:
    edges = np.flatnonzero(np.diff((profile > 0).astype(np.int8), prepend=0, append=0))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
