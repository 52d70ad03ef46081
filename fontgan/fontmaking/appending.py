"""Glyphs added to a font that somebody has: its own glyphs, metrics and tables stay.

Added letters are spaced by their own sides, and kerned among themselves where that switches nothing
of the font's own off; beside its own letters they are not kerned.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from fontgan.errors import FontError, FontganError
from fontgan.faces.em import ABOVE
from fontgan.faces.unpack import readable
from fontgan.files import read_bytes
from fontgan.fontmaking.appended_kerning import extend_kerning
from fontgan.fontmaking.building import Typeface, name_of
from fontgan.fontmaking.naming import About
from fontgan.fontmaking.shaping import UNITS
from fontgan.fontmaking.spacing import full_width
from fontgan.limits import FONT_FILE

_BY_GLYPH = ("DSIG", "LTSH", "hdmx", "VDMX")  # of the old glyphs only; a signature breaks


def open_base(path: Path) -> Any:
    """Open the font that glyphs are to be added to.

    Raises:
        FontError: no TrueType font, or a variable one.
        OSError: it cannot be read.
    """
    data = read_bytes(path, FONT_FILE)
    readable(path)  # holds what it claims to unpack to against the limits
    with telling(path):
        font = TTFont(io.BytesIO(data), lazy=False)
        fits = "glyf" in font and "fvar" not in font
        cmap, order = font.getBestCmap() or {}, font.getGlyphOrder()
        for tag in ("hmtx", "head", "hhea", "maxp", "OS/2", "name", "post"):
            _ = font[tag]  # what will be changed must be readable
        for name in order if fits else ():
            font["glyf"][name].expand(font["glyf"])
    if not fits or not cmap:
        raise FontError(
            f"{path} has no plain TrueType outlines (it is CFF or variable, or maps no character); "
            "--append-to takes a static TTF"
        )
    return font


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn what fontTools raises over a damaged font into one line: it fails in any way.

    Raises:
        FontError: it did.
    """
    try:
        yield
    except (FontganError, OSError):
        raise
    except Exception as error:
        raise FontError(f"{path} is a damaged font ({_short(error)})") from None


def lacking(font: Any, chars: list[str]) -> list[str]:
    """Return those of the characters that a font does not map."""
    there = font.getBestCmap()
    return [char for char in chars if ord(char) not in there]


def append(font: Any, face: Typeface) -> int:
    """Add what a font lacks of a typeface's characters; return how many.

    Raises:
        FontError: it would have more glyphs than a font can have.
    """
    every = {chr(code): face.glyphs[name] for code, name in face.chars.items()}
    new = lacking(font, [char for char in every if not char.isspace()])
    if not all(full_width(char, face.cjk) for char in new):
        new += lacking(font, [" "])  # letters need the space between words
    added = {char: every[char] for char in new}
    if len(font.getGlyphOrder()) + len(added) > 0xFFFF:
        raise FontError(f"{len(added)} more glyphs are too many for one font; give fewer --chars")
    scale = font["head"].unitsPerEm / UNITS
    up = _baseline(font) * font["head"].unitsPerEm
    names = _names(font, added)
    metrics = font["hmtx"].metrics
    for char, glyph in added.items():
        shape = glyph.shape.scaled(scale).moved(0, up)
        name = names[char]
        font["glyf"].glyphs[name] = shape.quadratic(font["head"].unitsPerEm)
        metrics[name] = round(glyph.advance * scale), round(shape.box[0])
        if "vmtx" in font:
            top = font["vhea"].ascent - round(shape.box[3])
            font["vmtx"].metrics[name] = font["head"].unitsPerEm, top
    font.setGlyphOrder([*font.getGlyphOrder(), *names.values()])
    font["glyf"].setGlyphOrder(font.getGlyphOrder())
    _map(font, {ord(char): name for char, name in names.items()})
    extend_kerning(font, _kerns(face, names, scale))
    for tag in _BY_GLYPH:
        if tag in font:
            del font[tag]
    return len(added)


def rename(font: Any, about: About) -> None:
    """Give a font another name, as licences with reserved names ask of changed fonts."""
    names = font["name"]
    kept = names.getDebugName(17) or names.getDebugName(2) or "Regular"
    postscript = about.postscript.removesuffix("Regular") + kept.replace(" ", "")
    texts = {1: about.family, 3: postscript, 4: f"{about.family} {kept}", 6: postscript}
    if names.getDebugName(16):
        texts[16] = about.family
    for record in list(names.names):
        if record.nameID in texts:
            record.string = texts[record.nameID]


def _kerns(face: Typeface, names: Mapping[str, str], scale: float) -> dict[tuple[str, str], int]:
    """Return the kerning of a typeface's added characters, by the names and units they have now."""
    now = {face.chars[ord(char)]: name for char, name in names.items()}
    return {
        (now[one], now[other]): round(by * scale)
        for (one, other), by in face.features.kerns.items()
        if one in now and other in now
    }


def _baseline(font: Any) -> float:
    """Return by how much, in em, the em box of a font is higher than ours."""
    units, os2 = font["head"].unitsPerEm, font["OS/2"]
    height = (os2.sTypoAscender - os2.sTypoDescender) / units
    return float(os2.sTypoAscender / units - ABOVE) if 0.95 <= height <= 1.05 else 0.0


def _names(font: Any, chars: Mapping[str, Any]) -> dict[str, str]:
    taken, names = set(font.getGlyphOrder()), {}
    for char in chars:
        name = name_of(char)
        while name in taken:
            name += ".hand"
        taken.add(name)
        names[char] = name
    return names


def _map(font: Any, codes: Mapping[int, str]) -> None:
    """Map characters to their glyphs in all of a font's Unicode maps that can hold them."""
    tables = [table for table in font["cmap"].tables if table.isUnicode() and table.format != 14]
    for table in tables:
        most = 0xFFFF if table.format in (0, 2, 4, 6) else 0x10FFFF
        table.cmap.update({code: name for code, name in codes.items() if code <= most})
    wide = {code: name for code, name in codes.items() if code > 0xFFFF}
    if wide and not any(table.format == 12 for table in tables):
        from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

        table = CmapSubtable.newSubtable(12)
        table.platformID, table.platEncID, table.language = 3, 10, 0
        table.cmap = dict(font.getBestCmap()) | wide
        font["cmap"].tables.append(table)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
