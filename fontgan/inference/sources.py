"""The source glyphs that a model draws from: which font, which characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.evenly import evenly
from fontgan.runs.header import Header
from fontgan.strokes import catalogue

Images = NDArray[np.uint8]
DEFAULT_GLYPHS = 24


@dataclass(frozen=True)
class Sources:
    """Characters of a source font, on a model's canvas.

    Attributes:
        face: the font.
        canvas: the model's.
        chars: those asked for that the font draws, or whose strokes are known.
        missing: the others.
        notes: what the user should know.
    """

    face: FontFace
    canvas: Canvas
    chars: list[str]
    missing: list[str]
    notes: list[str]

    @classmethod
    def of(
        cls,
        header: Header,
        chars: str | Charset | None,
        source: str | Path | None,
        stroke_sets: Sequence[str] = (),
    ) -> Sources:
        """Open the source font and see what it draws.

        Args:
            header: of the model's checkpoint.
            chars: a charset or its specification; default some that the model has not seen.
            source: a font; default the one the model was trained with.
            stroke_sets: those that the model draws from: it needs no glyph of a character in them.

        Raises:
            FontganError: no such font or charset, or nothing to draw.
        """
        face, notes = _source_face(header, source)
        wanted = _charset(chars, header)
        sets = [catalogue.find(one) for one in stroke_sets]
        known = {char for char in wanted if face.has(char) or any(char in one for one in sets)}
        drawable = [char for char in wanted if char in known]
        if not drawable:
            raise FontError(f"{face.family} draws none of the {len(wanted)} characters asked for")
        missing = [char for char in wanted if char not in known]
        return cls(face, header.canvas, drawable, missing, notes)

    def at(self, size: int) -> Sources:
        """Return the same characters on a canvas of another size."""
        return replace(self, canvas=replace(self.canvas, size=size))

    def draw(self, chars: Sequence[str]) -> Images:
        """Draw some of the characters: (B, S, S) grey, ink 0; plain paper where none is."""
        paper = np.full((self.canvas.size, self.canvas.size), 255, np.uint8)
        have = self.face.has
        return np.stack(
            [self.canvas.draw(self.face, char) if have(char) else paper for char in chars]
        )


def _charset(chars: str | Charset | None, header: Header) -> Charset:
    if isinstance(chars, Charset):
        return chars
    if chars is not None:
        return Charset.parse(chars)
    # Nothing asked for: show what the model can do with characters it has not seen.
    default = header.held_out_chars or header.trained_chars
    places = evenly(len(default), DEFAULT_GLYPHS)
    return Charset("default", tuple(default[place] for place in places))


def _source_face(header: Header, source: str | Path | None) -> tuple[FontFace, list[str]]:
    trained = header.source
    if source is not None:
        return FontFace.open(source), []
    try:
        face = FontFace.open(trained.spec)
    except FontError as error:
        raise FontError(f"{error}; give the source font with --source") from None
    if face.sha256 != trained.sha256:
        return face, [f"the source font {trained.spec} has changed since training"]
    return face, []
