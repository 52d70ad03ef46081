"""Split by character: a held-out character is held out in every style, whatever the fonts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fontgan.errors import ConfigError


def held_out(chars: Iterable[str], share: float, seed: int = 0) -> frozenset[str]:
    """Choose about ``share`` of the characters, for a seed always the same ones.

    Each character has a fixed number drawn from the seed and itself; those with the lowest are
    held out. So neither the order of the characters nor the fonts matter, and two overlapping
    sets hold out nearly the same of what they share. Of two or more characters at least one is
    held out (unless ``share`` is 0) and one is kept.

    >>> held_out("abcdefghij", 0.2) == held_out("jihgfedcba", 0.2)
    True

    Raises:
        ConfigError: a share outside 0 to 0.9.

    """
    if not 0 <= share <= 0.9:
        raise ConfigError(f"holdout must be a share from 0 to 0.9, not {share}")
    ranked = sorted(set(chars), key=lambda char: (_number(char, seed), char))
    if not share or len(ranked) < 2:
        return frozenset()
    count = min(max(round(share * len(ranked)), 1), len(ranked) - 1)
    return frozenset(ranked[:count])


def _number(char: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed} {char}".encode(), digest_size=8).digest()
