"""The pieces of a glyph: its centre line cut where paper lies between connected lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Lines = NDArray[np.bool_]
Box = tuple[int, int, int, int]  # top, left, bottom, right

SIDE = 64  # pixels of a drawing, one em
OVERLAP = SIDE // 16  # by which pieces may reach into each other, on both sides of a cut


def pieces(line: Lines, least: int = SIDE // 4) -> list[Box]:
    """Cut a glyph's centre line into its larger pieces.

    Args:
        line: (H, W) centre line.
        least: the larger side of the smallest piece wanted, in pixels.

    Returns:
        (top, left, bottom, right) of the whole and of each piece.

    >>> line = np.zeros((64, 64), bool)
    >>> line[5:50, 10] = line[5:50, 30] = line[30, 30:60] = True
    >>> pieces(line)
    [(5, 10, 50, 60), (5, 10, 50, 11), (5, 30, 50, 60)]
    """
    labels, _ = ndimage.label(line, np.ones((3, 3)))
    parts = [(y.start, x.start, y.stop, x.stop) for y, x in ndimage.find_objects(labels)]
    return list(dict.fromkeys(_pieces(parts, least)))


def _pieces(parts: Sequence[Box], least: int) -> Iterator[Box]:
    """Yield the box of some connected lines together, and of the pieces that they divide into."""
    if not parts:
        return
    (top, left), (bottom, right) = np.min(parts, axis=0)[:2], np.max(parts, axis=0)[2:]
    if max(bottom - top, right - left) < least:
        return
    yield int(top), int(left), int(bottom), int(right)
    if len(parts) == 1:
        return
    (across, one), (down, other) = _widest(parts, 1), _widest(parts, 0)
    if max(across, down) > -2 * OVERLAP:
        near = one if across >= down else other
        for side in (near, [box for box in parts if box not in near]):
            yield from _pieces(side, least)
    else:  # no cut: take away the line that encloses the others
        largest = max(parts, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
        yield from _pieces([box for box in parts if box is not largest], least)


def _widest(parts: Sequence[Box], axis: int) -> tuple[int, list[Box]]:
    """Return the widest gap between lines along an axis, and the lines before it.

    A gap below 0 is an overlap: of the left with the right, say, of 亻 with the dot of 信.
    """
    order = sorted(parts, key=lambda box: box[axis] + box[axis + 2])
    ends = np.maximum.accumulate([box[axis + 2] for box in order])[:-1]
    begins = np.minimum.accumulate([box[axis] for box in order][::-1])[::-1][1:]
    gaps = begins - ends
    place = int(gaps.argmax())
    return int(gaps[place]), order[: place + 1]
