"""Damage to fonts that keeps their directory: one table at a time, packed again where packed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from random import Random

import brotli

from . import bytes_

Tables = dict[bytes, bytes]
FRAGMENTS = (
    "#0", "#1", "#99", "#-1", "#wght=700", "#0,wght=650", "#wght=nan", "#wght=1e999", "#wght=",
    "#=1", "#x", "#wght=700,wght=1", "#\x1b[31m", "#99999999999999999999", "##", "#opsz=12",
)  # fmt: skip


def damage(data: bytes, rng: Random) -> bytes:
    """Damage a font of any kind, below its packing or above."""
    if rng.random() < 0.3:
        return bytes_.damage(data, rng)
    if data[:4] == b"wOF2":
        return _unpacked(data, rng)
    if data[:4] in (b"wOFF", b"ttcf"):
        return bytes_.damage(data, rng)
    kind, tables = read(data)
    rng.choice((_inside, _inside, _inside, _blank, _drop, _exchange, _repeat))(tables, rng)
    return rng.choice((sfnt, sfnt, woff))(kind, tables)


def read(data: bytes) -> tuple[bytes, Tables]:
    """Return the kind and the tables of a TTF or OTF."""
    (count,) = struct.unpack_from(">H", data, 4)
    records = [struct.unpack_from(">4sIII", data, 12 + 16 * n) for n in range(count)]
    return data[:4], {tag: data[start : start + size] for tag, _, start, size in records}


def sfnt(kind: bytes, tables: Tables) -> bytes:
    """Write a TTF or OTF; checksums are not right, which nobody looks at."""
    start, records, body = 12 + 16 * len(tables), b"", b""
    for tag, table in tables.items():
        records += struct.pack(">4sIII", tag, 0, start + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    return kind + struct.pack(">HHHH", len(tables), 16, 0, 0) + records + body


def woff(kind: bytes, tables: Tables) -> bytes:
    """Write a WOFF."""
    start, records, body = 44 + 20 * len(tables), b"", b""
    for tag, table in tables.items():
        packed = zlib.compress(table)
        packed = packed if len(packed) < len(table) else table
        records += struct.pack(">4sIIII", tag, start + len(body), len(packed), len(table), 0)
        body += packed + b"\0" * (-len(packed) % 4)
    total = 12 + sum(16 + len(table) + (-len(table) % 4) for table in tables.values())
    size = start + len(body)
    about = struct.pack(">4sIHHIHHIIIII", kind, size, len(tables), 0, total, 1, 0, *[0] * 5)
    return b"wOFF" + about + records + body


def _unpacked(data: bytes, rng: Random) -> bytes:
    """Damage what a WOFF2 holds, and pack it again."""
    (packed,) = struct.unpack_from(">I", data, 20)
    for start in range(48, min(len(data), 700)):
        try:
            stream = brotli.decompress(data[start : start + packed])
        except brotli.error:
            continue
        again = brotli.compress(bytes_.damage(stream, rng), quality=4)
        head = data[:20] + struct.pack(">I", len(again)) + data[24:start]
        return head + again + b"\0" * (-len(again) % 4)
    return bytes_.damage(data, rng)


def _inside(tables: Tables, rng: Random) -> None:
    tag = rng.choice(list(tables))
    tables[tag] = bytes_.damage(tables[tag], rng)


def _blank(tables: Tables, rng: Random) -> None:
    tag = rng.choice(list(tables))
    tables[tag] = rng.choice((b"\0", b"\xff")) * len(tables[tag])


def _drop(tables: Tables, rng: Random) -> None:
    del tables[rng.choice(list(tables))]


def _exchange(tables: Tables, rng: Random) -> None:
    one, other = rng.choice(list(tables)), rng.choice(list(tables))
    tables[one], tables[other] = tables[other], tables[one]


def _repeat(tables: Tables, rng: Random) -> None:
    tag = rng.choice(list(tables))
    tables[tag] *= rng.choice((2, 50, 1000))


def chain(base: bytes, glyphs: int, ring: bool = False) -> bytes:
    """Return a font in which every glyph is a composite of the next; the last of the first."""
    kind, tables = read(base)
    last = 1 if ring else 0
    parts = [struct.pack(">h4h2H2h", -1, *[0] * 4, 3, n + 1, 0, 0) for n in range(1, glyphs - 1)]
    parts = [b"", *parts, struct.pack(">h4h2H2h", -1, *[0] * 4, 3, last, 0, 0)]
    starts = [sum(map(len, parts[:1]))]
    for part in parts[1:]:
        starts.append(starts[-1] + len(part))
    tables[b"glyf"] = b"".join(parts)
    tables[b"loca"] = struct.pack(f">{glyphs + 1}I", 0, *starts)
    tables[b"hmtx"] = struct.pack(">Hh", 1000, 0) + b"\0\0" * (glyphs - 1)
    tables[b"maxp"] = tables[b"maxp"][:4] + struct.pack(">H", glyphs) + tables[b"maxp"][6:]
    tables[b"head"] = tables[b"head"][:50] + struct.pack(">h", 1) + tables[b"head"][52:]
    tables[b"hhea"] = tables[b"hhea"][:34] + struct.pack(">H", 1)
    tables.pop(b"post", None)
    return sfnt(kind, tables)


def bomb(kind: bytes, size: int, entries: int) -> bytes:
    """Return a WOFF whose entries all name one stream of zeros of a size, and a small total."""
    squeeze, packed, left = zlib.compressobj(9), b"", size
    while left > 0:
        packed += squeeze.compress(bytes(min(left, 1 << 20)))
        left -= 1 << 20
    packed += squeeze.flush()
    start = 44 + 20 * entries
    records = b"".join(
        struct.pack(">4sIIII", b"t%03d" % n, start, len(packed), size, 0) for n in range(entries)
    )
    about = (kind, start + len(packed), entries, 0, 1000, 1, 0, *[0] * 5)
    return b"wOFF" + struct.pack(">4sIHHIHHIIIII", *about) + records + packed


Crafted = Callable[[bytes, Random], bytes]
CRAFTED: tuple[Crafted, ...] = (
    lambda base, rng: chain(base, rng.choice((3, 12, 100, 3000, 20000, 65000))),
    lambda base, rng: chain(base, rng.choice((2, 3, 40)), ring=True),
    lambda base, rng: bomb(base[:4], rng.choice((1 << 20, 1 << 27)), rng.choice((1, 64, 4000))),
)
