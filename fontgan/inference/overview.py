"""The overview of drawn glyphs: characters x styles, or for each style characters x samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fontgan.glyphs.sheet import Sheet
from fontgan.inference.glyph_folder import GlyphFolder, Images
from fontgan.inference.latents import Codes
from fontgan.inference.sources import Sources

COLUMNS = 16
MOST_CHARS, MOST_SAMPLED_CHARS = 256, 48
Read = Callable[[int, int, Sequence[int]], Sequence[Images]]
_TALLEST = 29_000  # pixels; a picture of 30,000 is more than viewers show


@dataclass(frozen=True)
class _Cut:
    """How much of each there is room for."""

    styles: int
    samples: int
    chars: int


def overview(
    drawn: GlyphFolder, sources: Sources, read: Read | None = None
) -> tuple[Sheet, list[str]]:
    """Arrange the source and, below it, what was drawn of it, in blocks of a few characters.

    Args:
        drawn: the glyphs.
        sources: of the characters.
        read: gives the images of a style and sample at some places, where files hold none.

    Returns:
        The sheet, and notes on what there was no room for.
    """
    cut, read = _cut(drawn, sources.canvas.size), read or drawn.read
    chars = sources.chars[: cut.chars]
    originals = sources.draw(chars)
    columns = math.ceil(len(chars) / math.ceil(len(chars) / COLUMNS))  # blocks of one width
    sampled = drawn.codes is not None
    labels = _samples(drawn.codes)[: cut.samples] if drawn.codes else drawn.styles[: cut.styles]
    rows: list[Sequence[Images]] = []
    row_labels: list[str] = []
    groups: list[tuple[int, str]] = []
    for style in range(cut.styles if sampled else 1):
        if sampled:
            groups.append((len(rows), drawn.styles[style]))
        for start in range(0, len(chars), columns):
            places = range(start, min(start + columns, len(chars)))
            rows.append([originals[place] for place in places])
            cells = ((style, row) if sampled else (row, 0) for row in range(len(labels)))
            rows += [read(*cell, places) for cell in cells]
            row_labels += ["source", *labels]
    return Sheet(rows, row_labels, groups=groups), _notes(drawn, cut)


def _samples(codes: Codes) -> list[str]:
    """Name the rows of a style by their folders, and by whose handwriting they are like."""
    return [
        f"sample {number}: {name}" if name else f"sample {number}"
        for number, name in enumerate(codes.names, start=1)
    ]


def _cut(drawn: GlyphFolder, size: int) -> _Cut:
    """Leave out characters first, then styles, then samples."""
    most = _TALLEST // (size + 40)  # rows, with gaps and headings
    if drawn.codes is None:
        styles, samples = min(len(drawn.styles), most - 1), 1
        block, wanted = 1 + styles, MOST_CHARS
    else:
        samples = min(len(drawn.codes), most - 1)
        styles = min(len(drawn.styles), most // (1 + samples))
        block, wanted = styles * (1 + samples), MOST_SAMPLED_CHARS
    return _Cut(styles, samples, min(wanted, most // block * COLUMNS, len(drawn.chars)))


def _notes(drawn: GlyphFolder, cut: _Cut) -> list[str]:
    there = {"styles": len(drawn.styles), "samples": len(drawn.codes) if drawn.codes else 1}
    shown = {"styles": cut.styles, "samples": cut.samples}
    return [
        f"the sheet has room for {shown[what]} of {count} {what}"
        for what, count in there.items()
        if shown[what] < count
    ]
