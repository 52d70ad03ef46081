"""Characters in strokes, set in lines on pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fontgan.faces.em import ABOVE, SPACE, is_wide
from fontgan.letters.paper import Paper
from fontgan.letters.wandering import wander
from fontgan.strokes.paths import Strokes

BEARINGS = 0.07  # ems: on both sides of a letter together


@dataclass(frozen=True)
class Glyph:
    """A character as it was written at one place in a text.

    Attributes:
        char: the character.
        strokes: with radii, in ems: the em box is [0, 1] x [0, 1].
    """

    char: str
    strokes: Strokes

    @property
    def side(self) -> tuple[float, float]:
        """Return where it begins and ends, in ems: a wide one's box, another one's ink."""
        if is_wide(self.char):
            return 0.0, 1.0
        radii = self.strokes.radii or ()
        pairs = list(zip(self.strokes.polylines, radii, strict=True))
        left = min(float((line[:, 0] - thick).min()) for line, thick in pairs)
        right = max(float((line[:, 0] + thick).max()) for line, thick in pairs)
        return left - BEARINGS / 2, right + BEARINGS / 2


def blank(char: str) -> float:
    """Return the width of what is not written, in ems."""
    if char == "\t":
        return 2.0
    return 1.0 if is_wide(char) else SPACE


def widths(glyphs: Mapping[str, Glyph]) -> dict[str, float]:
    """Return how wide characters are that are written, in ems."""
    return {char: glyph.side[1] - glyph.side[0] for char, glyph in glyphs.items()}


def pages(
    lines: Sequence[str],
    written: Sequence[Glyph | None],
    paper: Paper,
    amount: float = 0.0,
    seed: int = 0,
) -> list[list[Glyph]]:
    """Set lines on pages.

    Args:
        lines: of text.
        written: each of their characters, one line after another; None is a blank.
        paper: what they are written on.
        amount: how far the hand wanders.
        seed: of that.

    Returns:
        Of each page its glyphs, in millimetres from its upper left corner.
    """
    set_, start = [], 0
    for number, line in enumerate(lines):
        own = written[start : start + len(line)]
        start += len(line)
        top = paper.margin + paper.size * paper.spacing * (number % paper.lines)
        glyphs = _line(line, own, paper, top, amount, (seed, number))
        if number % paper.lines == 0:
            set_.append(glyphs)
        else:
            set_[-1].extend(glyphs)
    return set_


def _line(
    line: str,
    written: Sequence[Glyph | None],
    paper: Paper,
    top: float,
    amount: float,
    seed: tuple[int, ...],
) -> list[Glyph]:
    sides = [
        glyph.side if glyph else (0.0, blank(char))
        for char, glyph in zip(line, written, strict=True)
    ]
    wide = np.array([right - left for left, right in sides])
    way = wander(np.cumsum(wide) - wide / 2, amount, seed)
    places = np.cumsum(wide + way.gap) - wide
    return [
        Glyph(
            glyph.char,
            _put(
                glyph.strokes,
                np.array([paper.margin + paper.size * (place - side[0]), top + paper.size * rise]),
                paper.size,
                (slant, size, press),
            ),
        )
        for glyph, side, place, rise, slant, size, press in zip(
            written, sides, places, way.rise, way.slant, way.size, way.press, strict=True
        )
        if glyph
    ]


def _put(
    strokes: Strokes, corner: np.ndarray, em: float, how: tuple[float, float, float]
) -> Strokes:
    """Return strokes at a place, slanted about their foot, larger and pressed harder."""
    slant, size, press = how
    foot = np.array([0.5, ABOVE])
    turn = size * np.array([[1.0, 0.0], [-slant, 1.0]])  # rows are x and y of what they make
    lines = [((line - foot) @ turn + foot) * em + corner for line in strokes.polylines]
    radii = [thick * (size * em * np.exp(press)) for thick in strokes.radii or ()]
    return Strokes(tuple(lines), tuple(radii), strokes.square)
