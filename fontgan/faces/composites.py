"""Glyphs made of glyphs: FreeType follows them by recursion, as deep as a font's glyphs go.

A chain of 20,000 composites overflows the stack and ends the process, so the table ``glyf`` is
looked through once, when a font is opened. ``maxp.maxComponentDepth`` is no help: nobody reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import freetype
import numpy as np

from fontgan.errors import FontError
from fontgan.faces.opening import sfnt_table
from fontgan.limits import COMPONENTS, COMPOSITE_DEPTH

_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 1, 8, 0x20, 0x40, 0x80


def check_composites(face: freetype.Face, path: Path) -> None:
    """Refuse a font whose composite glyphs hold composites too deep, or themselves.

    Raises:
        FontError: they do, or there are too many.
    """
    glyf = sfnt_table(face, "glyf")
    starts = _composites(glyf, _offsets(face)) if glyf else {}
    made, of = [], []
    for glyph, start in starts.items():
        for component in islice(_components(glyf, start), COMPONENTS):
            made.append(glyph)
            of.append(component)
        if len(made) >= COMPONENTS:
            raise FontError(f"{path}: its glyphs have over {COMPONENTS:,} components")
    if _deep(np.array(made, np.int64), np.array(of, np.int64)):
        raise FontError(
            f"{path}: a glyph is made of itself, or of glyphs made of glyphs more than "
            f"{COMPOSITE_DEPTH} deep; a damaged font"
        )


def _offsets(face: freetype.Face) -> np.ndarray:
    """Return where each glyph begins in ``glyf``, and where the last ends."""
    head, loca = sfnt_table(face, "head", 54), sfnt_table(face, "loca")
    short = head[50:52] == b"\0\0"
    width = 2 if short else 4
    offsets = np.frombuffer(loca[: len(loca) // width * width], f">u{width}").astype(np.int64)
    return offsets * 2 if short else offsets


def _composites(glyf: bytes, offsets: np.ndarray) -> dict[int, int]:
    """Return where each composite glyph begins: its number of contours is negative."""
    starts = offsets[:-1]
    there = np.flatnonzero((offsets[1:] > starts) & (starts + 10 <= len(glyf)))
    signs = np.frombuffer(glyf, np.uint8)[starts[there]]
    composites = there[signs >= 128]
    return dict(zip(composites.tolist(), starts[composites].tolist(), strict=True))


def _components(glyf: bytes, start: int) -> Iterator[int]:
    at, flags = start + 10, _MORE
    while flags & _MORE and at + 4 <= len(glyf):
        flags, glyph = struct.unpack_from(">HH", glyf, at)
        yield glyph
        at += 8 if flags & _WORDS else 6
        at += 2 * bool(flags & _SCALE) + 4 * bool(flags & _TWO_SCALES) + 8 * bool(flags & _MATRIX)


def _deep(made: np.ndarray, of: np.ndarray) -> bool:
    """Tell whether glyphs ``made`` (E,) of glyphs ``of`` (E,) nest too deep, or in a circle."""
    inside = np.ones(65_536, bool)
    for _ in range(COMPOSITE_DEPTH + 1):
        outside = np.zeros(65_536, bool)
        outside[made[inside[of]]] = True
        if not outside.any():
            return False
        inside = outside
    return True
