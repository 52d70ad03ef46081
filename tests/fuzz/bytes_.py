"""Damage that knows nothing of a format: flipped bits, cuts, length fields, splices, zeros."""

from __future__ import annotations

from random import Random

LENGTHS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def damage(data: bytes, rng: Random) -> bytes:
    """Damage bytes in one to three ways."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(WAYS)(data, rng)
    return data


def flip(data: bytes, rng: Random) -> bytes:
    """Flip up to 16 bits, near each other or anywhere."""
    if not data:
        return data
    damaged = bytearray(data)
    start, width = rng.randrange(len(data)), rng.choice((8, 64, len(data)))
    for _ in range(rng.randint(1, 16)):
        place = (start + rng.randrange(max(1, width))) % len(data)
        damaged[place] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(data: bytes, rng: Random) -> bytes:
    """Keep a beginning: of any length, or all but a few bytes."""
    few = max(0, len(data) - rng.randint(1, 16))
    return data[: rng.choice((0, few, rng.randint(0, len(data)), rng.randint(0, len(data))))]


def lengthen(data: bytes, rng: Random) -> bytes:
    """Write a telling number where a length or an offset may stand, more often at the start."""
    size = rng.choice((1, 2, 4, 4, 8))
    if len(data) < size:
        return data
    place = rng.randrange(len(data) - size + 1)
    if rng.random() < 0.6:
        place = min(place, rng.randrange(256) & ~1)
    value = rng.choice((*LENGTHS, len(data), len(data) + 1, rng.getrandbits(8 * size)))
    number = (value & ((1 << 8 * size) - 1)).to_bytes(size, rng.choice(("big", "little")))
    return data[:place] + number + data[place + size :]


def splice(data: bytes, rng: Random) -> bytes:
    """Put one piece in the place of another, or between."""
    start, end = sorted(rng.randint(0, len(data)) for _ in range(2))
    place = rng.randint(0, len(data))
    over = rng.choice((0, end - start))
    return data[:place] + data[start:end] + data[place + over :]


def blank(data: bytes, rng: Random) -> bytes:
    """Fill a piece with zeros or with ones."""
    start = rng.randint(0, len(data))
    end = min(len(data), start + rng.choice((1, 4, 16, 256, len(data))))
    return data[:start] + rng.choice((b"\0", b"\xff")) * (end - start) + data[end:]


def trail(data: bytes, rng: Random) -> bytes:
    """Add what does not belong."""
    return data + rng.choice((rng.randbytes(40), data, b"\0" * 4096, b"\n"))


WAYS = (flip, flip, flip, cut, lengthen, lengthen, splice, blank, trail)
