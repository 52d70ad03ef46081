"""What scores are: of a glyph, of a style, of all; and what is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from fontgan.metrics.measures import MEASURES


@dataclass(frozen=True)
class GlyphScore:
    """The measures of one drawn glyph; ``content`` only where the reader knows the character."""

    style: str
    char: str
    values: dict[str, float]


@dataclass(frozen=True)
class Scores:
    """Means of each measure; `fontgan.metrics.measures` defines them.

    A measure that no glyph has is left out of the means, never not a number.

    Attributes:
        glyphs: how many were compared.
        mean: by measure, over all glyphs that have it.
        by_style: by style, then by measure.
        each: every glyph.
        blank: how many of the drawn glyphs have no ink.
        blots: how many are mostly ink, and more than twice as much as the true ones.
        notes: what the user should know.
        whole: measures of all glyphs at once.
        truth: by style, and of all as ``mean``: ``content``, ``style`` and ``ocr`` of the true
            glyphs, the best that any drawing can have.
    """

    glyphs: int
    mean: dict[str, float]
    by_style: dict[str, dict[str, float]]
    each: tuple[GlyphScore, ...] = ()
    blank: int = 0
    blots: int = 0
    notes: tuple[str, ...] = ()
    whole: dict[str, float] = field(default_factory=dict)
    truth: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def inks(self) -> list[str]:
        """Say how many glyphs have no ink, or far too much."""
        said = []
        if self.blank:
            said.append(f"{self.blank} of {self.glyphs} drawn glyphs have no ink")
        if self.blots:
            said.append(
                f"{self.blots} of {self.glyphs} drawn glyphs are blots of ink; measures of "
                "strokes flatter these, because they have few centre lines: look at L1 and IoU"
            )
        return said

    @property
    def rows(self) -> dict[str, dict[str, float]]:
        """The measures of each style, and of all as ``mean``; of true glyphs as ``true content``.

        These are the cells of the columns in `fontgan.metrics.measures`.
        """
        return {
            name: values | {f"true {key}": one for key, one in self.truth.get(name, {}).items()}
            for name, values in {**self.by_style, "mean": self.mean}.items()
        }

    def worst(self, measure: str, count: int = 10) -> list[GlyphScore]:
        """Return the worst glyphs by a measure, the worst first, of those that have it."""
        sign = 1 if MEASURES[measure].higher else -1
        there = [glyph for glyph in self.each if measure in glyph.values]
        return sorted(there, key=lambda glyph: sign * glyph.values[measure])[:count]

    def misses(self, limits: Mapping[str, float]) -> list[str]:
        """Say which measures are worse than their limits, or not there; empty where none is."""
        found = {**self.mean, **self.whole}
        misses = []
        for name, limit in limits.items():
            higher = MEASURES[name].higher
            if name not in found:
                misses.append(f"{name} has no value to hold against the limit of {limit:g}")
            elif (found[name] < limit) if higher else (found[name] > limit):
                word = "under" if higher else "over"
                misses.append(f"{name} is {found[name]:.4f}, {word} the limit of {limit:g}")
        return misses


@dataclass(frozen=True)
class Compared:
    """Some drawn glyphs and their truths.

    Attributes:
        style, char: of each glyph.
        drawn, truth: (B, 1, S, S) in [-1, 1], ink -1.
    """

    style: Sequence[str]
    char: Sequence[str]
    drawn: Tensor
    truth: Tensor
