"""Make a small face from a whole font or from a folder of subset pieces, outline by outline.

The result draws exactly what the original draws for the characters kept: outlines, advance widths,
vertical metrics and names are copied; hints and layout tables are not.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import flagOverlapSimple
from fontTools.ttLib.woff2 import WOFF2FlavorData

BLANKS = " \u00a0\u3000"  # without ink by nature: kept for their width
KEPT_NAMES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17)
DESCRIPTION = 10
NOTICE = (
    "Reduced for fontgan to the drawn characters of GB2312 level 1, ASCII and CJK punctuation; "
    "hints and layout tables removed."
)


class Piece:
    """One opened file of a face: its glyphs, and which glyph each character has."""

    def __init__(self, path: Path) -> None:
        self.font = TTFont(path, recalcTimestamp=False)
        self.glyphs = self.font.getGlyphSet()
        self.cmap: dict[int, str] = self.font.getBestCmap() or {}
        self.notdef: str = self.font.getGlyphOrder()[0]

    def outline(self, name: str) -> list[Any]:
        """Return a glyph's outline without components, as recorded pen calls."""
        pen = DecomposingRecordingPen(self.glyphs)
        self.glyphs[name].draw(pen)
        return pen.value

    def has_ink(self, name: str) -> bool:
        """Say whether a glyph has an outline with an extent in both directions."""
        pen = BoundsPen(self.glyphs)
        self.glyphs[name].draw(pen)
        box = pen.bounds
        return box is not None and box[0] < box[2] and box[1] < box[3]


Place = tuple[Piece, str]  # a piece, and the name of a glyph in it


def open_pieces(paths: Iterable[Path]) -> list[Piece]:
    """Open the files of one face in the order of their names."""
    return [Piece(path) for path in sorted(paths, key=lambda path: path.name)]


def drawn(pieces: Sequence[Piece], chars: Iterable[str]) -> dict[str, Place]:
    """Find the characters that are really drawn: mapped, with ink, and not as ``.notdef``."""
    found: dict[str, Place] = {}
    wanted = set(chars)
    for piece in pieces:
        tofu = piece.outline(piece.notdef)
        for code, name in piece.cmap.items():
            char = chr(code)
            if char not in wanted or char in found or name == piece.notdef:
                continue
            if piece.has_ink(name) and piece.outline(name) != tofu:
                found[char] = (piece, name)
    return found


def reduce_face(pieces: Sequence[Piece], chars: Iterable[str]) -> TTFont:
    """Build a TrueType face of ``chars`` (those drawn) from the outlines of ``pieces``."""
    places = dict(sorted((_blanks(pieces) | drawn(pieces, chars)).items()))
    glyphs: dict[Place, str] = {(pieces[0], pieces[0].notdef): ".notdef"}
    for char, place in places.items():
        glyphs.setdefault(place, f"uni{ord(char):04X}")
    donor = pieces[0].font
    builder = FontBuilder(donor["head"].unitsPerEm, isTTF=True)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder(list(glyphs.values()))
    builder.setupCharacterMap({ord(char): glyphs[place] for char, place in places.items()})
    builder.setupGlyf({name: _glyph(place) for place, name in glyphs.items()})
    builder.setupHorizontalMetrics(_metrics(builder.font, glyphs))
    _copy_tables(builder, donor)
    return builder.font


def to_woff2(font: TTFont, transformed: bool = False) -> bytes:
    """Pack a face as WOFF2; untransformed outlines unpack at the speed of brotli alone."""
    tables = {"glyf", "loca"} if transformed else set()
    font.flavor = "woff2"
    font.flavorData = WOFF2FlavorData(transformedTables=tables)
    packed = io.BytesIO()
    font.save(packed, reorderTables=None)
    return packed.getvalue()


def _blanks(pieces: Sequence[Piece]) -> dict[str, Place]:
    mapped = ((char, piece, piece.cmap.get(ord(char))) for piece in pieces for char in BLANKS)
    return {char: (piece, name) for char, piece, name in mapped if name and not piece.has_ink(name)}


def _glyph(place: Place) -> Any:
    piece, name = place
    cubic = "glyf" not in piece.font
    pen = TTGlyphPen(None)
    calls = DecomposingRecordingPen(piece.glyphs)
    piece.glyphs[name].draw(calls)
    calls.replay(Cu2QuPen(pen, max_err=1.0, reverse_direction=True) if cubic else pen)
    glyph = pen.glyph()
    if not cubic and _overlaps(piece.font, name):
        glyph.flags[0] |= flagOverlapSimple  # rasterisers sample such glyphs in another way
    return glyph


def _overlaps(font: TTFont, name: str) -> bool:
    glyph = font["glyf"][name]
    if glyph.isComposite():
        return any(_overlaps(font, part.glyphName) for part in glyph.components)
    return bool(glyph.numberOfContours and glyph.flags[0] & flagOverlapSimple)


def _metrics(font: TTFont, glyphs: Mapping[Place, str]) -> dict[str, tuple[int, int]]:
    """Return (advance width, left edge) of each glyph in font units."""
    edges = {name: getattr(font["glyf"][name], "xMin", 0) for name in glyphs.values()}
    return {
        name: (piece.font["hmtx"][old][0], edges[name]) for (piece, old), name in glyphs.items()
    }


def _copy_tables(builder: FontBuilder, donor: TTFont) -> None:
    font = builder.font
    for tag in ("hhea", "OS/2"):
        font[tag] = donor[tag]
    head, original = font["head"], donor["head"]
    for field in ("created", "modified", "macStyle", "fontRevision", "lowestRecPPEM"):
        setattr(head, field, getattr(original, field))
    font["OS/2"].usMaxContext = 0
    font["OS/2"].recalcUnicodeRanges(font)
    font["OS/2"].recalcAvgCharWidth(font)
    builder.setupPost(keepGlyphNames=False)
    for field in ("italicAngle", "underlinePosition", "underlineThickness", "isFixedPitch"):
        setattr(font["post"], field, getattr(donor["post"], field))
    builder.setupNameTable({})
    for record in donor["name"].names:
        if record.platformID == 3 and record.nameID in KEPT_NAMES:
            font["name"].names.append(record)
    font["name"].setName(NOTICE, DESCRIPTION, 3, 1, 0x409)
