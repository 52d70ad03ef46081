"""Data sets whose batches carry strokes, for any method: most do not look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fontgan.data.batch import StrokeInput
from fontgan.data.pairs import PairDataset
from fontgan.data.stroke_table import strokes_of_store
from fontgan.store.store import GlyphStore

STROKES = StrokeInput(("hanzi-writer",), points=4)


def stroked_pairs(data: Path, **more: Any) -> PairDataset:
    """Return the pairs of a data set, with the strokes of their characters."""
    store = GlyphStore.open(data)
    return PairDataset.of(store, strokes=strokes_of_store(STROKES, store), **more)
