"""What drawn glyphs need so that one cannot tell them from the written ones beside them.

Measured on the characters that there are in both: the size by the diagonals of their ink boxes,
the weight by the width of their strokes (`fontgan.outlines.regions.pen_width`); medians, which a
few odd ones do not move. The written ones are the truth and stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fontgan.fontmaking.shaping import UNITS, Match, Shape

FEWEST = 3  # characters to be compared; with fewer nothing is matched
SIZES, WEIGHTS = (0.7, 1.4), (-0.05, 0.05)  # no more than that: farther off it is another hand


@dataclass(frozen=True)
class Likeness:
    """How written and drawn glyphs of the same characters compare.

    Attributes:
        match: what the drawn ones need.
        compared: how many characters.
        size: of the written ones over the drawn ones.
        written, drawn: widths of strokes, in em.
    """

    match: Match
    compared: int
    size: float = 1.0
    written: float = 0.0
    drawn: float = 0.0


def compare(written: Sequence[Shape], drawn: Sequence[Shape]) -> Likeness:
    """Compare the same characters, written and drawn."""
    pairs = [
        (one, other)
        for one, other in zip(written, drawn, strict=True)
        if one.contours and other.contours
    ]
    if len(pairs) < FEWEST:
        return Likeness(Match(), len(pairs))
    size = float(np.median([_diagonal(one) / max(_diagonal(other), 1) for one, other in pairs]))
    pen, own = (float(np.median([pair[n].pen for pair in pairs])) / UNITS for n in (0, 1))
    bounded = min(max(size, SIZES[0]), SIZES[1])
    thicker = min(max(pen - own * bounded, WEIGHTS[0]), WEIGHTS[1])
    return Likeness(Match(bounded, thicker), len(pairs), size, pen, own)


def _diagonal(shape: Shape) -> float:
    left, low, right, high = shape.box
    return math.hypot(right - left, high - low)
