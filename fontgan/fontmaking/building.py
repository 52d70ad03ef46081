"""Fonts built from outlines: TrueType and CFF, with metrics, names and features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from fontTools import agl
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.reverseContourPen import ReverseContourPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import newTable

from fontgan.faces.em import SPACE
from fontgan.fontmaking.features import Features
from fontgan.fontmaking.naming import About
from fontgan.fontmaking.shaping import UNITS, Shape
from fontgan.fontmaking.spacing import Sides, kerning, width_of
from fontgan.fontmaking.vertical import Heights, heights_of, is_cjk, vertical_forms
from fontgan.outlines.curves import draw

NOTDEF = ".notdef"
_MADE = 3_849_984_000  # 2026-01-01 in seconds since 1904: the same glyphs make the same bytes
_MOST_KERNED = 400  # letters
_JOINED, _OVER = "—", 0.01  # the Chinese dash is two; by how much they overlap, in em


@dataclass(frozen=True, eq=False)
class Glyph:
    """A glyph of a font.

    Attributes:
        shape: its outline, where it stands in its width.
        advance: its width, in font units.
        char: its character, or none of an alternate form.
        quadratic: its TrueType outline, where there is one already.
    """

    shape: Shape
    advance: int
    char: str = ""
    quadratic: Any = None


@dataclass(frozen=True, eq=False)
class Typeface:
    """All that a font file is written from.

    Attributes:
        glyphs: by name, `.notdef` first.
        features: what they do to each other.
        heights: of lines.
        about: names and licences.
        cjk: it is for Chinese, Japanese or Korean: it can be set vertically.
    """

    glyphs: Mapping[str, Glyph]
    features: Features
    heights: Heights
    about: About
    cjk: bool

    @cached_property
    def chars(self) -> dict[int, str]:
        """The names of glyphs by code point."""
        found = {ord(glyph.char): name for name, glyph in self.glyphs.items() if glyph.char}
        return found | ({0xA0: found[0x20]} if 0x20 in found else {})

    def height_of(self, char: str) -> int:
        """Return how high a character reaches above the baseline, in font units; 0 without it."""
        name = self.chars.get(ord(char))
        return round(self.glyphs[name].shape.box[3]) if name else 0


@dataclass
class Drawings:
    """Outlines as they come out of a drawing, before they are spaced.

    Attributes:
        shapes: by character.
        quadratics: TrueType outlines of the same, where there are any.
        forms: further forms of characters.
    """

    shapes: dict[str, Shape] = field(default_factory=dict)
    quadratics: dict[str, Any] = field(default_factory=dict)
    forms: dict[str, list[Shape]] = field(default_factory=dict)


def compose(
    drawings: Drawings, about: About, random: bool = False, beside: Iterable[str] = ()
) -> Typeface:
    """Space glyphs, kern letters, add forms for vertical lines, spaces and the missing glyph.

    Args:
        drawings: the outlines.
        about: names and licences.
        random: write ``rand``.
        beside: characters of the font that these are added to.
    """
    shapes, cjk = drawings.shapes, is_cjk([*drawings.shapes, *beside])
    if cjk:
        shapes = {c: _across(one) if c in _JOINED else one for c, one in shapes.items()}
    glyphs = {NOTDEF: Glyph(_box(), UNITS // 2)} | _spaces(cjk)
    names = {char: name_of(char) for char in shapes}
    for char, shape in shapes.items():
        width = width_of(char, shape, cjk)
        fresh = width.move or shape is not drawings.shapes[char]
        quadratic = None if fresh else drawings.quadratics.get(char)
        glyphs[names[char]] = Glyph(shape.moved(width.move), width.advance, char, quadratic)
    kerns = _kerns({names[char]: glyphs[names[char]] for char in shapes})
    forms: dict[str, list[str]] = {}
    for char, others in drawings.forms.items():
        base = glyphs[names[char]]
        for number, shape in enumerate(others, 1):
            name = f"{names[char]}.alt{number}"
            glyphs[name] = Glyph(_centred(shape, base), base.advance)
            forms.setdefault(names[char], []).append(name)
    vertical = {}
    for char, form in vertical_forms(shapes if cjk else {}).items():
        vertical[names[char]] = f"{names[char]}.vert"
        glyphs[f"{names[char]}.vert"] = Glyph(form, UNITS)
    others_ = [name for name in names.values() if name not in forms] if forms else []
    spaces = [name for name, glyph in glyphs.items() if glyph.char.isspace()]
    features = Features(forms, vertical, kerns, others_ + spaces, random)
    return Typeface(glyphs, features, heights_of(shapes), about, cjk)


def name_of(char: str) -> str:
    """Return the name of a character's glyph, by the Adobe Glyph List and its rules.

    >>> name_of("a"), name_of("永"), name_of("𠮷")
    ('a', 'uni6C38', 'u20BB7')
    """
    code = ord(char)
    if code < 0x250 and code in agl.UV2AGL:
        return str(agl.UV2AGL[code])
    return f"uni{code:04X}" if code < 0x10000 else f"u{code:05X}"


def build(face: Typeface, truetype: bool = True) -> Any:
    """Return a fontTools TTFont: TrueType outlines, or CFF."""
    builder = FontBuilder(UNITS, isTTF=truetype)
    builder.setupGlyphOrder(list(face.glyphs))
    builder.setupCharacterMap(face.chars)
    if truetype:
        builder.setupGlyf({n: g.quadratic or g.shape.quadratic() for n, g in face.glyphs.items()})
    else:
        _set_cff(builder, face)
    starts = {name: round(glyph.shape.box[0]) for name, glyph in face.glyphs.items()}
    builder.setupHorizontalMetrics({n: (g.advance, starts[n]) for n, g in face.glyphs.items()})
    ascent, descent = face.heights.hhea
    builder.setupHorizontalHeader(ascent=ascent, descent=descent, lineGap=0)
    if face.cjk:
        _set_vertical(builder, face)
    builder.setupNameTable(face.about.names, mac=False)
    builder.setupOS2(**_os2(face))
    builder.setupPost(underlinePosition=-UNITS // 10, underlineThickness=UNITS // 20)
    builder.updateHead(fontRevision=1.0, created=_MADE, modified=_MADE, lowestRecPPEM=8)
    font = builder.font
    font.recalcTimestamp = False
    if truetype:
        font["gasp"] = gasp = newTable("gasp")
        gasp.version, gasp.gaspRange = 1, {0xFFFF: 0x0F}
    font["OS/2"].recalcUnicodeRanges(font)
    font["OS/2"].recalcCodePageRanges(font)
    addOpenTypeFeaturesFromString(font, face.features.text())
    return font


def _os2(face: Typeface) -> dict[str, Any]:
    heights = face.heights
    return {
        "version": 4,
        "fsType": 0,
        "achVendID": "NONE",
        "usWeightClass": 400,
        "fsSelection": 0x40 | (0x80 if heights.use_typo else 0),
        "sTypoAscender": heights.typo[0],
        "sTypoDescender": heights.typo[1],
        "sTypoLineGap": 0,
        "usWinAscent": heights.win[0],
        "usWinDescent": heights.win[1],
        "sxHeight": face.height_of("x"),
        "sCapHeight": face.height_of("H"),
    }


def _set_vertical(builder: FontBuilder, face: Typeface) -> None:
    top = face.heights.typo[0]
    tops = {name: top - round(glyph.shape.box[3]) for name, glyph in face.glyphs.items()}
    builder.setupVerticalMetrics({name: (UNITS, tops[name]) for name in face.glyphs})
    half = UNITS // 2
    builder.setupVerticalHeader(
        ascent=half, descent=-half, lineGap=0, caretSlopeRise=0, caretSlopeRun=1
    )
    if "CFF " in builder.font:
        builder.setupVerticalOrigins({}, top)


def _set_cff(builder: FontBuilder, face: Typeface) -> None:
    programs = {}
    for name, glyph in face.glyphs.items():
        pen = T2CharStringPen(glyph.advance, None)
        draw(ReverseContourPen(pen), glyph.shape.contours)
        programs[name] = pen.getCharString()
    about = face.about
    info = {"FullName": about.names["fullName"], "FamilyName": about.family, "Weight": "Regular"}
    plain = {key: text for key, text in info.items() if text.isascii()}
    builder.setupCFF(about.postscript, plain, programs, {})


def _kerns(glyphs: Mapping[str, Glyph]) -> dict[tuple[str, str], int]:
    letters = {
        name: glyph
        for name, glyph in glyphs.items()
        if glyph.shape.contours and 0 < glyph.advance != UNITS
    }
    letters = dict(list(letters.items())[:_MOST_KERNED])
    sides = {name: Sides.of(glyph.shape) for name, glyph in letters.items()}
    return kerning(sides, {name: glyph.advance for name, glyph in letters.items()})


def _centred(shape: Shape, base: Glyph) -> Shape:
    """Put a further form where the base form stands, so that both have one width."""
    if base.advance == UNITS:
        return shape
    left, _, right, _ = shape.box
    first, _, last, _ = base.shape.box
    return shape.moved((first + last - left - right) / 2)


def _across(shape: Shape) -> Shape:
    """Widen a dash over the whole em and a little more, so that two in a row join."""
    left, _, right, _ = shape.box
    wide = np.array([(1 + 2 * _OVER) * UNITS / max(right - left, 1), 1.0])
    start = np.array([left, 0.0]), np.array([-_OVER * UNITS, 0.0])
    return Shape(
        [[np.round((part - start[0]) * wide + start[1]) for part in one] for one in shape.contours],
        shape.pen,
    )


def _spaces(cjk: bool) -> dict[str, Glyph]:
    spaces = {"space": Glyph(Shape([]), round(SPACE * UNITS), " ")}
    return spaces | ({"uni3000": Glyph(Shape([]), UNITS, "\u3000")} if cjk else {})


def _box() -> Shape:
    """Return the outline of a missing glyph: an empty box."""

    def ring(left: float, low: float, right: float, high: float, way: int) -> list[Any]:
        corners = np.array([(left, low), (left, high), (right, high), (right, low)][::way]) * UNITS
        after = np.roll(corners, -1, axis=0)
        return [np.stack(pair) for pair in zip(corners, after, strict=True)]

    return Shape([ring(0.05, 0, 0.45, 0.7, 1), ring(0.09, 0.04, 0.41, 0.66, -1)])
