"""Heights of lines, and what changes where Chinese is set from top to bottom."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fontgan.faces.em import ABOVE, BELOW
from fontgan.fontmaking.shaping import UNITS, Shape

LATIN = (1.2, 1.3)  # least and greatest height of a line of a Latin font, in em

_TURNED = "—…～－＝（）〈〉《》「」『』【】〔〕〖〗‘’“”"
_UPPER_RIGHT = "，。、"


@dataclass(frozen=True)
class Heights:
    """Heights in font units, depths below 0.

    Attributes:
        typo: (ascender, descender) of OS/2; the line gap is 0.
        hhea: those of hhea.
        win: (ascent, descent) of OS/2, both above 0.
        use_typo: bit 7 of fsSelection.
    """

    typo: tuple[int, int]
    hhea: tuple[int, int]
    win: tuple[int, int]
    use_typo: bool


def heights_of(shapes: Mapping[str, Shape]) -> Heights:
    """Return the heights by the rules of the script.

    A CJK font has the em box as typographic heights, and in hhea and win what every glyph needs.
    A Latin font has one height in typo and hhea, 120 to 130 % of the em, and what it needs in win.
    """
    boxes = [shape.box for shape in shapes.values() if shape.contours]
    top = round(max((box[3] for box in boxes), default=0))
    bottom = round(min((box[1] for box in boxes), default=0))
    if is_cjk(shapes):
        typo = round(ABOVE * UNITS), -round(BELOW * UNITS)
        win = max(typo[0], top), max(-typo[1], -bottom)
        return Heights(typo, (win[0], -win[1]), win, False)
    tall = shapes.get("À") or shapes.get("A")
    up = max(round(tall.box[3]) if tall else 0, round(0.9 * UNITS))
    down = min(bottom, -round(0.2 * UNITS))
    least, most = (round(share * UNITS) for share in LATIN)
    up += max(0, least - up + down)
    down = max(down, up - most)
    return Heights((up, down), (up, down), (max(top, 1), max(-bottom, 1)), True)


def is_cjk(chars: Iterable[str]) -> bool:
    """Tell whether a font of these characters is one for Chinese, Japanese or Korean."""
    return any(unicodedata.east_asian_width(char) == "W" for char in chars)


def vertical_forms(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the forms of punctuation in vertical lines: brackets turned, commas to upper right."""
    middle_x, middle_y = UNITS / 2, (ABOVE - BELOW) / 2 * UNITS
    forms = {char: shapes[char].turned(middle_x, middle_y) for char in _TURNED if char in shapes}
    for char in filter(shapes.__contains__, _UPPER_RIGHT):
        left, low, right, high = shapes[char].box
        across, up = 2 * middle_x - left - right, 2 * middle_y - low - high
        forms[char] = shapes[char].moved(max(0.0, across), max(0.0, up))
    return forms
