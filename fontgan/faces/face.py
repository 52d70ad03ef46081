"""FontFace: one face of a font file, of a folder of subset pieces, or of the catalogue.

A character counts as drawn when its glyph has ink and is not the font's .notdef box; what the
font's character map claims is not enough (many fonts map characters to empty glyphs).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from fontgan.errors import FontError
from fontgan.faces.em import ABOVE, BELOW
from fontgan.faces.finding import locate, pieces_of, slug, split
from fontgan.faces.raster import FontFile
from fontgan.faces.variation import Fragment, apply, axes_of
from fontgan.files import sha256

_HANZI = "一永的国愛"


class FontFace:
    """One drawable face; open it with ``FontFace.open``.

    Attributes:
        id: a short name fit for a style, such as ``long-cang`` or ``ukai-2``.
        spec: what opens the same face again.
        pieces: the font files, in the order in which they are asked for a character.
        sha256: the hash over the bytes of all pieces.
        axes: the variation axes, each (least, default, greatest).

    """

    def __init__(self, id_: str, spec: str, pieces: tuple[Path, ...], fragment: Fragment):
        self.id, self.spec, self.pieces, self.fragment = id_, spec, pieces, fragment
        self._files = [FontFile(piece, fragment.index) for piece in pieces]
        for file in self._files:
            apply(fragment, file)
        self._listed_licence = ""
        self._found: dict[str, tuple[str, FontFile | None, int]] = {}

    @classmethod
    def open(cls, spec: str | Path) -> FontFace:
        """Open a catalogue id, a font file or a folder of subset pieces.

        A fragment chooses the face of a collection or a place on the axes of a variable font:
        ``noto.ttc#2``, ``noto.ttf#wght=700,wdth=80``, ``noto.ttc#2,wght=700``.

        Raises:
            FontError: not found, not a font, damaged, bitmaps only, no such face or axis.

        """
        name, fragment = split(str(spec))
        name_id, path = locate(name)
        pieces = pieces_of(path)
        id_ = (name_id or slug(path.stem if path.is_file() else path.name)) + fragment.slug
        face = cls(id_, (name_id or str(path.absolute())) + fragment.text, pieces, fragment)
        face._check_one_family(path)
        if name_id:
            from fontgan.faces import catalogue

            face._listed_licence = catalogue.find(name_id).licence
        return face

    def __reduce__(self) -> tuple[Callable[[str], FontFace], tuple[str]]:
        return (FontFace.open, (self.spec,))

    def __repr__(self) -> str:
        return f"FontFace({self.spec!r})"

    def has(self, char: str) -> bool:
        """Tell whether the face draws the character."""
        return self.status(char) == "drawn"

    def status(self, char: str) -> str:
        """Return drawn, missing (not in the map), blank (no ink) or tofu (the .notdef box)."""
        return self.find(char)[0]

    def find(self, char: str) -> tuple[str, FontFile | None, int]:
        """Return the status of a character, and the file and glyph that draw it."""
        found = self._found.get(char)
        if found is None:
            found = self._found[char] = self._look_up(char)
        return found

    def claimed(self) -> frozenset[str]:
        """Return every character the font's map names, drawn or not."""
        return frozenset().union(*(file.codepoints() for file in self._files))

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 of the file, or over the names and hashes of all pieces."""
        if len(self.pieces) == 1:
            return sha256(self.pieces[0])
        lines = (f"{piece.name} {sha256(piece)}\n" for piece in self.pieces)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def axes(self) -> dict[str, tuple[float, float, float]]:
        """Return the variation axes: tag -> (least, default, greatest); empty if not variable."""
        return axes_of(self._files[0])

    @cached_property
    def em_middle(self) -> float:
        """Return the height of the middle of the em box above the baseline, in em.

        Typographic metrics place the box when they span about one em; else fonts with Chinese
        characters take the usual .88 above and .12 below, and others the middle of their line.
        """
        file = self._files[0]
        up, down = file.typographic_metrics()
        if 0.95 <= up - down <= 1.05:
            return (up + down) / 2
        if any(self.has(char) for char in _HANZI):
            return (ABOVE - BELOW) / 2
        up, down = file.line_metrics()
        return (up + down) / 2

    @property
    def family(self) -> str:
        """Return the family name, or the id where the font has none."""
        return self._files[0].name(16, 1) or self.id

    @property
    def subfamily(self) -> str:
        """Return the name within the family, such as Bold."""
        return self._files[0].name(17, 2)

    @property
    def copyright(self) -> str:
        """Return the copyright notice, empty if the font has none."""
        return self._files[0].name(0)

    @property
    def licence(self) -> str:
        """Return the licence: its SPDX id in the catalogue, or what the font says; may be empty."""
        return self._listed_licence or self._files[0].name(13)

    @property
    def licence_url(self) -> str:
        """Return the address of the licence, empty if the font has none."""
        return self._files[0].name(14)

    def _look_up(self, char: str) -> tuple[str, FontFile | None, int]:
        status = "missing"
        for file in self._files:
            glyph = file.glyph_index(char)
            if glyph:
                status = file.status(glyph)
            if glyph and status == "drawn":
                return status, file, glyph
        return status, None, 0

    def _check_one_family(self, path: Path) -> None:
        families = sorted({file.name(16, 1) for file in self._files} - {""})
        if len(families) > 1:
            raise FontError(
                f"{path} holds several families ({', '.join(families[:4])}); give one font file"
            )
