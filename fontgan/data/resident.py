"""A data set in the memory of the device that trains on it, 8 bits a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, send
from fontgan.data.pairs import Chosen, Columns, PairDataset, as_chosen
from fontgan.data.stroke_table import StrokeTable, with_strokes

CHUNK = 256  # pairs that are read at once


@dataclass(frozen=True)
class ResidentPairs:
    """All pairs of a data set on one device, from which batches need no copy from the host.

    Attributes:
        source: (N, S, S) 8-bit grey, ink 0, in the rows of the store's source face.
        target: (P, S, S) likewise, one a pair.
        source_row: (P,) long, row of a pair's source.
        style: (P,) long, index of a pair's style.
        char: (P,) long, code points.
        strokes: of the characters, if the data set has them.
    """

    source: Tensor
    target: Tensor
    source_row: Tensor
    style: Tensor
    char: Tensor
    strokes: StrokeTable | None = None

    @classmethod
    def of(cls, pairs: PairDataset, device: torch.device) -> ResidentPairs:
        """Read all pairs, a few at a time, each source glyph once.

        Raises:
            torch.OutOfMemoryError: they do not fit (see `bytes_of`).
        """
        count, rows, size = len(pairs), len(pairs.store.source), pairs.store.size
        sources, targets = (
            torch.empty(n, size, size, dtype=torch.uint8, device=device) for n in (rows, count)
        )
        row, style, char = torch.empty((3, count), dtype=torch.long, device=device)
        strokes = pairs.strokes and pairs.strokes.to(device)
        held = cls(sources, targets, row, style, char, strokes)
        for part, known, new in _parts(pairs):
            source, target = pairs.pixels(part)
            held.source[torch.from_numpy(known.source_row[new]).to(device)] = _there(
                source[new], device
            )
            place = slice(int(part[0]), int(part[-1]) + 1)
            held.target[place] = _there(target, device)
            held.source_row[place] = _there(known.source_row, device)
            held.style[place] = _there(known.style, device)
            held.char[place] = _there(known.char, device)
        return held

    @staticmethod
    def bytes_of(pairs: PairDataset) -> int:
        """Return how many bytes of memory the pairs of a data set take."""
        images = len(pairs) + len(pairs.store.source)
        strokes = pairs.strokes.nbytes if pairs.strokes else 0
        return images * pairs.store.size**2 + 3 * 8 * len(pairs) + strokes

    def batch(self, pairs: NDArray[np.int64] | Chosen) -> GlyphBatch:
        """Return the batch that `PairDataset.batch` gives, on the device."""
        chosen = as_chosen(pairs)
        target = send(torch.from_numpy(chosen.target), self.target.device)
        source = target
        if not chosen.is_paired:
            source = send(torch.from_numpy(chosen.source), self.target.device)
        seen = send(torch.from_numpy(chosen.references), self.target.device)
        rows = self.source_row.index_select(0, source)
        batch = GlyphBatch.of_pixels(
            self.source.index_select(0, rows),
            self.target.index_select(0, target),
            self.style.index_select(0, target),
            self.char.index_select(0, source),
            self.target[seen],
        )
        return with_strokes(batch, self.strokes)


def _parts(
    pairs: PairDataset,
) -> Iterator[tuple[NDArray[np.int64], Columns, NDArray[np.int64]]]:
    """Yield some pairs, what they are, and which of them have a source glyph not met before."""
    met = np.zeros(len(pairs.store.source), dtype=bool)
    for start in range(0, len(pairs), CHUNK):
        part = np.arange(start, min(start + CHUNK, len(pairs)))
        columns = pairs.columns(part)
        rows, first = np.unique(columns.source_row, return_index=True)
        new = first[~met[rows]]
        met[rows] = True
        yield part, columns, new


def _there(values: NDArray[np.uint8] | NDArray[np.int64], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(device)
