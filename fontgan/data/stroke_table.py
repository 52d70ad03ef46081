"""The strokes of all characters of a data set, looked up by code point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch, StrokeBatch, StrokeInput, send
from fontgan.glyphs.canvas import Canvas
from fontgan.store.store import GlyphStore
from fontgan.strokes import catalogue
from fontgan.strokes.placing import TRACED, Draw, Layouts


@dataclass(frozen=True)
class StrokeTable:
    """Strokes of N characters in K layouts.

    Attributes:
        codes: (N,) long code points, ascending.
        points: (N, K, L, P, 2) in sides of the image.
        mask: (N, L) bool.
        traced: the characters that are in no stroke set; their source glyphs were traced.
    """

    codes: Tensor
    points: Tensor
    mask: Tensor
    traced: str = ""

    @property
    def nbytes(self) -> int:
        """How many bytes of memory the table takes."""
        return self.codes.nbytes + self.points.nbytes + self.mask.nbytes

    @property
    def notes(self) -> list[str]:
        """What the user should know of the strokes."""
        return traced_note(self.traced)

    def of(self, char: Tensor) -> StrokeBatch:
        """Return the strokes of code points (B,), on the device of the table.

        On the CPU no more strokes than the longest of them has; elsewhere counting would wait.
        """
        places = torch.searchsorted(self.codes, char).clamp(max=len(self.codes) - 1)
        known = self.codes[places] == char
        mask = self.mask[places] & known[:, None]
        if mask.device.type == "cpu":
            longest = int(mask.sum(dim=1).max())
            return StrokeBatch(self.points[places, :, :longest], mask[:, :longest])
        return StrokeBatch(self.points[places], mask)

    def to(self, device: torch.device) -> StrokeTable:
        """Return the table on another device."""
        codes, points, mask = (send(t, device) for t in (self.codes, self.points, self.mask))
        return StrokeTable(codes, points, mask, self.traced)


def with_strokes(batch: GlyphBatch, table: StrokeTable | None) -> GlyphBatch:
    """Return a batch with the strokes of its characters, if there is a table of them."""
    return batch if table is None else replace(batch, strokes=table.of(batch.char))


def traced_note(traced: str) -> list[str]:
    """Say so where characters are in no stroke set."""
    if not traced:
        return []
    some = traced[:20] + "..." * (len(traced) > 20)
    return [f"in no stroke set, so traced from their source glyphs ({len(traced)}): {some}"]


def stroke_table(
    wanted: StrokeInput, canvas: Canvas, chars: Sequence[str], draw: Draw | None = None
) -> StrokeTable:
    """Place the strokes of characters on a canvas.

    Args:
        wanted: the stroke sets, and points of a stroke.
        canvas: the strokes are where a source face's glyphs are on it.
        chars: the characters, in any order; one may be there twice.
        draw: gives source glyphs, from which characters of no set are traced.

    Raises:
        DataError: a set that is not on this machine, or a character without strokes.
    """
    chars = sorted(set(chars))
    sets = [catalogue.find(name) for name in wanted.sets]
    placed = Layouts(sets, canvas, draw, wanted.points).place(chars)
    return StrokeTable(
        torch.tensor([ord(char) for char in chars]),
        torch.from_numpy(placed.points).transpose(0, 1).contiguous(),
        torch.from_numpy(placed.mask),
        "".join(c for c, origin in zip(chars, placed.origins, strict=True) if origin == TRACED),
    )


def strokes_of_store(wanted: StrokeInput | None, store: GlyphStore) -> StrokeTable | None:
    """Return the strokes of all source characters of a data set, if strokes are wanted."""
    if wanted is None:
        return None
    images, row = np.asarray(store.source.images), store.source.row
    return stroke_table(wanted, store.canvas, store.source.chars, lambda char: images[row(char)])
