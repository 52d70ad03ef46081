"""One opened font file and its outlines, straight on FreeType: no hinting, exact grey coverage.

An outline is loaded at 1,024 pixels an em, so one em is 65,536 units of 1/64 pixel whatever the
font's own units are; it is then scaled, moved and painted into a (S, S) uint8 array in place.
freetype-py's wrappers copy bitmaps through Python lists; here FreeType writes into numpy's memory.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import freetype
import numpy as np
from freetype import raw

from fontgan.faces.composites import check_composites
from fontgan.faces.opening import PPEM, Name, open_face, read_name, sfnt_table

EM = PPEM * 64  # units of one em in a loaded outline

_LOAD = freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_AUTOHINT | freetype.FT_LOAD_NO_BITMAP
_NO_ORIENTATION, _GREY = 2, 2

_P = ctypes.c_void_p


def _function(name: str, *arguments: type) -> ctypes._NamedFuncPointer:
    """Return our own copy of a FreeType function, with its argument types declared."""
    function: ctypes._NamedFuncPointer = raw._lib[name]
    function.argtypes = arguments
    return function


_char_index = _function("FT_Get_Char_Index", _P, ctypes.c_ulong)
_load_glyph = _function("FT_Load_Glyph", _P, ctypes.c_uint, ctypes.c_int32)
_transform = _function("FT_Outline_Transform", _P, _P)
_translate = _function("FT_Outline_Translate", _P, ctypes.c_long, ctypes.c_long)
_get_bbox = _function("FT_Outline_Get_BBox", _P, _P)
_orientation = _function("FT_Outline_Get_Orientation", _P)
_get_bitmap = _function("FT_Outline_Get_Bitmap", _P, _P, _P)


class Box(NamedTuple):
    """The ink box of an outline, in 1/64 pixel, y upwards."""

    left: int
    bottom: int
    right: int
    top: int

    @property
    def width(self) -> int:
        """Return the width in 1/64 pixel."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in 1/64 pixel."""
        return self.top - self.bottom


class FontFile:
    """One face of one font file, opened; it holds one loaded outline at a time."""

    def __init__(self, path: Path, index: int = 0):
        self.path = path
        self.face = open_face(path, index)
        check_composites(self.face, path)
        # The wrapper frees its handle when it goes: `self.face` must live as long as these.
        record = self.face._FT_Face
        self._face = ctypes.cast(record, _P)
        self._slot = record.contents.glyph.contents
        self._outline = ctypes.addressof(self._slot.outline)
        self._shape = self._slot.outline
        self._library = ctypes.cast(freetype.get_handle(), _P)
        self._notdef: bytes | None = None

    def glyph_index(self, char: str) -> int:
        """Return the glyph of a character, 0 if the font has none."""
        return int(_char_index(self._face, ord(char)))

    def codepoints(self) -> frozenset[str]:
        """Return every character the font's map leads to a glyph."""
        mapped = takewhile(lambda entry: entry[0] <= sys.maxunicode, self.face.get_chars())
        codes = (code for code, glyph in mapped if glyph)
        return frozenset(chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF)

    def status(self, glyph: int) -> str:
        """Load a glyph and tell what it is: drawn, blank or tofu."""
        if not self.load(glyph) or not self._has_ink():
            return "blank"
        return "tofu" if self._points() == self._tofu(glyph) else "drawn"

    def load(self, glyph: int) -> bool:
        """Load the outline of a glyph; False when it has none or is damaged."""
        failed = _load_glyph(self._face, glyph, _LOAD)
        return not failed and self._shape.n_points > 0

    @property
    def advance(self) -> int:
        """Return the advance width of the loaded glyph, in 1/65536 em."""
        return int(self._slot.linearHoriAdvance) >> 10

    def box(self) -> Box:
        """Return the exact ink box of the loaded outline."""
        box = raw.FT_BBox()
        _get_bbox(self._outline, ctypes.byref(box))
        return Box(box.xMin, box.yMin, box.xMax, box.yMax)

    def scale(self, factor: int) -> None:
        """Multiply the loaded outline by ``factor`` / 65536."""
        matrix = raw.FT_Matrix(factor, 0, 0, factor)
        _transform(self._outline, ctypes.byref(matrix))

    def move(self, right: int, up: int) -> None:
        """Move the loaded outline, in 1/64 pixel."""
        _translate(self._outline, right, up)

    def paint(self, out: np.ndarray) -> bool:
        """Paint the loaded outline into ``out``, (S, S) uint8, ink 0 on paper 255.

        The outline's origin is the lower left corner. False when FreeType refuses the outline.
        """
        side = out.shape[0]
        out.fill(0)
        bitmap = raw.FT_Bitmap(rows=side, width=side, pitch=side, num_grays=256, pixel_mode=_GREY)
        bitmap.buffer = ctypes.cast(out.ctypes.data, type(bitmap.buffer))
        failed = _get_bitmap(self._library, self._outline, ctypes.byref(bitmap))
        np.invert(out, out=out)
        return not failed

    def table(self, tag: str, size: int) -> bytes:
        """Return the first ``size`` bytes of a table, empty when it is not there or shorter."""
        return sfnt_table(self.face, tag, size)

    def typographic_metrics(self) -> tuple[float, float]:
        """Return the typographic ascender and descender in em; zeros when the font has none."""
        table = self.table("OS/2", 72)
        up, down = struct.unpack(">hh", table[68:72]) if table else (0, 0)
        return up / self.face.units_per_EM, down / self.face.units_per_EM

    def line_metrics(self) -> tuple[float, float]:
        """Return the ascender and descender of the line in em."""
        return (
            self.face.ascender / self.face.units_per_EM,
            self.face.descender / self.face.units_per_EM,
        )

    def name(self, *name_ids: int) -> str:
        """Return the first of these names the font has, English where there is a choice."""
        for name_id in name_ids:
            for text in (record.text for record in self._names if record.id == name_id):
                return text
        return ""

    @cached_property
    def _names(self) -> list[Name]:
        count = range(self.face.sfnt_name_count)
        names = [read_name(self.face.get_sfnt_name(i)) for i in count]
        return sorted((name for name in names if name.text), key=lambda name: name.rank)

    def _has_ink(self) -> bool:
        """Tell whether the loaded outline encloses any area (opposite loops may sum to none)."""
        if _orientation(self._outline) != _NO_ORIENTATION:
            return True
        box = self.box()
        if not box.width or not box.height:
            return False
        return self._paints(box)

    def _paints(self, box: Box) -> bool:
        glyph, side = self._slot.glyph_index, 64
        self.scale(65_536 * side * 64 // max(box.width, box.height))
        box = self.box()
        self.move(-box.left, -box.bottom)
        image = np.empty((side, side), np.uint8)
        inked = self.paint(image) and int(image.min()) < 255
        self.load(glyph)
        return inked

    def _points(self) -> bytes:
        shape = self._shape
        return ctypes.string_at(shape.points, shape.n_points * ctypes.sizeof(raw.FT_Vector))

    def _tofu(self, glyph: int) -> bytes:
        """Return the points of the .notdef glyph, and leave ``glyph`` loaded."""
        if self._notdef is None:
            self._notdef = self._points() if self.load(0) else b""
            self.load(glyph)
        return self._notdef
