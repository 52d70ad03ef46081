"""What a font says of itself: its name, its licence, and what drew it."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from fontgan.errors import FontError

_RESERVED = re.compile(
    r"Reserved\s+Font\s+Names?:?\s*(.+?)(?:\.\s|\.$|\n|\(|$)", re.IGNORECASE | re.DOTALL
)
_QUOTES = "\"'“”‘’«»「」 \t"
LONGEST = 31  # characters of a family name that every program takes


@dataclass(frozen=True)
class About:
    """What stands in the name table.

    Attributes:
        family: the font's name.
        copyright: whose work it starts from.
        licence, licence_url: under which it may be used.
        description: what drew it.
        version: of the font.
    """

    family: str
    copyright: str = ""
    licence: str = ""
    licence_url: str = ""
    description: str = ""
    version: str = "1.000"

    @property
    def postscript(self) -> str:
        """The name in PostScript: ASCII letters and digits."""
        plain = unicodedata.normalize("NFKD", self.family)
        ascii_ = re.sub(r"[^A-Za-z0-9]", "", plain)
        return f"{ascii_ or f'Hand{zlib.crc32(self.family.encode()):08X}'}-Regular"

    @property
    def names(self) -> dict[str, str]:
        """The entries as fontTools calls them; empty ones are left out."""
        entries = {
            "copyright": self.copyright,
            "familyName": self.family,
            "styleName": "Regular",
            "uniqueFontIdentifier": f"{self.version};{self.postscript}",
            "fullName": f"{self.family} Regular",
            "version": f"Version {self.version}",
            "psName": self.postscript,
            "description": self.description,
            "licenseDescription": self.licence,
            "licenseInfoURL": self.licence_url,
        }
        return {key: text for key, text in entries.items() if text}


def reserved_names(copyrights: Iterable[str]) -> set[str]:
    """Return the names that copyright notices reserve, as the SIL Open Font License lets them.

    >>> sorted(reserved_names(['(c) A, with Reserved Font Name "Klee" and "Klee One".']))
    ['Klee', 'Klee One']
    """
    found = set()
    for text in copyrights:
        for listed in _RESERVED.findall(text):
            parts = re.split(r",|;|\band\b|，|、", listed)
            found |= {part.strip(_QUOTES) for part in parts}
    return {name for name in found if 1 < len(name) < 60}


def check_family(family: str, reserved: Iterable[str], taken: Iterable[str]) -> None:
    """Refuse a name that is not free.

    Args:
        family: the name wanted.
        reserved: names that may not even be part of it.
        taken: families that there are.

    Raises:
        FontError: it is reserved, another font's, empty, too long, or holds what no name may.
    """
    odd = not family.strip() or family != family.strip() or not family.isprintable()
    if odd or len(family) > LONGEST or set(family) & set("[](){}<>/%;\\"):
        raise FontError(
            f"{family[:60]!r} cannot be a font's name: give --family with 1 to {LONGEST} "
            "characters, without brackets, slashes and %"
        )
    own = _plain(family)
    for name in reserved:
        if _plain(name) and _plain(name) in own:
            raise FontError(
                f"{name!r} is a reserved font name, which a font made from it may not have: "
                "choose another with --family"
            )
    for name in taken:
        if _plain(name) == own:
            raise FontError(f"{name!r} is another font's name: choose another with --family")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()
