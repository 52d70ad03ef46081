"""Text into lines: broken where Unicode allows it, so that no line begins with a full stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from uniseg.linebreak import line_break_units

Width = Callable[[str], float]  # of a character, in ems


def wrapped(text: str, width: Width, line: float) -> list[str]:
    """Break text into lines: between Chinese characters, at the ends of words, at line ends.

    Where a line may end says the Unicode line breaking algorithm (UAX 14), which also keeps ，。」
    from its beginning and 「 from its end. A word longer than a line is broken anywhere. Spaces at
    the end of a line take no room and are left out.

    Args:
        text: paragraphs end with line ends; an empty one is an empty line.
        width: of a character.
        line: room of a line, in ems.

    >>> wrapped("今天，很好。OK then", lambda char: 1 if char > "~" else 0.5, 3)
    ['今天，', '很好。', 'OK', 'then']
    """
    return [
        one for paragraph in text.splitlines() or [""] for one in _paragraph(paragraph, width, line)
    ]


def _paragraph(text: str, width: Width, line: float) -> Iterator[str]:
    now = ""
    for unit in line_break_units(text):
        if now and _length(now + unit, width) > line:
            yield now.rstrip(" ")
            now = ""
        now += unit
        while _length(now, width) > line and len(now.rstrip(" ")) > 1:
            some = _most(now, width, line)
            yield now[:some]
            now = now[some:]
    yield now.rstrip(" ")


def _length(text: str, width: Width) -> float:
    return sum(map(width, text.rstrip(" ")))


def _most(word: str, width: Width, line: float) -> int:
    """Return how many characters of a word, one at least, a line has room for."""
    return next(
        (count for count in range(len(word), 1, -1) if _length(word[:count], width) <= line), 1
    )
