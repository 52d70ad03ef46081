"""Text into lines: broken where Unicode allows it, so that no line begins with a full stop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from unicodedata import east_asian_width

from uniseg.linebreak import line_break_units

Width = Callable[[str], float]  # of a character, in ems


def wrapped(text: str, width: Width, line: float) -> list[str]:
    """Break text into lines: between Chinese characters, at the ends of words, at line ends.

    Where a line may end says the Unicode line breaking algorithm (UAX 14), which also keeps ，。」
    from its beginning and 「 from its end; beside Chinese, “ and ” are taken for brackets. A word
    longer than a line is broken anywhere. Spaces at the end of a line take no room and are left
    out.

    Args:
        text: paragraphs end with line ends; an empty one is an empty line.
        width: of a character.
        line: room of a line, in ems.

    >>> wrapped("今天，很好。OK then", lambda char: 1 if char > "~" else 0.5, 3)
    ['今天，', '很好。', 'OK', 'then']
    >>> wrapped("说：“1984年。”“是。”", lambda char: 1 if char > "~" else 0.5, 5)
    ['说：“1984', '年。”', '“是。”']
    """
    return [
        one for paragraph in text.splitlines() or [""] for one in _paragraph(paragraph, width, line)
    ]


def _paragraph(text: str, width: Width, line: float) -> Iterator[str]:
    now = ""
    for unit in _units(text):
        if now and _length(now + unit, width) > line:
            yield now.rstrip(" ")
            now = ""
        now += unit
        while _length(now, width) > line and len(now.rstrip(" ")) > 1:
            some = _most(now, width, line)
            yield now[:some]
            now = now[some:]
    yield now.rstrip(" ")


def _units(text: str) -> Iterator[str]:
    """Yield the parts of a paragraph between which a line may end.

    The algorithm itself (rule LB19a) lets a line end before “ and behind ” only where the
    characters on both sides are East Asian: not in ：“1984 or ”“. It leaves it to its user to take
    these marks for brackets where the language says which of them open (UAX 14, class QU).
    """
    asian = any(east_asian_width(char) in "WF" for char in text)
    place = 0
    for unit in line_break_units(_bracketed(text) if asian else text):
        yield text[place : place + len(unit)]
        place += len(unit)


def _bracketed(text: str) -> str:
    """Return a text with brackets for its quotation marks; apostrophes (it’s, ’tis) stay."""
    return re.sub(r"”|(?<![A-Za-z\s])’|’(?![A-Za-z])", ")", re.sub("[“‘]", "(", text))


def _length(text: str, width: Width) -> float:
    return sum(map(width, text.rstrip(" ")))


def _most(word: str, width: Width, line: float) -> int:
    """Return how many characters of a word, one at least, a line has room for."""
    return next(
        (count for count in range(len(word), 1, -1) if _length(word[:count], width) <= line), 1
    )
