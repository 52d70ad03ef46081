"""How a hand wanders while it writes a line: slowly up and down, slanting, pressing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RISE, SLOPE = 0.03, 0.004  # ems; ems an em
SLANT, SIZE, PRESS = 0.025, 0.02, 0.06  # shear; share; logarithm of a width
GAP, INDENT = 0.02, 0.06  # ems between two characters, at the beginning of a line
LONGEST, WAVES = 24.0, 3  # ems; waves of a wander, each half as long as the one before
MOOD, HELD = 0.35, 0.92  # share of variance that is mood; what of it a character passes on
PUNCTUATION = 0.35  # of what others vary


@dataclass(frozen=True)
class Wander:
    """What happens to the N characters of a line; each (N,).

    Attributes:
        rise: of the base line, in ems, downwards.
        slant: to the right, in ems an em of height.
        size: factor.
        press: logarithm of a factor of the pen's width.
        gap: more room before the character, in ems.
    """

    rise: Floats
    slant: Floats
    size: Floats
    press: Floats
    gap: Floats


def wander(places: Floats, amount: float, seed: tuple[int, ...]) -> Wander:
    """Return how a hand wanders on a line.

    Args:
        places: (N,) of the characters along the line, in ems.
        amount: 0 is not at all, 1 as a hand does.
        seed: the same makes the same.
    """
    chance = np.random.default_rng(seed)
    rise, slant, size, press = (_wave(places, chance) for _ in range(4))
    slope = SLOPE * chance.standard_normal()
    gap = GAP * chance.standard_normal(len(places))
    gap[:1] += INDENT * abs(chance.standard_normal())
    return Wander(
        rise=amount * (RISE * rise + slope * places),
        slant=amount * SLANT * slant,
        size=np.exp(amount * SIZE * size),
        press=amount * PRESS * press,
        gap=amount * gap,
    )


def moods(
    chars: Sequence[str], z_size: int, amount: float, seed: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return codes (N, Z) of the characters of a text, from N(0, amount²).

    Each is the sum of a mood, which changes slowly along the text, and of what is the character's
    own. Punctuation varies less: it has no shape to spare.
    """
    chance = np.random.default_rng(seed)
    # place by place, so that what is written later changes nothing before it
    change, own = chance.standard_normal((len(chars), 2, z_size)).transpose(1, 0, 2)
    mood = change.copy()
    for place in range(1, len(chars)):
        mood[place] = HELD * mood[place - 1] + (1 - HELD**2) ** 0.5 * change[place]
    marks = [PUNCTUATION if unicodedata.category(char)[0] == "P" else 1.0 for char in chars]
    codes = MOOD**0.5 * mood + (1 - MOOD) ** 0.5 * own
    scaled: NDArray[np.float32] = (amount * np.array(marks)[:, None] * codes).astype(np.float32)
    return scaled


def _wave(places: Floats, chance: np.random.Generator) -> Floats:
    """Return a smooth function of about variance 1 at places."""
    lengths = LONGEST / 2 ** np.arange(WAVES) * chance.uniform(0.7, 1.3, WAVES)
    angles = 2 * np.pi * (places[:, None] / lengths + chance.uniform(0, 1, WAVES))
    total: Floats = (chance.standard_normal(WAVES) * np.sin(angles)).sum(axis=1)
    total *= (2 / WAVES) ** 0.5
    return total
