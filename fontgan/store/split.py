"""Split by character, the honest way, or by pair, as some papers do it.

By character, a held-out character is held out in every style, whatever the fonts. By pair, the
character of a held-out glyph is seen in other styles, so that scores come out better than for
characters that no one has written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import compress
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import ConfigError

Split = Literal["character", "pair"]


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
    order = sorted(set(chars))
    return frozenset(compress(order, _lowest(_numbers(str(seed), order), share)))


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
    order = {style: sorted(set(drawn[style])) for style in sorted(drawn)}
    numbers = [_numbers(f"{seed} {style}", chars) for style, chars in order.items()]
    chosen = _lowest(np.concatenate([np.empty(0, np.uint64), *numbers]), share)
    ends = np.cumsum([len(chars) for chars in order.values()])[:-1]
    parts = dict(zip(order, np.split(chosen, ends), strict=True)) if order else {}
    return {style: frozenset(compress(order[style], parts[style])) for style in drawn}


def _lowest(numbers: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Tell which numbers (N,) are the lowest, the first of equal ones; of two or more not all.

    Raises:
        ConfigError: a share outside 0 to 0.9.
    """
    if not 0 <= share <= 0.9:
        raise ConfigError(f"holdout must be a share from 0 to 0.9, not {share}")
    lowest = np.zeros(len(numbers), dtype=np.bool_)
    if share and len(numbers) > 1:
        count = min(max(round(share * len(numbers)), 1), len(numbers) - 1)
        lowest[np.argsort(numbers, kind="stable")[:count]] = True
    return lowest


def _numbers(prefix: str, chars: Iterable[str]) -> NDArray[np.uint64]:
    """Return the fixed number of each character (N,); of many pairs it takes a tenth of a list."""
    texts = (f"{prefix} {char}".encode() for char in chars)
    numbers = b"".join(hashlib.blake2b(text, digest_size=8).digest() for text in texts)
    return np.frombuffer(numbers, dtype=">u8").astype(np.uint64)
