"""Whose strokes the drawings of a model start from, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fontgan.data.stroke_table import traced_note
from fontgan.faces.face import FontFace
from fontgan.methods.base import VectorMethod
from fontgan.strokes import catalogue
from fontgan.strokes.catalogue import Record
from fontgan.strokes.placing import TRACED

_TOLD = ("id", "title", "version", "licence", "licence_url", "notice")


@dataclass(frozen=True)
class Origins:
    """Where the strokes of characters are from.

    Attributes:
        face: the source font, whose glyphs are traced where no set has a character.
        sets: of each character the stroke sets that place its strokes; none where it was traced.
    """

    face: FontFace
    sets: dict[str, tuple[Record, ...]]

    @classmethod
    def of(cls, method: VectorMethod, face: FontFace, chars: list[str]) -> Origins:
        """Look characters up in the stroke sets of a method."""
        return cls(face, {char: _sets_with(char, method) for char in chars})

    @property
    def notes(self) -> list[str]:
        """What the user should know of all characters."""
        names = ", ".join(map(_named, self._records)) or _traced(self.face)
        return [f"the strokes start from {names}", *traced_note(self._traced)]

    def notice(self, char: str) -> str:
        """Say it of one character."""
        names = " and ".join(map(_named, self.sets[char])) or _traced(self.face)
        return f"The strokes start from {names}."

    @property
    def manifest(self) -> dict[str, Any]:
        """Return what a manifest says of the sets, with their notices of copyright and change."""
        told = [{key: getattr(one, key) for key in _TOLD} for one in self._records]
        return {"strokes": told, TRACED: self._traced}

    @property
    def _records(self) -> list[Record]:
        return list(dict.fromkeys(one for sets in self.sets.values() for one in sets))

    @property
    def _traced(self) -> str:
        return "".join(char for char, sets in self.sets.items() if not sets)


def _sets_with(char: str, method: VectorMethod) -> tuple[Record, ...]:
    base = next((name for name in method.sets if char in catalogue.find(name)), None)
    if base is None:
        return ()
    fitted = [
        name
        for name in method.fitted
        if base in catalogue.record(name).derived_from and char in catalogue.find(name)
    ]
    return tuple(map(catalogue.record, (base, *fitted)))


def _named(record: Record) -> str:
    return f"{record.id} {record.version} ({record.licence})"


def _traced(face: FontFace) -> str:
    return f"the glyphs of {face.family}, traced ({face.licence or 'licence unknown'})"
