"""Give FreeType what it can read: plain sfnt fonts; WOFF and WOFF2 are unpacked first.

The sizes a file claims are believed only as limits, so a small hostile file cannot unpack to
gigabytes, and a file cut short is told from a whole one.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from fontgan.errors import FontError
from fontgan.files import atomic_write, cache_dir, read_bytes, sha256
from fontgan.limits import FONT_ANYWAY, FONT_FILE, FONT_RATIO, FONT_UNPACKED

_SFNT = {b"\0\1\0\0", b"OTTO", b"true", b"ttcf"}
_WOFF2_TAGS = (
    "cmap head hhea hmtx maxp name OS/2 post cvt  fpgm glyf loca prep CFF  VORG EBDT EBLC gasp "
    "hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL "
    "SVG  sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx "
    "opbd prop trak Zapf Silf Glat Gloc Feat Sill"
)
_KNOWN_TAGS = tuple(_WOFF2_TAGS[i : i + 4].encode() for i in range(0, len(_WOFF2_TAGS), 5))


class _Table(NamedTuple):
    tag: bytes
    size: int  # bytes in the packed stream
    unpacked: int  # bytes in the font
    transformed: bool


def readable(path: Path) -> Path | bytes:
    """Return what FreeType may open for a font file: the path itself, or an unpacked copy.

    Raises:
        FontError: no font, an unknown kind, cut short or damaged.

    """
    if path.stat().st_size > FONT_FILE:
        raise FontError(f"{path} is larger than any font ({FONT_FILE // 2**20} MiB)")
    with open(path, "rb") as file:
        magic = file.read(4)
    try:
        if magic in _SFNT:
            _check_length(path)
            return path
        if magic == b"wOFF":
            return _unpack_woff(read_bytes(path, FONT_FILE))
        if magic == b"wOF2":
            return _unpack_woff2(path)
    except (struct.error, IndexError, zlib.error) as error:
        raise FontError(f"{path} is a damaged font file; get it again") from error
    if not magic:
        raise FontError(f"{path} is empty, not a font")
    raise FontError(f"{path} is not a font (give a TTF, OTF, TTC, WOFF or WOFF2 file)")


def _check_length(path: Path) -> None:
    """Refuse an sfnt whose tables lie beyond its end."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        starts = [0]
        if file.read(4) == b"ttcf":
            _, count = struct.unpack(">II", file.read(8))
            starts = list(struct.unpack(f">{count}I", file.read(4 * min(count, 1000))))
        for start in starts:
            file.seek(start + 4)
            (count,) = struct.unpack(">H6x", file.read(8))
            for _, _, offset, length in struct.iter_unpack(">4sIII", file.read(16 * count)):
                if offset + length > size + 3:  # some writers count the padding of the last table
                    raise FontError(f"{path} is cut short (a damaged download?); get it again")


def _believe(claimed: int, packed: int) -> None:
    """Refuse a font that claims to unpack to more than its packed bytes can honestly hold."""
    if claimed > min(FONT_UNPACKED, max(FONT_ANYWAY, FONT_RATIO * packed)):
        raise IndexError("claims too much")


def _unpack_woff(data: bytes) -> bytes:
    flavour, _, count, _, total = struct.unpack(">4sIHHI", data[4:20])
    entries = list(struct.iter_unpack(">4sIIII", data[44 : 44 + 20 * count]))
    _believe(max(total, sum(entry[3] for entry in entries)), len(data))
    tables = {}
    for tag, offset, packed, size, _ in entries:
        body = data[offset : offset + packed]
        if packed < size:
            body = zlib.decompressobj().decompress(body, size + 1)
        if len(body) != size:
            raise IndexError("a table is cut short")
        tables[tag] = body
    return _sfnt(flavour, tables)


def _unpack_woff2(path: Path) -> bytes | Path:
    data = read_bytes(path, FONT_FILE)
    flavour, _, count, _, total, packed = struct.unpack(">4sIHHII", data[4:24])
    entries, start = _woff2_directory(data, count)
    claimed = sum(entry.size for entry in entries)
    _believe(max(total, claimed, sum(entry.unpacked for entry in entries)), len(data))
    if flavour == b"ttcf":
        raise FontError(f"{path} is a WOFF2 collection; unpack it to a TTC file first")
    body = _brotli(data[start : start + packed], claimed)
    if any(entry.transformed for entry in entries):
        return _unpack_transformed(path)
    tables, at = {}, 0
    for entry in entries:
        tables[entry.tag] = body[at : at + entry.size]
        at += entry.size
    return _sfnt(flavour, tables)


def _woff2_directory(data: bytes, count: int) -> tuple[list[_Table], int]:
    """Read the table directory; return its entries and where the packed stream begins."""
    entries, at = [], 48
    for _ in range(count):
        flags, at = data[at], at + 1
        if flags & 63 == 63:
            tag, at = data[at : at + 4], at + 4
        else:
            tag = _KNOWN_TAGS[flags & 63]
        unpacked, at = _base128(data, at)
        size = unpacked
        # glyf and loca are plain in version 3, every other table in version 0.
        transformed = (flags >> 6) != (3 if tag in (b"glyf", b"loca") else 0)
        if transformed:
            size, at = _base128(data, at)
        entries.append(_Table(tag, size, unpacked, transformed))
    return entries, at


def _base128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for _ in range(5):
        byte, at = data[at], at + 1
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at
    raise IndexError("a number is too long")


def _brotli(data: bytes, size: int) -> bytes:
    """Unpack exactly ``size`` bytes."""
    import brotli  # type: ignore[import-untyped]

    decoder, parts, length = brotli.Decompressor(), [], 0
    try:
        while not decoder.is_finished() and length <= size:
            part = decoder.process(data, output_buffer_limit=size + 1 - length)
            data = b""
            if not part and decoder.can_accept_more_data():
                break
            parts.append(part)
            length += len(part)
    except brotli.error as error:
        raise IndexError("the packed stream is damaged") from error
    if length != size:
        raise IndexError("the packed stream has another length than it claims")
    return b"".join(parts)


def _sfnt(flavour: bytes, tables: dict[bytes, bytes]) -> bytes:
    """Lay out tables as a plain sfnt; checksums stay 0, which rasterisers do not read."""
    at = 12 + 16 * len(tables)
    header, bodies = [flavour + struct.pack(">H6x", len(tables))], []
    for tag, body in sorted(tables.items()):
        header.append(struct.pack(">4sIII", tag, 0, at, len(body)))
        padded = body + bytes(-len(body) % 4)
        bodies.append(padded)
        at += len(padded)
    return b"".join(header + bodies)


def _unpack_transformed(path: Path) -> Path | bytes:
    """Unpack a WOFF2 whose outlines are packed by point, once: fontTools takes seconds for it.

    The copy is kept in the cache folder under the hash of the file.
    """
    kept = cache_dir() / "unpacked" / f"{sha256(path)}.ttf"
    if kept.is_file():
        return kept
    data = _fonttools_sfnt(path)
    try:
        with atomic_write(kept) as part:
            part.write_bytes(data)
    except OSError:  # no cache may be written here: only slower
        return data
    return kept


def _fonttools_sfnt(path: Path) -> bytes:
    from fontTools.ttLib import TTFont

    try:
        font = TTFont(path, recalcTimestamp=False, recalcBBoxes=False)
        tables = {tag.encode("latin-1"): font.reader[tag] for tag in font.reader.keys()}  # noqa: SIM118
    except Exception as error:  # a hostile file may fail there in any way
        raise FontError(f"{path} is a damaged WOFF2 file; get it again") from error
    return _sfnt(font.sfntVersion.encode("latin-1"), tables)
