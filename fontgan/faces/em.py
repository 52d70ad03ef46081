"""The em box of Chinese type: where letters stand in it, and which characters fill it."""

from __future__ import annotations

import unicodedata

ABOVE, BELOW = 0.88, 0.12  # of the em box, from the baseline
SPACE = 0.28  # width of the space between words, in em


def is_wide(char: str) -> bool:
    """Tell whether a character fills an em square: Chinese ones and their punctuation do.

    >>> is_wide("永"), is_wide("，"), is_wide("a")
    (True, True, False)
    """
    return unicodedata.east_asian_width(char) in "WF"
