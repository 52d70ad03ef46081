"""File names of glyph images: ``U+4E00_一.png`` when writing, four common forms when reading."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = frozenset('<>:"/\\|?*.')
_CODE_POINT = re.compile(r"(?:U\+|uni|u)?([0-9A-F]{4,6})(?:_.*)?", re.IGNORECASE)


def glyph_filename(char: str, suffix: str = ".png") -> str:
    """Return the file name of a character's image.

    The character itself follows the code point only where every file system keeps it as it is.

    >>> glyph_filename("一"), glyph_filename("/")
    ('U+4E00_一.png', 'U+002F.png')
    """
    code = f"U+{ord(char):04X}"
    return f"{code}_{char}{suffix}" if _safe(char) else f"{code}{suffix}"


def char_of_filename(stem: str) -> str | None:
    """Return the character a file's stem names, or None.

    >>> [char_of_filename(s) for s in ("U+4E00_一", "一", "uni4E00", "4e00", "A", "page 1")]
    ['一', '一', '一', '一', 'A', None]
    """
    composed = unicodedata.normalize("NFC", stem)
    for form in (stem, composed):
        if len(form) == 1:
            return form if form.isprintable() and not form.isspace() else None
    match = _CODE_POINT.fullmatch(stem)
    code = int(match[1], 16) if match else -1
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return None
    return chr(code)


def _safe(char: str) -> bool:
    """Tell whether the character may stand in a file name on Windows, macOS and Linux."""
    visible = unicodedata.category(char)[0] in "LNPS"
    # macOS may decompose names; a character that is not its own NFC and NFD would change there.
    stable = all(unicodedata.normalize(form, char) == char for form in ("NFC", "NFD"))
    return visible and stable and char not in _UNSAFE and char.isprintable()
