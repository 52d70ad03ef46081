"""Split by character, the honest way, or by pair, as some papers do it.

By character, a held-out character is held out in every style, whatever the fonts. By pair, the
character of a held-out glyph is seen in other styles, so that scores come out better than for
characters that no one has written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

from fontgan.errors import ConfigError

Split = Literal["character", "pair"]
Item = TypeVar("Item", str, tuple[str, str])


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
    numbers = {char: _number(f"{seed} {char}") for char in chars}
    return frozenset(_lowest(numbers, share))


def held_out_pairs(
    drawn: Mapping[str, Iterable[str]], share: float, seed: int = 0
) -> dict[str, frozenset[str]]:
    """Choose ``round(share * pairs)`` of all pairs of a style and a character, as `held_out` does.

    Args:
        drawn: style names, and the characters of each.
        share: of the pairs.
        seed: decides which.

    Returns:
        For each style the characters held out in it.

    >>> chosen = held_out_pairs({"a": "0123456789", "b": "01234"}, 0.2)
    >>> sum(map(len, chosen.values()))
    3

    Raises:
        ConfigError: a share outside 0 to 0.9.

    """
    numbers = {
        (style, char): _number(f"{seed} {style} {char}")
        for style, chars in drawn.items()
        for char in chars
    }
    chosen: dict[str, set[str]] = {style: set() for style in drawn}
    for style, char in _lowest(numbers, share):
        chosen[style].add(char)
    return {style: frozenset(chars) for style, chars in chosen.items()}


def _lowest(numbers: Mapping[Item, bytes], share: float) -> list[Item]:
    """Return the items with the lowest numbers; of two or more at least one is not among them."""
    if not 0 <= share <= 0.9:
        raise ConfigError(f"holdout must be a share from 0 to 0.9, not {share}")
    if not share or len(numbers) < 2:
        return []
    count = min(max(round(share * len(numbers)), 1), len(numbers) - 1)
    return sorted(numbers, key=lambda item: (numbers[item], item))[:count]


def _number(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
