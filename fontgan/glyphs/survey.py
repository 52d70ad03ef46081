"""What a face draws against what its character map claims, charset by charset."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from fontgan.faces.face import FontFace
from fontgan.glyphs.charset import Charset, names

SURVEYED = tuple(name for name in names() if name != "common-N")


@dataclass(frozen=True)
class Coverage:
    """How much of one charset a face draws; ``lacking`` are the characters it does not."""

    charset: str
    total: int
    claimed: int
    drawn: int
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """A face's coverage of the named charsets, and the characters it only claims.

    ``blank`` and ``tofu`` come from the whole character map; spaces are not among them.
    """

    claimed: int
    drawn: int
    coverage: tuple[Coverage, ...]
    blank: tuple[str, ...]
    tofu: tuple[str, ...]


def survey(face: FontFace, charsets: Iterable[str] = SURVEYED) -> Survey:
    """Look at every glyph the face's character map leads to."""
    claimed = sorted(filter(_has_ink_by_nature, face.claimed()))
    status = {char: face.status(char) for char in claimed}
    return Survey(
        claimed=len(claimed),
        drawn=sum(found == "drawn" for found in status.values()),
        coverage=tuple(_coverage(Charset.parse(name), status) for name in charsets),
        blank=tuple(char for char, found in status.items() if found == "blank"),
        tofu=tuple(char for char, found in status.items() if found == "tofu"),
    )


def _coverage(charset: Charset, status: dict[str, str]) -> Coverage:
    lacking = tuple(char for char in charset if status.get(char) != "drawn")
    claimed = sum(char in status for char in charset)
    return Coverage(charset.name, len(charset), claimed, len(charset) - len(lacking), lacking)


def _has_ink_by_nature(char: str) -> bool:
    """Say whether a character has a shape: not a space, control, filler or variation selector."""
    if char in "\u115f\u1160\u2800\u3164\uffa0\ufffc":
        return False
    category = unicodedata.category(char)
    return category[0] not in "ZC" and not unicodedata.name(char, "").startswith("VARIATION")
