"""OpenType features as text: forms in vertical lines, kerning, and several forms of a character.

A hand never writes a letter twice alike. Contextual alternates (``calt``, on by default everywhere
but in Word, which has a switch) go round the forms: a character that follows one in form 0 gets
form 1, and so on, also across a few glyphs that have one form only. ``rand`` lets a program choose;
HarfBuzz does so without being asked, so it is written on demand only: with it ``calt=0`` would not
give the base forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ACROSS = 2  # glyphs of one form between two characters that still know of each other


@dataclass(frozen=True)
class Features:
    """What the features work on, all by glyph name.

    Attributes:
        forms: of a glyph its other forms, at least one each.
        vertical: of a glyph its form in vertical lines.
        kerns: of two glyphs the kerning, in font units.
        others: glyphs of one form, which may stand between others.
        random: write ``rand``.
    """

    forms: Mapping[str, Sequence[str]]
    vertical: Mapping[str, str]
    kerns: Mapping[tuple[str, str], int]
    others: Sequence[str] = ()
    random: bool = False

    def text(self, kerning: bool = True) -> str:
        """Return the features in the syntax of Adobe's feature files."""
        parts = [_SYSTEMS, *self._alternates(), *self._vertical()]
        if kerning and self.kerns:
            parts.append(_feature("kern", map(self._kern, sorted(self.kerns.items()))))
        return "\n".join(parts)

    def _kern(self, pair: tuple[tuple[str, str], int]) -> str:
        """Kern two glyphs, and their further forms as well."""
        (one, other), by = pair
        if not (one in self.forms or other in self.forms):
            return f"pos {one} {other} {by};"
        either = (f"[{' '.join([name, *self.forms.get(name, ())])}]" for name in (one, other))
        return f"enum pos {' '.join(either)} {by};"

    def _alternates(self) -> list[str]:
        if not self.forms:
            return []
        count = 1 + max(map(len, self.forms.values()))
        rows = [
            (name, *forms, *[""] * (count - 1 - len(forms))) for name, forms in self.forms.items()
        ]
        parts = [_class(f"form{n}", [row[n] for row in rows if row[n]]) for n in range(count)]
        parts += [self._lookup(n, rows) for n in range(1, count)]
        if self.others:
            parts.append(_class("other", self.others))
        parts.append(_feature("calt", self._cycle(count)))
        choices = [f"from [{' '.join(filter(None, row))}]" for row in rows]
        each = [f"sub {row[0]} {choice};" for row, choice in zip(rows, choices, strict=True)]
        parts += [_feature("salt", each)] + [_feature("rand", each)] * self.random
        parts += [_feature(f"ss{n:02d}", [f"lookup FORM{n};"]) for n in range(1, count)]
        return parts

    @staticmethod
    def _lookup(number: int, rows: Sequence[Sequence[str]]) -> str:
        lines = [f"  sub {row[0]} by {row[number]};" for row in rows if row[number]]
        return "\n".join([f"lookup FORM{number} {{", *lines, f"}} FORM{number};"])

    def _cycle(self, count: int) -> list[str]:
        """Return rules: what follows form n, near or across others, gets form n + 1."""
        rules = []
        for between in range(ACROSS + 1 if self.others else 1):
            for number in range(count - 1):
                gap = " @other" * between
                rules.append(f"sub @form{number}{gap} @form0' lookup FORM{number + 1};")
        return rules

    def _vertical(self) -> list[str]:
        each = [f"sub {name} by {form};" for name, form in self.vertical.items()]
        return [_feature(tag, each) for tag in ("vert", "vrt2") if each]


_SYSTEMS = "\n".join(
    f"languagesystem {script} dflt;" for script in ("DFLT", "latn", "hani", "kana", "hang")
)


def _class(name: str, glyphs: Sequence[str]) -> str:
    return f"@{name} = [{' '.join(glyphs)}];"


def _feature(tag: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"feature {tag} {{\n{body}\n}} {tag};"
