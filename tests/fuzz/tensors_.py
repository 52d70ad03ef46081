"""Damage to safetensors files: their header, what the header says of itself, and the tensors."""

from __future__ import annotations

import json
import struct
from random import Random
from typing import Any

from . import bytes_, json_

DTYPES = ("F64", "F32", "F16", "BF16", "I64", "I32", "U8", "BOOL", "F8_E4M3", "X9", "")


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return header and body."""
    (length,) = struct.unpack_from("<Q", data)
    return data[8 : 8 + length], data[8 + length :]


def join(header: bytes, body: bytes) -> bytes:
    """Put a file together."""
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + body


def damage(data: bytes, rng: Random) -> bytes:
    """Damage a file; mostly what its metadata say, which is JSON within JSON."""
    way = rng.choice((_facts, _facts, _facts, _facts, _table, _values, _names, _bytes))
    header, body = split(data)
    return way(header, body, rng)


def _facts(header: bytes, body: bytes, rng: Random) -> bytes:
    table = json.loads(header)
    facts = table.get("__metadata__") or {"fontgan": "{}"}
    key = rng.choice(list(facts))
    if rng.random() < 0.9:
        facts[key] = json_.damage(facts[key], rng).decode(errors="replace")
    else:
        facts = json_.change(facts, rng)
    table["__metadata__"] = facts
    return join(json_.write(table), body)


def _table(header: bytes, body: bytes, rng: Random) -> bytes:
    """Say something else of one tensor: its type, its shape, where it lies."""
    table: dict[str, Any] = json.loads(header)
    about = table[rng.choice([name for name in table if name != "__metadata__"])]
    way = rng.randrange(4)
    if way == 0:
        about["dtype"] = rng.choice(DTYPES)
    elif way == 1:
        about["shape"] = about["shape"][::-1]
    elif way == 2:
        about["shape"] = json_.strange(about["shape"], rng)
    else:
        about["data_offsets"] = json_.change(about["data_offsets"], rng)
    return join(json_.write(table), body)


def _names(header: bytes, body: bytes, rng: Random) -> bytes:
    """Drop a tensor, name it otherwise, or let two change their names."""
    table: dict[str, Any] = json.loads(header)
    names = [name for name in table if name != "__metadata__"]
    one, other = rng.choice(names), rng.choice(names)
    way = rng.randrange(3)
    if way == 0:
        del table[one]
    elif way == 1:
        table[rng.choice(json_.NAMES)] = table.pop(one)
    else:
        table[one], table[other] = table[other], table[one]
    return join(json_.write(table), body)


def _values(header: bytes, body: bytes, rng: Random) -> bytes:
    """Keep the header; fill tensors with what is not finite, huge or nothing."""
    number = struct.pack("<f", rng.choice((float("nan"), float("inf"), 3e38, -3e38, 1e-45, 0.0)))
    start = rng.randint(0, len(body) // 4) * 4
    count = rng.choice((1, 10, (len(body) - start) // 4))
    filled = body[:start] + number * count + body[start + 4 * count :]
    return join(header, rng.choice((filled[: len(body)], bytes_.flip(body, rng))))


def _bytes(header: bytes, body: bytes, rng: Random) -> bytes:
    length = rng.choice((len(header), len(header) + 1, 0, 2**63, 2**40, 100_000_000))
    whole = struct.pack("<Q", length) + header + body
    return bytes_.damage(whole, rng)
