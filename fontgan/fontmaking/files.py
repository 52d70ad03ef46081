"""Font files by the endings of their names: TTF, OTF, WOFF2, and UFO for editors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fontTools.pens.pointPen import SegmentToPointPen
from fontTools.pens.reverseContourPen import ReverseContourPen
from fontTools.ufoLib import UFOWriter

from fontgan.errors import ConfigError, FontError
from fontgan.files import atomic_write, check_free, part_name
from fontgan.fontmaking.building import Glyph, Typeface, build
from fontgan.fontmaking.shaping import UNITS
from fontgan.outlines.curves import draw

ENDINGS = (".ttf", ".otf", ".woff2", ".ufo")


def check_outputs(paths: Sequence[Path], force: bool, endings: Sequence[str] = ENDINGS) -> None:
    """Refuse names before any work is done for them.

    Raises:
        ConfigError: a name ends otherwise.
        FontganError: something is there, and is not to be replaced.
    """
    for path in paths:
        if path.suffix.lower() not in endings:
            raise ConfigError(
                f"{path}: a font file is named {', '.join(f'NAME{e}' for e in endings)}"
            )
        check_free([path], force)
        if path.exists() and path.is_dir() != (path.suffix.lower() == ".ufo"):
            raise FontError(f"{path} is something else than a font; choose another -o")
        if path.is_dir() and not (path / "metainfo.plist").exists() and any(path.iterdir()):
            raise FontError(f"{path} holds other files than a UFO's; choose another -o")


def save(face: Typeface, paths: Sequence[Path]) -> None:
    """Write a font, whole or not at all each, by the ending of each name."""
    made: dict[bool, Any] = {}
    for path in paths:
        ending = path.suffix.lower()
        if ending == ".ufo":
            _save_ufo(face, path)
            continue
        truetype = ending != ".otf"
        if truetype not in made:
            made[truetype] = build(face, truetype)
        write_font(made[truetype], path)


def write_font(font: Any, path: Path) -> None:
    """Write a fontTools font; packed where the name ends in .woff2."""
    font.flavor = "woff2" if path.suffix.lower() == ".woff2" else None
    with atomic_write(path) as part:
        font.save(part)


def _save_ufo(face: Typeface, path: Path) -> None:
    with _replaced(path), atomic_write(path) as part:
        writer = UFOWriter(part, fileCreator="fontgan")
        writer.writeInfo(_Info(face))
        glyph_set = writer.getGlyphSet()
        codes: dict[str, list[int]] = {}
        for code, name in face.chars.items():
            codes.setdefault(name, []).append(code)
        for name, glyph in face.glyphs.items():
            glyph_set.writeGlyph(name, _UfoGlyph(glyph, codes.get(name, [])), _drawn(glyph))
        glyph_set.writeContents()
        writer.writeLayerContents()
        writer.writeKerning(dict(face.features.kerns))
        writer.writeFeatures(face.features.text(kerning=False))
        writer.writeLib({"public.glyphOrder": list(face.glyphs)})
        writer.close()


@contextmanager
def _replaced(folder: Path) -> Iterator[None]:
    """Put a folder aside, which another is to take the place of; back, where that fails."""
    old = folder.with_name(part_name(folder.stem, ".old")) if folder.is_dir() else None
    if old:
        os.replace(folder, old)
    try:
        yield
    except BaseException:
        if old:
            os.replace(old, folder)
        raise
    if old:
        shutil.rmtree(old, ignore_errors=True)


class _Info:
    """What ufoLib reads from an object of font info."""

    def __init__(self, face: Typeface):
        about, heights = face.about, face.heights
        self.familyName, self.styleName = about.family, "Regular"
        self.unitsPerEm = UNITS
        self.ascender, self.descender = heights.typo
        self.xHeight, self.capHeight = (face.height_of(char) or None for char in "xH")
        self.copyright = about.copyright or None
        self.openTypeNameLicense = about.licence or None
        self.openTypeNameLicenseURL = about.licence_url or None
        self.openTypeNameDescription = about.description or None
        self.openTypeOS2Type: list[int] = []
        self.openTypeOS2TypoAscender, self.openTypeOS2TypoDescender = heights.typo
        self.openTypeOS2TypoLineGap = self.openTypeHheaLineGap = 0
        self.openTypeHheaAscender, self.openTypeHheaDescender = heights.hhea
        self.openTypeOS2WinAscent, self.openTypeOS2WinDescent = heights.win
        self.openTypeOS2Selection = [7] if heights.use_typo else []
        self.postscriptFontName = about.postscript
        self.versionMajor, self.versionMinor = 1, 0


class _UfoGlyph:
    """What glifLib reads from a glyph."""

    def __init__(self, glyph: Glyph, codes: list[int]):
        self.width, self.height, self.unicodes = glyph.advance, UNITS, codes


def _drawn(glyph: Glyph) -> Any:
    """Return what draws a glyph with a point pen, outer contours counter-clockwise."""

    def points(pen: Any) -> None:
        draw(ReverseContourPen(SegmentToPointPen(pen)), glyph.shape.contours)

    return points
