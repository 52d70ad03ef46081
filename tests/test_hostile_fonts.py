"""Fonts that claim too much, nest too deep or map too far: one line, and no memory spent."""

from __future__ import annotations

import os
import struct
import zlib

import brotli
import pytest
from fontTools.pens.ttGlyphPen import TTGlyphPen
from made_fonts import builder, save, variable

from fontgan.errors import FontError
from fontgan.faces.face import FontFace
from fontgan.faces.unpack import readable
from fontgan.limits import FONT_ANYWAY, FONT_FILE

BOX = ((100, 0, 500, 700),)
ZEROS = bytes(FONT_ANYWAY + 1)


def woff(path, sizes, body, total=1_000):
    """Tables that all name one stream, with the sizes that they claim to have."""
    at = 44 + 20 * len(sizes)
    entries = (
        struct.pack(">4sIIII", b"t%03d" % number, at, len(body), size, 0)
        for number, size in enumerate(sizes)
    )
    head = struct.pack(">4s4sIHHI", b"wOFF", b"\0\1\0\0", 0, len(sizes), 0, total)
    path.write_bytes(head.ljust(44, b"\0") + b"".join(entries) + body)
    return path


def test_woff_tables_that_name_one_stream_are_summed(tmp_path):
    body = zlib.compress(bytes(2**20))
    with pytest.raises(FontError, match="damaged"):
        readable(woff(tmp_path / "a.woff", [2**20] * 64, body))


def test_a_woff_table_larger_than_its_file_can_honestly_hold(tmp_path):
    with pytest.raises(FontError, match="damaged"):
        readable(woff(tmp_path / "a.woff", [len(ZEROS)], zlib.compress(ZEROS)))


@pytest.mark.parametrize("transformed", [False, True])
def test_a_woff2_larger_than_its_file_can_honestly_hold(tmp_path, transformed):
    def number(value):
        digits = [value >> shift & 127 for shift in (28, 21, 14, 7, 0)]
        while not digits[0]:
            digits.pop(0)
        return bytes([digit | 128 for digit in digits[:-1]] + digits[-1:])

    body = brotli.compress(ZEROS)
    size = number(len(ZEROS))
    directory = bytes([10]) + size + size if transformed else bytes([10 | 3 << 6]) + size
    head = struct.pack(">4s4sIHHII", b"wOF2", b"\0\1\0\0", 0, 1, 0, 1_000, len(body))
    path = tmp_path / "a.woff2"
    path.write_bytes(head.ljust(48, b"\0") + directory + body)
    with pytest.raises(FontError, match="damaged"):
        readable(path)


@pytest.mark.parametrize("magic", [b"wOF2", b"wOFF", b"OTTO"])
def test_a_file_larger_than_any_font_is_not_read(tmp_path, magic):
    path = tmp_path / "sparse.woff2"
    path.write_bytes(magic)
    os.truncate(path, FONT_FILE + 1)
    with pytest.raises(FontError, match="larger than any font"):
        readable(path)


def chain(path, levels, circle=False):
    """``a`` is a box; each of the other glyphs is a composite of the one before."""
    names = ["u0061", *(f"c{level}" for level in range(levels))]
    font = builder({"a": BOX, "b": BOX})
    glyf = font.font["glyf"]
    glyphs = {name: glyf[name] for name in font.font.getGlyphOrder()}
    for name, before in zip(names[1:], names, strict=False):
        pen = TTGlyphPen(dict.fromkeys(names))
        pen.addComponent(name if circle else before, (1, 0, 0, 1, 10, 0))
        glyphs[name] = pen.glyph()
    font.setupGlyphOrder(list(glyphs))
    glyf.glyphs, glyf.glyphOrder = glyphs, list(glyphs)
    glyf.__dict__.pop("_reverseGlyphOrder", None)
    font.font["cmap"].tables[0].cmap[ord("b")] = names[-1]
    font.setupHorizontalMetrics({name: (1000, 0) for name in glyphs})
    for glyph in glyphs.values():
        glyph.recalcBounds = lambda *_, **__: None
        for edge in ("xMin", "yMin", "xMax", "yMax"):
            setattr(glyph, edge, getattr(glyph, edge, 0))
    font.font.recalcBBoxes = False
    maxp = font.font["maxp"]
    maxp.numGlyphs = len(glyphs)
    font.font["maxp"].recalc = lambda _: None
    font.save(path)
    return path


def test_composites_nested_some_levels_deep_are_drawn(tmp_path):
    assert FontFace.open(chain(tmp_path / "a.ttf", 8)).has("b")


@pytest.mark.parametrize(("levels", "circle"), [(40, False), (1, True)])
def test_composites_nested_too_deep_or_in_a_circle_are_refused(tmp_path, levels, circle):
    with pytest.raises(FontError, match="made of itself"):
        FontFace.open(chain(tmp_path / "a.ttf", levels, circle))


def test_a_map_beyond_unicode_ends_at_its_end(tmp_path):
    path = save(tmp_path / "a.ttf", {"a": BOX, "\U0010ffff": BOX})
    data = path.read_bytes()
    code = struct.pack(">II", 0x10FFFF, 0x10FFFF)
    assert code in data
    path.write_bytes(data.replace(code, struct.pack(">II", 0x10FFFF, 0x110005)))
    assert FontFace.open(path).claimed() == {"a", "\U0010ffff"}


def test_half_surrogates_in_a_map_are_no_characters(tmp_path):
    font = builder({"a": BOX})
    font.setupCharacterMap({0x61: "u0061", 0xD801: "u0061", 0x1F600: "u0061"})
    font.save(tmp_path / "a.ttf")
    assert FontFace.open(tmp_path / "a.ttf").claimed() == {"a", "\U0001f600"}


def test_damaged_variations_are_told(tmp_path):
    path = variable(tmp_path / "a.ttf")
    data = bytearray(path.read_bytes())
    entry = data.index(b"gvar")
    at = struct.unpack(">I", data[entry + 8 : entry + 12])[0]
    data[at + 4 : at + 6] = b"\xff\xff"  # the number of axes
    path.write_bytes(data)
    with pytest.raises(FontError, match="variations are damaged"):
        FontFace.open(f"{path}#wght=700")
