"""Mend the structure of drawn glyphs: as many pieces and holes as the print has, by pen pressure.

No truth is needed, so it can be done while drawing. A hand is not a print, and need not have its
pieces and holes; but where both could be had, the print's are more often right (docs/quality.md has
the figures). What is changed is only how hard the pen was pressed: no stroke is moved or added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.metrics.strokes import INK, components, holes

Images = NDArray[np.uint8]
Counts = NDArray[np.int64]
# Exponents on grey in [0, 1], the smallest change first: above 1 presses harder, below 1 softer.
PRESSURES = (1.4, 1 / 1.4, 2.0, 0.5)


@dataclass(frozen=True)
class Mended:
    """Glyphs after mending.

    Attributes:
        images: (B, S, S), ink 0; those whose structure was right are as they were drawn.
        wanted: (B, 2), pieces and holes of the print.
        before: (B, 2), as drawn.
        after: (B, 2), of the images.
    """

    images: Images
    wanted: Counts
    before: Counts
    after: Counts

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which were drawn with other pieces or holes than the print has, (B,)."""
        return _distance(self.before, self.wanted) > 0

    @property
    def left(self) -> NDArray[np.bool_]:
        """Which still have, (B,)."""
        return _distance(self.after, self.wanted) > 0


def mend(drawn: Images, prints: Images) -> Mended:
    """Draw glyphs again with another pen pressure, where their pieces or holes are not the print's.

    Of all pressures the one is kept that comes nearest, and of equally near ones the first: the
    drawing itself, then the smallest change.

    Args:
        drawn: (B, S, S), ink 0 on paper 255.
        prints: the same characters in the source font, the same shape.

    >>> ring = np.full((1, 64, 64), 255, np.uint8)
    >>> ring[0, 20:40, 20:40] = 0
    >>> ring[0, 24:36, 24:36] = 255
    >>> faint = ring.copy()
    >>> faint[0, 20:24, 28:30] = 160  # a gap, or nearly so
    >>> mended = mend(faint, ring)
    >>> mended.before.tolist(), mended.after.tolist()
    ([[1, 0]], [[1, 1]])
    """
    wanted, before = structure(prints), structure(drawn)
    best, after = drawn.copy(), before.copy()
    wrong = np.flatnonzero(_distance(before, wanted))
    for pressed in _pressed(drawn[wrong]) if len(wrong) else ():
        counts = structure(pressed)
        nearer = _distance(counts, wanted[wrong]) < _distance(after[wrong], wanted[wrong])
        best[wrong[nearer]], after[wrong[nearer]] = pressed[nearer], counts[nearer]
    return Mended(best, wanted, before, after)


def structure(images: Images) -> Counts:
    """Return the pieces and holes of glyphs (B, S, S): (B, 2)."""
    ink = images < 255 * INK
    return np.stack([components(ink), holes(ink)], axis=1)


@dataclass
class Mending:
    """What was mended in a whole drawing, glyph by glyph.

    Attributes:
        glyphs: how many were looked at.
        wrong: how many had other pieces or holes than the print.
        left: those that could not be mended: style, char, and pieces and holes, drawn and wanted.
    """

    glyphs: int = 0
    wrong: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    def add(self, mended: Mended, style: str, chars: Sequence[str]) -> None:
        """Take note of some mended glyphs of a style."""
        self.glyphs += len(chars)
        self.wrong += int(mended.wrong.sum())
        for place in np.flatnonzero(mended.left).tolist():
            (pieces, rings), (print_pieces, print_rings) = mended.after[place], mended.wanted[place]
            self.left.append(
                {
                    "style": style,
                    "char": chars[place],
                    "pieces": int(pieces),
                    "pieces_of_print": int(print_pieces),
                    "holes": int(rings),
                    "holes_of_print": int(print_rings),
                }
            )

    def __str__(self) -> str:
        """Say it in a line."""
        mended = self.wrong - len(self.left)
        return (
            f"{self.wrong} of {self.glyphs} glyphs had other pieces or holes than the print: "
            f"{mended} mended by pen pressure, {len(self.left)} left as they are nearest"
        )


def _pressed(drawn: Images) -> Iterator[Images]:
    grey = drawn / 255.0
    for pressure in PRESSURES:
        yield np.rint(255 * grey**pressure).astype(np.uint8)


def _distance(counts: Counts, wanted: Counts) -> Counts:
    distance: Counts = np.abs(counts - wanted).sum(axis=1)
    return distance
