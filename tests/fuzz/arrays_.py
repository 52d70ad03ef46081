"""Damage to .npy files."""

from __future__ import annotations

from random import Random

from . import bytes_


def damage(data: bytes, rng: Random) -> bytes:
    """Damage an array: its header, or anything."""
    if rng.random() < 0.3:
        return bytes_.damage(data, rng)
    header, body = data[10:128], data[128:]
    text = header.decode("latin-1").rstrip()
    way = rng.randrange(5)
    if way == 0:
        text = bytes_.damage(text.encode(), rng).decode("latin-1")
    elif way == 1:
        text = text.replace(
            "|u1", rng.choice(("|O", "<f8", "|V1", "<U9", "|u2", "x", "<M8[ns]", "|b1"))
        )
    elif way == 2:
        shape = rng.choice(
            ("(10, 32)", "(-1, 32, 32)", "(9999999999999, 32, 32)", "(" * 60_000, "()")
        )
        text = text.replace("(10, 32, 32)", shape)
    elif way == 3:
        text = text.replace("False", rng.choice(("True", "None", "5", "__import__('os')")))
    else:
        return data[:6] + bytes(rng.randrange(5) for _ in range(2)) + data[8:]
    packed = text.encode("latin-1", "replace")
    return data[:8] + min(65535, len(packed)).to_bytes(2, "little") + packed + body
