"""How wide characters are: the em for hanzi, for letters what their ink asks for; and kerning.

The white between two letters is measured band by band, as far in as a reader's eye goes. Every
letter gets the white that makes it stand even among stems, and a pair that stands wider or closer
than most is kerned: a letter-fitting by area, as type founders do it by eye.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.faces.em import is_wide
from fontgan.fontmaking.shaping import UNITS, Shape
from fontgan.glyphs.charset import CJK_PUNCT

BAND = 0.02  # height of a band, in em
LOW, HIGH = -0.4, 1.2  # of all bands
BEARING, LEAST = 0.075, 0.02  # white at the side of a stem; at the side of anything
DEEP = 0.15  # how far the eye goes into a letter from its side
NEAR = 0.04  # nearest that the ink of two kerned letters comes
FARTHEST, CLOSEST, SMALLEST = 0.04, -0.12, 0.012  # kerning in em: most, least, and what is let be

Floats = NDArray[np.float64]
Pairs = dict[tuple[str, str], int]


@dataclass(frozen=True, eq=False)
class Sides:
    """Where the ink of a glyph begins and ends in each band, (B,) in em; inf and -inf if nowhere.

    Attributes:
        left, right: least and greatest x.
    """

    left: Floats
    right: Floats

    @classmethod
    def of(cls, shape: Shape) -> Sides:
        """Look at an outline."""
        count = round((HIGH - LOW) / BAND)
        left, right = np.full(count, np.inf), np.full(count, -np.inf)
        points = _along(shape) / UNITS
        bands = ((points[:, 1] - LOW) / BAND).astype(int).clip(0, count - 1)
        np.minimum.at(left, bands, points[:, 0])
        np.maximum.at(right, bands, points[:, 0])
        return cls(left, right)


@dataclass(frozen=True)
class Width:
    """How wide a glyph is, and how far it is moved to stand in that, in font units."""

    advance: int
    move: int = 0


def full_width(char: str, cjk: bool) -> bool:
    """Tell whether a character fills an em square: hanzi, kana, and Chinese punctuation.

    What both scripts write, quotation marks, dashes and ellipses, does so only in a font that is
    for Chinese, Japanese or Korean (``cjk``).
    """
    return is_wide(char) or (cjk and char in _PUNCTUATION)


def width_of(char: str, shape: Shape, cjk: bool) -> Width:
    """Return the width of a character: one em, or its ink and the white that its sides ask for."""
    if full_width(char, cjk):
        return Width(UNITS)
    left, _, right, _ = shape.box
    if unicodedata.combining(char):
        return Width(0, -round((left + right) / 2))
    sides = Sides.of(shape)
    before = _bearing(sides.left - left / UNITS)
    after = _bearing(right / UNITS - sides.right)
    start = round(before * UNITS)
    return Width(round(right - left + (before + after) * UNITS), start - round(left))


def kerning(sides: Mapping[str, Sides], widths: Mapping[str, int]) -> Pairs:
    """Return by how much pairs of letters are to stand closer (below 0) or wider, in font units.

    The usual white between two letters is the median over all pairs; what is kerned comes nearly
    there, and never nearer than `NEAR`.

    Args:
        sides: of each letter, where it stands in its width.
        widths: of each letter, in font units.
    """
    names = list(sides)
    if len(names) < 2:
        return {}
    before = np.stack([widths[name] / UNITS - sides[name].right for name in names])
    after = np.stack([sides[name].left for name in names])
    least = np.array([_gaps(one, after) for one in before])  # (letters, letters, 2)
    white, nearest = least[..., 0], least[..., 1]
    wanted = 0.7 * (np.median(white) - white)
    kerned = np.maximum(wanted.clip(CLOSEST, FARTHEST), np.minimum(0, NEAR - nearest))
    kerned[(np.abs(kerned) < SMALLEST) | ~np.isfinite(kerned)] = 0
    return {
        (names[one], names[other]): round(kerned[one, other] * UNITS)
        for one, other in np.argwhere(kerned)
    }


def _gaps(before: Floats, after: Floats) -> Floats:
    """Return (n, 2): mean and least white between one glyph and each of n, in em."""
    gaps = np.minimum(_blurred(before)[None] + after, 2 * DEEP)
    seen = (np.isfinite(before)[None] | np.isfinite(after)) & (np.arange(len(before)) >= _BASE)
    white = np.where(seen, gaps, 0).sum(1) / np.maximum(seen.sum(1), 1)
    return np.stack([white, gaps.min(1)], axis=1)


def _blurred(sides: Floats) -> Floats:
    """Let ink reach into the bands beside, so that a corner above a corner counts as near."""
    blurred: Floats = np.minimum.reduce([np.roll(sides, by) for by in (-2, -1, 0, 1, 2)])
    return blurred


def _bearing(depths: Floats) -> float:
    """Return the white beside a letter of which each band is so deep in."""
    seen = np.isfinite(depths)
    deep = float(np.minimum(depths[seen], DEEP).mean()) if seen.any() else 0.0
    return max(LEAST, BEARING - deep / 2)


def _along(shape: Shape) -> Floats:
    """Return points (n, 2) all along an outline, close enough for bands."""
    at = np.linspace(0, 1, 17)[:, None]
    found = [np.empty((0, 2))]
    for part in (one for contour in shape.contours for one in contour):
        curve = part if len(part) == 4 else part[[0, 0, 1, 1]]
        weights = [(1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at * at * (1 - at), at**3]
        found.append(sum(w * p for w, p in zip(weights, curve, strict=True)))
    return np.concatenate(found)


_PUNCTUATION = frozenset(CJK_PUNCT)
_BASE = round((-0.1 - LOW) / BAND)  # lower bands are of few letters
