"""Damage to images; of PNG also below its checksums, and images that are small only as files."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from random import Random

from . import bytes_

Chunks = list[tuple[bytes, bytes]]
SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIDES = (0, 1, 2, 33, 9000, 13_300, 30_000, 2**31 - 1, 2**31, 2**32 - 1)
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n0 0 40 40 rectfill\n%%EOF\n"


def damage(data: bytes, rng: Random) -> bytes:
    """Damage an image."""
    if not data.startswith(SIGNATURE) or rng.random() < 0.3:
        return bytes_.damage(data, rng)
    chunks = read(data)
    for _ in range(rng.choice((1, 1, 2))):
        rng.choice((_header, _header, _inside, _order, _text, _pixels))(chunks, rng)
    return png(chunks)


def read(data: bytes) -> Chunks:
    """Return type and content of each chunk of a PNG."""
    chunks, place = [], 8
    while place + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        chunks.append((kind, data[place + 8 : place + 8 + size]))
        place += 12 + size
    return chunks


def png(chunks: Chunks) -> bytes:
    """Put a PNG together, with checksums that are right."""
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return SIGNATURE + b"".join(parts)


@cache
@cache
def flat(width: int, height: int, depth: int, colour: int) -> bytes:
    """Return a PNG of one colour, which is far smaller than its pixels."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    squeeze, packed = zlib.compressobj(9), b""
    row = bytes(1 + (width * channels * depth + 7) // 8)
    rows = max(1, (1 << 20) // len(row))
    for start in range(0, height, rows):
        packed += squeeze.compress(row * min(rows, height - start))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return png([(b"IHDR", header), (b"IDAT", packed + squeeze.flush()), (b"IEND", b"")])


def crafted(rng: Random) -> bytes:
    """Return an image that is none, or that is large when it is drawn."""
    way = rng.randrange(6)
    if way < 3:
        side = rng.choice((3000, 7000, 9400, 13_300))
        width, height = rng.choice(((side, side), (1, side * 1000), (side * 1000, 1)))
        return flat(width, height, *rng.choice(((8, 0), (16, 0), (8, 6), (16, 6), (1, 0), (8, 2))))
    return (POSTSCRIPT, b"", b"GIF89a" + rng.randbytes(60))[way - 3]


def _header(chunks: Chunks, rng: Random) -> None:
    kind, body = chunks[0]
    if len(body) == 13:
        width, height = struct.unpack_from(">II", body)
        width = rng.choice((width, rng.choice(SIDES)))
        height = rng.choice((height, rng.choice(SIDES)))
        rest = bytearray(body[8:])
        rest[rng.randrange(5)] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
        chunks[0] = (kind, struct.pack(">II", width, height) + bytes(rest))


def _inside(chunks: Chunks, rng: Random) -> None:
    place = rng.randrange(len(chunks))
    kind, body = chunks[place]
    chunks[place] = (kind, bytes_.damage(body, rng))


def _order(chunks: Chunks, rng: Random) -> None:
    one, other = rng.randrange(len(chunks)), rng.randrange(len(chunks))
    if rng.random() < 0.5:
        chunks[one], chunks[other] = chunks[other], chunks[one]
    else:
        chunks.insert(one, chunks[other])


def _text(chunks: Chunks, rng: Random) -> None:
    """Add a text or a profile that is large when unpacked."""
    packed = zlib.compress(bytes(rng.choice((10, 1 << 20, 1 << 26))), 9)
    body = rng.choice((b"key\0\0", b"\0\0", b"key\0\1", b"")) + packed
    chunks.insert(
        1, (rng.choice((b"zTXt", b"iCCP", b"iTXt", b"tEXt", b"tRNS", b"eXIf", b"acTL")), body)
    )


def _pixels(chunks: Chunks, rng: Random) -> None:
    raw = zlib.compress(rng.randbytes(rng.choice((10, 1640, 5000))))
    found = [place for place, (kind, _) in enumerate(chunks) if kind == b"IDAT"]
    if found:
        chunks[found[0]] = (b"IDAT", raw)
