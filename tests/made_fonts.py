"""Small fonts made in the tests, glyph by glyph, so that every pixel can be foretold."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from fontTools.ttLib.tables.TupleVariation import TupleVariation

Rect = tuple[int, int, int, int]  # left, bottom, right, top in font units
NOTDEF: Rect = (100, 0, 500, 700)


def outline(*rects: Rect):
    pen = TTGlyphPen(None)
    for left, bottom, right, top in rects:
        pen.moveTo((left, bottom))
        for point in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def builder(
    glyphs: dict[str, tuple[Rect, ...]],
    family: str = "Made",
    advance: int = 1000,
    ascent: int = 880,
    descent: int = -120,
    notdef: tuple[Rect, ...] = (NOTDEF,),
) -> FontBuilder:
    """A font of 1,000 units an em with rectangles for outlines."""
    names = {char: f"u{ord(char):04X}" for char in glyphs}
    drawn = {".notdef": outline(*notdef)}
    drawn |= {names[char]: outline(*rects) for char, rects in glyphs.items()}
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(list(drawn))
    font.setupCharacterMap({ord(char): name for char, name in names.items()})
    font.setupGlyf(drawn)
    shapes = {names[char]: rects for char, rects in glyphs.items()} | {".notdef": notdef}
    # The left side bearing must be where the ink begins, else the glyph is moved there.
    starts = {name: min((r[0] for r in shapes[name]), default=0) for name in drawn}
    font.setupHorizontalMetrics({name: (advance, starts[name]) for name in drawn})
    font.setupHorizontalHeader(ascent=ascent, descent=descent)
    font.setupNameTable(
        {
            "familyName": family,
            "styleName": "Regular",
            "copyright": "nobody",
            "licenseDescription": "free as air",
        }
    )
    font.setupOS2(sTypoAscender=ascent, sTypoDescender=descent)
    font.setupPost()
    return font


def save(path: Path, glyphs: dict[str, tuple[Rect, ...]], **settings) -> Path:
    builder(glyphs, **settings).save(path)
    return path


def collection(path: Path, *faces: dict[str, tuple[Rect, ...]]) -> Path:
    fonts = TTCollection()
    for number, glyphs in enumerate(faces):
        part = save(path.with_name(f"part{number}.ttf"), glyphs)
        fonts.fonts.append(TTFont(part))
    fonts.save(path)
    for number in range(len(faces)):
        path.with_name(f"part{number}.ttf").unlink()
    return path


def variable(path: Path, char: str = "一", bold: dict[str, str] | None = None) -> Path:
    """A bar 100 units high at wght 400, 300 at 900, whose name in some languages is ``bold``."""
    font = builder({char: ((100, 300, 900, 400),)})
    places = [{"stylename": bold, "location": {"wght": 900}}] if bold else []
    font.setupFvar([("wght", 100, 400, 900, "Weight")], places)
    points = [(0, 0), (0, 200), (0, 200), (0, 0)] + [(0, 0)] * 4
    name = f"u{ord(char):04X}"
    font.setupGvar({name: [TupleVariation({"wght": (0, 1, 1)}, points)]})
    font.save(path)
    return path


def some_glyphs(chars: str) -> dict[str, tuple[Rect, ...]]:
    """Give every character a shape of its own: a frame, and a bar whose place is its code."""
    shapes = {}
    for char in chars:
        across, up = ord(char) % 97 * 7, ord(char) % 61 * 10
        shapes[char] = ((50, 0, 110, 700), (100, up, 130 + across, up + 60))
    return shapes
